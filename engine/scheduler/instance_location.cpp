#include "engine/scheduler/instance_location.h"

#include "engine/scheduler/model.h"

namespace simcluster::scheduler {

namespace {

// Collects distinct nodes; false as soon as there are two.
bool collect(const Model& model, const Resource& resource, bool current, NodeId& found) {
  const auto add = [&](NodeId node) {
    if (found.valid() && found != node) return false;
    found = node;
    return true;
  };
  for (const ResourceId child : resource.children) {
    if (!collect(model, model.resource(child), current, found)) return false;
  }
  if (!resource.children.empty()) return true;
  if (!current) return !resource.assigned.valid() || add(resource.assigned);
  for (const NodeId node : resource.active) {
    if (!add(node)) return false;
  }
  return true;
}

}  // namespace

NodeId single_location(const Model& model, const Resource& resource, bool current) {
  NodeId found;
  return collect(model, resource, current, found) ? found : NodeId();
}

}  // namespace simcluster::scheduler
