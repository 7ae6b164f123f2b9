// Resources as nested lists: crm_mon of Pacemaker 2.0 and later (AT-8.5 to AT-8.8, S2 D-20).
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/scheduler/display.h"
#include "reports/crm_mon_view.h"

namespace simcluster::reports {

class ResourceLists {
 public:
  // `view` must outlive this object. Without nodes as crm_resource lists resources: not where one runs.
  explicit ResourceLists(const ClusterView& view, bool with_nodes = true) : view_(view), with_nodes_(with_nodes) {}

  // One resource with all that is in it.
  void write(const scheduler::Resource& resource, scheduler::TextList& list) const;
  // -b: those of `resources` that are primitives. False: there was nothing to write.
  bool write_primitives_in_brief(const std::vector<scheduler::ResourceId>& resources, bool with_total,
                                 scheduler::TextList& list) const;
  // The line of a primitive; without its node below the heading of that node.
  std::string primitive_text(const scheduler::Resource& resource, bool with_node) const;

 private:
  class Flags;

  static std::string_view pending_state(std::string_view action);
  static std::string description_text(const scheduler::Resource& resource);
  std::string primitive_flags(const scheduler::Resource& resource, const scheduler::Node* node) const;
  std::string failed_probe_text(const scheduler::Resource& resource) const;
  const scheduler::Node* list_node(const scheduler::Resource& resource) const;
  void add_care_and_disabled(const scheduler::Resource& resource, Flags& flags) const;
  void add_inactive_members(const scheduler::Resource& group, Flags& flags) const;
  void write_group(const scheduler::Resource& group, scheduler::TextList& list) const;
  std::string clone_heading(const scheduler::Resource& clone) const;
  std::map<std::string, std::vector<scheduler::NodeId>> stopped_by_status(const scheduler::Resource& clone,
                                                                          const CloneInstances& instances) const;
  void write_clone(const scheduler::Resource& clone, scheduler::TextList& list) const;
  void write_bundle(const scheduler::Resource& bundle, scheduler::TextList& list) const;

  const ClusterView& view_;
  bool with_nodes_;
};

}  // namespace simcluster::reports
