#include "engine/scheduler/collective.h"

#include <algorithm>
#include <string>

#include "engine/cib/values.h"
#include "engine/scheduler/model.h"
#include "engine/scheduler/utilization.h"

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

bool bundle_contributes_colocations(const Model& model, const Resource& bundle, const Resource& requested) {
  if (requested.self == bundle.self || requested.replica_container) return true;
  const ResourceId clone_id = bundle.bundle->clone;
  if (!clone_id.valid() || requested.top != clone_id) return false;
  const Resource& clone = model.resource(clone_id);
  if (!clone.promotable) return false;
  if (requested.self == clone_id) return clone.clone->promotion_constrained;
  return !requested.unassigned;
}

std::vector<ResourceId> instances_of(const Model&, const Resource& collective) {
  if (!collective.is_bundle()) return collective.children;
  std::vector<ResourceId> containers;
  for (const BundleReplica& replica : collective.bundle->replicas) containers.push_back(replica.container);
  return containers;
}

bool is_interleave(const Model&, const Resource& collective) {
  const std::string_view* text = collective.meta.find("interleave");
  return text != nullptr && cib::is_true(*text);
}

std::string_view connection_address(const Model& model, const Resource& connection) {
  if (!connection.launcher.valid()) return {};
  const Resource& container = model.resource(connection.launcher);
  const NodeId host = container.assigned.valid() ? container.assigned : current_node(model, container);
  return host.valid() ? model.node(host).name : std::string_view();
}

std::vector<ResourceId> summary_children(const Model&, const Resource& collective) {
  if (!collective.is_bundle()) return collective.children;
  std::vector<ResourceId> parts;
  for (const BundleReplica& replica : collective.bundle->replicas) {
    for (const ResourceId part : {replica.ip_resource, replica.container, replica.connection, replica.child}) {
      if (part.valid()) parts.push_back(part);
    }
  }
  return parts;
}

namespace {

using Demand = std::vector<std::pair<std::string_view, int>>;

bool contains(const std::vector<ResourceId>& set, ResourceId id) {
  return std::find(set.begin(), set.end(), id) != set.end();
}

void add_demand_of(const Model& model, const Resource& resource, const std::vector<ResourceId>& set, Demand& demand) {
  for (const ResourceId child : resource.children) {
    if (model.resource(child).unassigned && !contains(set, child)) {
      add_demand_of(model, model.resource(child), set, demand);
    }
  }
  if (!resource.is_primitive()) return;
  resource.utilization.for_each([&](const AttributeTable::Entry& entry) {
    const int value = utilization_value(entry.value);
    const auto it = std::find_if(demand.begin(), demand.end(), [&](const auto& d) { return d.first == entry.key; });
    if (it == demand.end()) {
      demand.emplace_back(entry.key, value);
    } else {
      it->second += value;
    }
  });
}

}  // namespace

void add_collective_demand(const Model& model, const Resource& collective, const std::vector<ResourceId>& set,
                           std::vector<std::pair<std::string_view, int>>& demand) {
  if (collective.is_bundle()) {
    const auto& replicas = collective.bundle->replicas;
    if (!replicas.empty()) add_demand_of(model, model.resource(replicas.front().container), set, demand);
    return;
  }
  bool found = false;
  for (const ResourceId id : collective.children) {
    const Resource& child = model.resource(id);
    if (contains(set, id)) {
      found = true;
    } else if (std::any_of(child.children.begin(), child.children.end(),
                           [&](ResourceId member) { return contains(set, member); })) {
      add_demand_of(model, child, set, demand);
      found = true;
    }
  }
  if (!found && !collective.children.empty()) {
    add_demand_of(model, model.resource(collective.children.front()), set, demand);
  }
}

}  // namespace simcluster::scheduler
