#include "engine/scheduler/probes.h"

#include <algorithm>
#include <vector>

#include "engine/scheduler/collective.h"
#include "engine/scheduler/failcount.h"
#include "engine/scheduler/fencing.h"
#include "engine/scheduler/model.h"
#include "engine/scheduler/node_state.h"
#include "engine/scheduler/ordering.h"
#include "engine/scheduler/stages.h"
#include "engine/scheduler/unfencing.h"

namespace simcluster::scheduler {

namespace {

bool is_active_on(const Resource& resource, NodeId node) {
  return std::find(resource.active.begin(), resource.active.end(), node) != resource.active.end();
}

bool launches_connection(const Model& model, const Resource& resource) {
  return std::any_of(resource.launched.begin(), resource.launched.end(),
                     [&](ResourceId id) { return model.resource(id).remote_connection; });
}

// D-26, first paragraph.
bool is_impossible_on_remote(const Model& model, const Resource& resource, const Node& node) {
  if (!node.is_remote_variant()) return false;
  return resource.fence_device || resource.remote_connection ||
         (is_guest(model, node) && launches_connection(model, resource));
}

// D-26: exclusive discovery or mode "never".
bool is_excluded_by_discovery(const Model& model, const Resource& resource, NodeId node) {
  const NodeEntry* entry = resource.allowed.find(node);
  if (resource.exclusive_discovery || model.resource(resource.top).exclusive_discovery) {
    if (entry == nullptr || entry->probe_mode != ProbeMode::kExclusive) return true;
  }
  const ProbeMode mode = entry != nullptr ? entry->probe_mode : model.node(node).probe_mode;
  return mode == ProbeMode::kNever;
}

// D-26, last paragraph: a guest that is down or going down needs no probe, but an order.
bool is_guest_down(Model& model, const Resource& resource, const Node& node) {
  if (!node.is_remote_variant() || !is_guest(model, node)) return false;
  const Resource& guest = model.resource(model.resource(node.connection).launcher);
  const ResourceId top = resource.top;
  if (guest.original_role == Role::kStopped) {
    if (guest.assigned.valid() && !guest.known_on.contains(guest.assigned)) {
      order(model, guest.self, Task::kMonitor, top, Task::kStart, relation::kOrdered);
    }
    return true;
  }
  const bool stops = node.remote_reset || node.unclean || guest.failed || guest.next_role == Role::kStopped ||
                     (guest.is_active() && guest.assigned.valid() && !is_active_on(guest, guest.assigned));
  if (stops) order(model, guest.self, Task::kStop, top, Task::kStart, relation::kOrdered);
  return stops;
}

bool needs_no_probe(Model& model, const Resource& resource, const Node& node) {
  if (resource.launcher.valid() && !resource.remote_connection) return true;
  if (resource.removed || resource.known_on.contains(node.self)) return true;
  return is_excluded_by_discovery(model, resource, node.self) || is_guest_down(model, resource, node);
}

// D-27.
void order_probe(Model& model, Resource& resource, ActionId probe) {
  const Resource& top = model.resource(resource.top);
  const Resource& then = top.is_clone() ? top : resource;
  RelationFlags flags = relation::kOrdered;
  if (!model.actions[probe].runnable() && !then.is_active()) flags |= relation::kUnrunnableFirstBlocks;
  const OrderingSide first = side(model, probe);
  order(model, first, side(model, then.self, Task::kStart), flags);
  order(model, first, side(model, then.self, Task::kReloadAgent), relation::kOrdered);
}

bool probe_primitive(Model& model, Resource& resource, const Node& node) {
  if (needs_no_probe(model, resource, node)) return false;
  Action& probe = request_action(model, resource.self, Task::kMonitor, node.self, false);
  probe.flags &= ~action_flag::kOptional;
  const ActionId id = probe.self;
  relate_unfencing(model, resource, node.self, id, relation::kOrdered);
  if (!is_active_on(resource, node.self)) {
    model.actions[id].meta.set("op_target_rc", "7");
  } else if (resource.original_role == Role::kPromoted) {
    model.actions[id].meta.set("op_target_rc", "8");
  }
  order_probe(model, resource, id);
  return true;
}

// For each bundle node the resources of the list that know it; the others have nothing to probe there (D-26).
class BundleNodeProbes {
 public:
  explicit BundleNodeProbes(const Model& model) : model_(model), tops_(model.nodes.size()) {
    for (const ResourceId top : model.top_level) add(model.resource(top), top);
  }
  const std::vector<ResourceId>& candidates(NodeId node) const {
    return model_.shapes.is_rare(node) && model_.node(node).probe_mode == ProbeMode::kNever ? tops_[node.index()]
                                                                                            : model_.top_level;
  }

 private:
  void add(const Resource& resource, ResourceId top) {
    for (const NodeEntry& entry : resource.allowed.rare_entries()) {
      std::vector<ResourceId>& tops = tops_[entry.node.index()];
      if (tops.empty() || tops.back() != top) tops.push_back(top);
    }
    for (const ResourceId child : resource.children) add(model_.resource(child), top);
  }

  const Model& model_;
  std::vector<std::vector<ResourceId>> tops_;  // by NodeId
};

}  // namespace

RemoteState remote_node_state(const Model& model, NodeId id) {
  const Node& node = model.node(id);
  const Resource& connection = model.resource(node.connection);
  const NodeId host = current_node(model, connection);
  if (connection.next_role == Role::kStopped || !connection.assigned.valid()) {
    if (host.valid() && model.node(host).unclean) return RemoteState::kFailed;
    if (!connection.failed) return RemoteState::kStopped;
    if (connection.next_role == Role::kStopped && connection.reconnect_interval_ms > 0 && node.remote_fenced &&
        !is_shutdown_requested(node)) {
      return RemoteState::kUnknown;
    }
    return RemoteState::kFailed;
  }
  if (!host.valid()) return RemoteState::kUnknown;
  if (model.node(host).unclean || !model.node(host).online) return RemoteState::kResting;
  if (connection.active.size() > 1 && connection.partial_migration_source.valid() &&
      connection.partial_migration_target.valid()) {
    return RemoteState::kResting;
  }
  return RemoteState::kAlive;
}

bool create_probe(Model& model, Resource& resource, NodeId node) {
  if (!model.options.startup_probes) return false;
  if (!resource.is_collective() && is_impossible_on_remote(model, resource, model.node(node))) return false;
  switch (resource.variant) {
    case Variant::kPrimitive:
      return probe_primitive(model, resource, model.node(node));
    case Variant::kGroup: {
      bool created = false;
      for (const ResourceId member : resource.children) {
        created = create_probe(model, model.resource(member), node) || created;
      }
      return created;
    }
    case Variant::kClone:
    case Variant::kBundle:
      return create_collective_probe(model, resource, node);
  }
  return false;
}

void schedule_probes(Model& model) {
  if (!model.options.startup_probes) return;
  const BundleNodeProbes bundle_nodes(model);
  for (const NodeId id : model.node_order) {
    const Node& node = model.node(id);
    if (!node.online) {
      if (node.is_remote_variant() && node.connection.valid() && is_remote(model, node) &&
          remote_node_state(model, id) == RemoteState::kFailed) {
        request_fencing(model, id, "the connection is unrecoverable");
      }
      continue;
    }
    if (node.unclean || !node.probes_allowed) continue;
    for (const ResourceId top : bundle_nodes.candidates(id)) create_probe(model, model.resource(top), id);
  }
}

void clear_failures_of_removed(Model& model) {
  if (!model.options.stop_removed_resources) return;
  for (const ResourceId id : model.top_level) {
    Resource& resource = model.resource(id);
    if (!resource.removed) continue;
    for (const NodeId node : model.node_order) {
      if (!model.node(node).online) continue;
      FailCountOptions options;
      options.effective = true;
      if (fail_count(model, resource, model.node(node), options).count == 0) continue;
      const ActionId clear = clear_fail_count(model, id, node, "it is orphaned");
      order(model, side(model, clear), side(model, id, Task::kStop), relation::kOrdered);
    }
  }
}

}  // namespace simcluster::scheduler
