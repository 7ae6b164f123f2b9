#include "reports/crm_mon_list_resources.h"

#include <fmt/core.h>

#include "engine/scheduler/display_collective.h"
#include "engine/scheduler/text.h"
#include "reports/crm_mon_sections.h"
#include "reports/text.h"

namespace simcluster::reports {

using scheduler::Node;
using scheduler::NodeId;
using scheduler::Resource;
using scheduler::ResourceId;
using scheduler::TextList;

// Flags of a heading or an item: " (a, b)", or " (a) (b)" before 2.1.
class ResourceLists::Flags {
 public:
  explicit Flags(bool one_by_one) : one_by_one_(one_by_one) {}
  void add(std::string_view flag) {
    if (one_by_one_) {
      text_.append(" (").append(flag).append(")");
    } else {
      text_.append(text_.empty() ? " (" : ", ").append(flag);
    }
  }
  std::string text() const { return one_by_one_ || text_.empty() ? text_ : text_ + ")"; }

 private:
  bool one_by_one_;
  std::string text_;
};

bool ResourceLists::write_primitives_in_brief(const std::vector<ResourceId>& resources, bool with_total,
                                              TextList& list) const {
  std::vector<ResourceId> primitives;
  for (const ResourceId id : resources) {
    const Resource& resource = view_.model().resource(id);
    if (resource.variant == scheduler::Variant::kPrimitive) primitives.push_back(id);
  }
  return write_brief(view_, primitives, with_total, true, list);
}

void ResourceLists::write(const Resource& resource, TextList& list) const {
  switch (resource.variant) {
    case scheduler::Variant::kPrimitive:
      list.item(primitive_text(resource, with_nodes_));
      break;
    case scheduler::Variant::kGroup:
      write_group(resource, list);
      break;
    case scheduler::Variant::kClone:
      write_clone(resource, list);
      break;
    case scheduler::Variant::kBundle:
      write_bundle(resource, list);
      break;
  }
}

std::string_view ResourceLists::pending_state(std::string_view action) {
  if (action == "start") return "Starting";
  if (action == "stop") return "Stopping";
  if (action == "migrate_to" || action == "migrate_from") return "Migrating";
  if (action == "promote") return "Promoting";
  if (action == "demote") return "Demoting";
  return {};
}

std::string ResourceLists::primitive_flags(const Resource& resource, const Node* node) const {
  Flags flags(false);
  if (node != nullptr && !node->online && node->unclean) flags.add("UNCLEAN");
  if (node != nullptr && node->self == resource.lock_node) flags.add("LOCKED");
  if (resource.pending_action == "monitor") flags.add("Monitoring");
  const std::string_view target = view_.limiting_target_role(resource);
  if (!target.empty()) {
    const bool stopped = scheduler::parse_role(target) == scheduler::Role::kStopped;
    flags.add(stopped ? "disabled" : fmt::format("target-role:{}", target));
  }
  if (resource.blocked) {
    flags.add("blocked");
  } else if (!resource.managed) {
    flags.add(view_.care_word(resource));
  }
  if (resource.ignore_failure) flags.add("failure ignored");
  return flags.text();
}

// S2 D-20.9 4: why a probe could not tell; with a trailing blank.
std::string ResourceLists::failed_probe_text(const Resource& resource) const {
  if (view_.old_words() || resource.original_role != scheduler::Role::kStopped) return {};
  const scheduler::FailedAction* probe = scheduler::failed_probe(view_.model(), resource, NodeId::none());
  if (probe == nullptr) return {};
  return fmt::format(" ({}) ", view_.rc_text(view_.model().history_entry(probe->entry).rc));
}

// Only below a node's heading.
std::string ResourceLists::description_text(const Resource& resource) {
  const std::string_view description = resource.xml.value("description");
  return description.empty() ? std::string() : fmt::format(" {}", description);
}

std::string ResourceLists::primitive_text(const Resource& resource, bool with_node) const {
  const bool several = resource.active.size() > 1;
  const Node* node = several || !with_node ? nullptr : list_node(resource);
  const std::string_view role = view_.role_text(resource);
  std::string text = fmt::format("{}\t({}):\t", view_.name_of(resource), view_.agent_text(resource));
  if (resource.removed) text += " ORPHANED";
  if (resource.failed) {
    text += " FAILED";
    if (resource.original_role == scheduler::Role::kPromoted) text.append(" ").append(role);
  } else {
    const std::string_view pending = pending_state(resource.pending_action);
    text.append(" ").append(pending.empty() ? role : pending);
  }
  if (node != nullptr) text.append(" ").append(node->name);
  if (with_node) text += failed_probe_text(resource);
  text += primitive_flags(resource, node);
  if (!with_node) text += description_text(resource);
  if (several && with_node) text.append(" ").append(view_.node_list(resource.active, false));
  return text;
}

// S2 D-20.9: the active node, else the one where something is pending, else the one it is locked to.
const Node* ResourceLists::list_node(const Resource& resource) const {
  if (const Node* node = view_.shown_node(resource)) return node;
  if (resource.pending_node.valid()) return &view_.model().node(resource.pending_node);
  return resource.lock_node.valid() ? &view_.model().node(resource.lock_node) : nullptr;
}

// The order changed together with the word "maintenance".
void ResourceLists::add_care_and_disabled(const Resource& resource, Flags& flags) const {
  const bool disabled = !view_.limiting_target_role(resource).empty();
  const bool disabled_first = view_.context().profile.crm_mon_maintenance_flag;
  if (disabled && disabled_first) flags.add("disabled");
  if (!resource.managed) flags.add(view_.care_word(resource));
  if (disabled && !disabled_first) flags.add("disabled");
}

void ResourceLists::add_inactive_members(const Resource& group, Flags& flags) const {
  int inactive = 0;
  for (const ResourceId id : group.children) {
    if (!view_.shown_at_all(view_.model().resource(id))) ++inactive;
  }
  if (inactive > 0) flags.add(counted(inactive, "member", "members") + " inactive");
}

void ResourceLists::write_group(const Resource& group, TextList& list) const {
  Flags flags(view_.old_words());
  if (!view_.old_words() && !view_.options().inactive) add_inactive_members(group, flags);
  add_care_and_disabled(group, flags);
  list.begin(fmt::format("Resource Group: {}{}", group.id, flags.text()));
  if (view_.options().brief) write_primitives_in_brief(group.children, true, list);
  for (const ResourceId id : group.children) {
    const Resource& member = view_.model().resource(id);
    if (view_.options().brief) break;
    if (view_.shown_inside(member)) write(member, list);
  }
  list.end();
}

std::string ResourceLists::clone_heading(const Resource& clone) const {
  Flags flags(view_.old_words());
  if (clone.promotable) flags.add("promotable");
  if (clone.unique) flags.add("unique");
  add_care_and_disabled(clone, flags);
  return fmt::format("Clone Set: {} [{}]{}", clone.id, clone.clone->child_xml.id(), flags.text());
}

// S2 D-20.17.
std::map<std::string, std::vector<NodeId>> ResourceLists::stopped_by_status(const Resource& clone,
                                                                            const CloneInstances& instances) const {
  const bool disabled = scheduler::equal_ignoring_case(view_.limiting_target_role(clone), "Stopped");
  std::map<std::string, std::vector<NodeId>> by_status;
  for (const NodeId id : view_.stopped_nodes(clone, instances)) {
    const scheduler::FailedAction* probe =
        view_.old_words() ? nullptr : scheduler::failed_probe(view_.model(), clone, id);
    std::string status = disabled ? "Stopped (disabled)" : "Stopped";
    if (probe != nullptr) {
      status = fmt::format("Stopped ({})", view_.rc_text(view_.model().history_entry(probe->entry).rc));
    }
    by_status[status].push_back(id);
  }
  return by_status;
}

void ResourceLists::write_clone(const Resource& clone, TextList& list) const {
  list.begin(clone_heading(clone));
  const CloneInstances instances = view_.instances(clone);
  for (const ResourceId id : instances.in_full) {
    const Resource& instance = view_.model().resource(id);
    const bool always = instance.variant != scheduler::Variant::kGroup && (clone.unique || view_.options().show_detail);
    if (always || view_.shown_inside(instance)) write(instance, list);
  }
  const bool old = view_.old_words();
  const auto names = [&](std::string_view label, const std::vector<NodeId>& nodes) {
    if (!nodes.empty()) list.item(fmt::format("{}: {}", label, view_.node_list(nodes, true)));
  };
  names(old ? "Masters" : "Promoted", instances.promoted);
  names(!clone.promotable ? "Started" : old ? "Slaves" : "Unpromoted", instances.started);
  if (view_.options().inactive && !view_.options().show_detail) {
    for (const auto& [status, nodes] : stopped_by_status(clone, instances)) names(status, nodes);
  }
  list.end();
}

// Every replica as one line; with -R as all that it consists of.
void ResourceLists::write_bundle(const Resource& bundle, TextList& list) const {
  if (!view_.options().show_detail) {
    scheduler::write_bundle(view_.model(), bundle, true, with_nodes_, list);
    return;
  }
  Flags flags(false);
  if (bundle.unique) flags.add("unique");
  if (!bundle.managed) flags.add(view_.care_word(bundle));
  const scheduler::BundleData& data = *bundle.bundle;
  list.begin(fmt::format("Container bundle{}: {} [{}]{}", data.replicas.size() > 1 ? " set" : "", bundle.id, data.image,
                         flags.text()));
  for (const scheduler::BundleReplica& replica : data.replicas) {
    list.item(fmt::format("Replica[{}]", replica.offset));
    list.begin_without_heading();
    for (const ResourceId part : {replica.ip_resource, replica.child, replica.container, replica.connection})
      if (part.valid()) write(view_.model().resource(part), list);
    list.end();
  }
  list.end();
}

}  // namespace simcluster::reports
