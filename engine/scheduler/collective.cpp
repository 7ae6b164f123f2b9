#include "engine/scheduler/collective.h"

#include "engine/scheduler/graph_build.h"
#include "engine/scheduler/model.h"
#include "engine/scheduler/propagation.h"

namespace simcluster::scheduler {

ResourceId replica_child(const Model& model, const Resource& container) {
  if (!container.parent.valid()) return {};
  const Resource& bundle = model.resource(container.parent);
  if (!bundle.is_bundle()) return {};
  for (const BundleReplica& replica : bundle.bundle->replicas) {
    if (replica.container == container.self) return replica.child;
  }
  return {};
}

bool is_inside_bundle_of(const Model& model, const Resource& resource, const Resource& container) {
  if (!container.parent.valid()) return false;
  const Resource& bundle = model.resource(container.parent);
  return bundle.is_bundle() && bundle.bundle->clone.valid() && resource.top == bundle.bundle->clone;
}

bool bundle_contributes_colocations(const Model&, const Resource& bundle, const Resource& requested) {
  return requested.self == bundle.self || requested.replica_container;
}

std::vector<ResourceId> instances_of(const Model&, const Resource& collective) {
  if (!collective.is_bundle()) return collective.children;
  std::vector<ResourceId> containers;
  for (const BundleReplica& replica : collective.bundle->replicas) containers.push_back(replica.container);
  return containers;
}

void apply_location_to_bundle(Model&, Resource&, const Location&) {}
void assign_collective(Model&, Resource&, NodeId, bool) {}
void apply_colocation_with_collective(Model&, Resource&, Resource&, const Colocation&) {}
void apply_colocation_to_role(Model&, Resource&, const Resource&, const Colocation&) {}
void add_collective_demand(const Model&, const Resource&, const std::vector<ResourceId>&,
                           std::vector<std::pair<std::string_view, int>>&) {}
void create_internal_constraints_of_collective(Model&, Resource&) {}
bool create_collective_probe(Model&, Resource&, NodeId) { return false; }
void create_collective_actions(Model&, Resource&) {}
void notify_fencing_stop(Model&, Resource&, ActionId, ActionId) {}
ActionFlags collective_action_flags(Propagator&, Model&, Action& action, NodeId) { return action.flags; }
bool is_interleaved(const Model&, const Action&, const Action&) { return false; }
ActionId interleaved_action(const Model&, ActionId, ResourceId, NodeId) { return {}; }
ActionId interleaved_then_action(const Model&, Task, ResourceId, NodeId) { return {}; }
bool is_interleave(const Model&, const Resource& collective) {
  return collective.is_clone() && collective.clone->interleave;
}
ResourceId compatible_instance(const Model&, const Resource&, const Resource&, bool) { return {}; }
void add_collective_to_graph(GraphBuilder&, Model&, Resource&) {}
std::string_view connection_address(const Model& model, const Resource& connection) {
  if (!connection.launcher.valid()) return {};
  const Resource& container = model.resource(connection.launcher);
  const NodeId host = container.assigned.valid() ? container.assigned : current_node(model, container);
  return host.valid() ? model.node(host).name : std::string_view();
}
std::vector<ResourceId> summary_children(const Model&, const Resource& collective) { return collective.children; }

}  // namespace simcluster::scheduler
