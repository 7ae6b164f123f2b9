// Probes of clones and bundles (S4 chapter 13).
#include <algorithm>

#include "engine/scheduler/collective.h"
#include "engine/scheduler/instance_location.h"
#include "engine/scheduler/model.h"
#include "engine/scheduler/ordering.h"
#include "engine/scheduler/probes.h"

namespace simcluster::scheduler {

namespace {

bool is_any_known(const Model& model, const Resource& resource, NodeId node) {
  if (resource.children.empty()) return resource.known_on.contains(node);
  return std::any_of(resource.children.begin(), resource.children.end(),
                     [&](ResourceId child) { return is_any_known(model, model.resource(child), node); });
}

// S4 CR-13.3: the instance of an anonymous clone that a node's probe is about.
ResourceId instance_to_probe(const Model& model, const Resource& clone, NodeId node) {
  for (const ResourceId id : clone.children) {
    if (is_any_known(model, model.resource(id), node)) return id;
  }
  for (const ResourceId id : clone.children) {
    if (single_location(model, model.resource(id), false) == node) return id;
  }
  return clone.children.front();
}

bool probe_clone(Model& model, Resource& clone, NodeId node) {
  if (clone.exclusive_discovery) {
    const NodeEntry* entry = clone.allowed.find(node);
    if (entry == nullptr || entry->probe_mode != ProbeMode::kExclusive) {
      if (entry != nullptr) clone.allowed.erase(node);
      return false;
    }
  }
  sort_by_number(model, clone);
  if (!clone.unique) return create_probe(model, model.resource(instance_to_probe(model, clone, node)), node);
  bool created = false;
  const std::vector<ResourceId> instances = clone.children;
  for (const ResourceId id : instances) created = create_probe(model, model.resource(id), node) || created;
  return created;
}

// A guest runs neither the container of a connection nor the connection itself (S5 D-26).
bool is_probed_for_child_only(const Model& model, const BundleReplica& replica, const Node& node) {
  return replica.connection.valid() && node.is_remote_variant() && is_guest(model, node) &&
         model.resource(replica.connection).launcher == replica.container;
}

// S4 CR-13.5.
bool probe_replica(Model& model, const Resource& bundle, const BundleReplica& replica, NodeId node) {
  bool created = false;
  if (replica.ip_resource.valid()) created = create_probe(model, model.resource(replica.ip_resource), node);
  if (replica.child.valid() && replica.node == node) {
    created = create_probe(model, model.resource(replica.child), node) || created;
  }
  if (is_probed_for_child_only(model, replica, model.node(node))) return created;
  if (create_probe(model, model.resource(replica.container), node)) {
    created = true;
    if (bundle.bundle->replicas_per_host == 1) {
      for (const BundleReplica& other : bundle.bundle->replicas) {
        if (other.container == replica.container) continue;
        order(model, replica.container, Task::kMonitor, other.container, Task::kStart,
              relation::kOrdered | relation::kIfOnSameNode);
      }
    }
  }
  if (!replica.connection.valid() || !create_probe(model, model.resource(replica.connection), node)) return created;
  const ActionId probe = newest_probe(model, replica.connection, node);
  if (probe.valid()) {
    order(model, side(model, replica.container, Task::kStart), side(model, probe), relation::kNestedProbe);
  }
  return true;
}

}  // namespace

ActionId newest_probe(Model& model, ResourceId resource, NodeId node) {
  std::vector<ActionId> probes;
  all_exact_actions(model, resource, "monitor", 0, node, probes);
  return probes.empty() ? ActionId() : probes.back();
}

bool create_collective_probe(Model& model, Resource& collective, NodeId node) {
  if (collective.is_clone()) return probe_clone(model, collective, node);
  bool created = false;
  for (const BundleReplica& replica : collective.bundle->replicas) {
    created = probe_replica(model, collective, replica, node) || created;
  }
  return created;
}

}  // namespace simcluster::scheduler
