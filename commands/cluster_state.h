// What the cluster is doing, as the tools see it: the scheduler's reading of a CIB.
#pragma once

#include <string_view>

#include "commands/tool.h"
#include "reports/crm_mon_list_resources.h"
#include "reports/crm_mon_view.h"

namespace simcluster::commands {

// As the scheduler reads it: upgraded as far as possible, with a status section.
cib::Document in_newest_form(cib::Document cib);

class ClusterState {
 public:
  // `cib` must outlive it. Parts that are not active are listed when `inactive` is set. Constraints are only there when
  // they are asked for: a ticket that was lost blocks what depends on it, and only the scheduler shows that.
  ClusterState(const cib::Document& cib, const Surroundings& surroundings, bool inactive = true,
               bool constraints = false);
  ClusterState(const ClusterState&) = delete;
  ClusterState& operator=(const ClusterState&) = delete;

  const scheduler::Model& model() const { return view_.model(); }
  const reports::ClusterView& view() const { return view_; }
  // By id, or by the id of a clone's primitive: then its first instance. Null: there is none.
  const scheduler::Resource* resource(std::string_view name) const;
  const scheduler::Node* node(std::string_view name) const;
  // One line, as crm_mon has it.
  std::string line(const scheduler::Resource& resource, bool with_node) const;

 private:
  reports::CrmMonOptions options_;
  reports::CrmMonContext context_;
  cib::Document newest_;
  reports::ClusterView view_;
};

}  // namespace simcluster::commands
