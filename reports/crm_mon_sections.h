// The sections of crm_mon's newer layouts that are lists of their own: resources in brief, tickets, bans (AT-8.8;
// measured with 2.1.5).
#pragma once

#include <string>
#include <vector>

#include "engine/scheduler/display.h"
#include "reports/crm_mon_view.h"

namespace simcluster::reports {

// -b: one line for each agent among `resources`, which must be primitives: how many are active, and where. `with_total`
// adds how many there are. `node_shown` is false below a node's own heading. False: there was nothing to write.
bool write_brief(const ClusterView& view, const std::vector<scheduler::ResourceId>& resources, bool with_total,
                 bool node_shown, scheduler::TextList& list);

// -c. There must be tickets.
void write_tickets(const ClusterView& view, scheduler::TextList& list);

// In the order in which crm_mon tells them.
std::vector<const scheduler::Ticket*> tickets_in_order(const ClusterView& view);

// -L: one for each location constraint and node with a negative score.
struct Ban {
  std::string_view constraint;
  std::string_view resource;
  scheduler::NodeId node;
  bool promoted_only = false;
  scheduler::Score score = 0;
};
std::vector<Ban> bans(const ClusterView& view);

}  // namespace simcluster::reports
