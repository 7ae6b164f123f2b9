#include "reports/crm_mon_sections.h"

#include <map>

#include <fmt/core.h>

#include "engine/scheduler/ordered_table.h"
#include "reports/text.h"

namespace simcluster::reports {

namespace {

using scheduler::NodeId;
using scheduler::Resource;
using scheduler::ResourceId;

struct Tally {
  int total = 0;
  std::map<std::string_view, int> active;  // by node name
};

}  // namespace

bool write_brief(const ClusterView& view, const std::vector<ResourceId>& resources, bool with_total, bool node_shown,
                 scheduler::TextList& list) {
  std::map<std::string, Tally> by_agent;
  for (const ResourceId id : resources) {
    const Resource& resource = view.model().resource(id);
    Tally& tally = by_agent[view.agent_text(resource)];
    ++tally.total;
    for (const NodeId id_of_node : resource.active) {
      const scheduler::Node& node = view.model().node(id_of_node);
      if (node.online || node.unclean) ++tally.active[node.name];
    }
  }
  bool any = false;
  for (const auto& [agent, tally] : by_agent) {
    const std::string of = with_total ? fmt::format("/{}", tally.total) : std::string();
    for (const auto& [node, count] : tally.active)
      list.item(fmt::format("{}{}\t({}):\tActive {}", count, of, agent, node_shown ? node : std::string_view()));
    if (tally.active.empty() && with_total) list.item(fmt::format("0{}\t({}):\tActive", of, agent));
    any = any || with_total || !tally.active.empty();
  }
  return any;
}

std::vector<const scheduler::Ticket*> tickets_in_order(const ClusterView& view) {
  scheduler::OrderedTable<const scheduler::Ticket*> in_hash_order;  // S2 D-20.28
  for (const scheduler::Ticket& ticket : view.model().tickets) in_hash_order.insert(ticket.id, &ticket);
  std::vector<const scheduler::Ticket*> ordered;
  in_hash_order.for_each([&](const auto& entry) { ordered.push_back(entry.value); });
  return ordered;
}

void write_tickets(const ClusterView& view, scheduler::TextList& list) {
  list.begin("Tickets");
  for (const scheduler::Ticket* each : tickets_in_order(view)) {
    const scheduler::Ticket& ticket = *each;
    std::string text =
        fmt::format("{}: {}{}", ticket.id, ticket.granted ? "granted" : "revoked", ticket.standby ? " [standby]" : "");
    if (ticket.last_granted > -1)
      text += fmt::format(" last-granted=\"{}\"", ctime_text(Time{} + seconds(ticket.last_granted)));
    list.item(text);
  }
  list.end();
}

std::vector<Ban> bans(const ClusterView& view) {
  std::vector<Ban> found;
  const auto& locations = view.model().locations;
  for (auto location = locations.rbegin(); location != locations.rend(); ++location) {
    if (location->health) continue;
    for (const auto& [node, score] : location->nodes) {
      if (score >= 0) continue;
      found.push_back({location->id, view.model().resource(location->resource).id, node,
                       location->role == scheduler::Role::kPromoted, score});
    }
  }
  return found;
}

}  // namespace simcluster::reports
