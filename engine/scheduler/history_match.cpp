#include "engine/scheduler/history_match.h"

#include <algorithm>
#include <string>

#include "engine/scheduler/log.h"
#include "engine/scheduler/lookups.h"
#include "engine/scheduler/model.h"
#include "engine/scheduler/resource_unpack.h"
#include "engine/scheduler/text.h"

namespace simcluster::scheduler {

namespace {

// The primitive of an instance whose configured id is `base`.
ResourceId find_leaf(const Model& model, ResourceId instance, std::string_view base) {
  const Resource& resource = model.resource(instance);
  if (resource.is_primitive()) {
    return resource.xml_id == base || resource.id == base ? instance : ResourceId::none();
  }
  for (const ResourceId child : resource.children) {
    if (const ResourceId found = find_leaf(model, child, base); found.valid()) return found;
  }
  return ResourceId::none();
}

// Active and pending nodes of an instance's primitives: the first, or none.
NodeId first_location(const Model& model, const Resource& resource) {
  if (resource.is_primitive()) return resource.active.empty() ? resource.pending_node : resource.active.front();
  for (const ResourceId child : resource.children) {
    if (const NodeId node = first_location(model, model.resource(child)); node.valid()) return node;
  }
  return NodeId::none();
}

// S2 M-9.5, the scan of the instances.
ResourceId find_free_instance(Model& model, const Resource& clone, std::string_view base, NodeId node) {
  ResourceId candidate;
  bool skip_inactive = false;
  for (const ResourceId id : clone.children) {
    const Resource& instance = model.resource(id);
    const NodeId location = first_location(model, instance);
    if (location.valid()) {
      if (location != node) continue;
      const ResourceId leaf = find_leaf(model, id, base);
      if (!leaf.valid()) continue;
      if (model.resource(leaf).active.empty()) return leaf;
      log(model, LogLevel::kNotice, "find_anonymous_clone",
          "Active (now-)anonymous clone {} has multiple (orphan) instance histories on {}", clone.id,
          model.node(node).name);
      skip_inactive = true;
    } else if (!skip_inactive && !candidate.valid() && !instance.blocked) {
      const ResourceId leaf = find_leaf(model, id, base);
      if (!leaf.valid()) continue;
      const NodeId pending = model.resource(leaf).pending_node;
      if (!pending.valid() || pending == node) candidate = leaf;
    }
  }
  return skip_inactive ? ResourceId::none() : candidate;
}

ResourceId find_anonymous_instance(Model& model, ResourceId clone_id, std::string_view base, NodeId node_id) {
  const Resource& clone = model.resource(clone_id);
  const Node& node = model.node(node_id);
  ResourceId found = find_free_instance(model, clone, base, node_id);
  if (found.valid() && !model.resource(found).needs_fencing() && (!node.online || node.unclean) &&
      !is_guest(model, node) && clone.clone->clone_max != static_cast<int>(model.node_order.size())) {
    found = ResourceId::none();
  }
  if (found.valid()) return found;
  const ResourceId instance = create_clone_instance(model, clone_id);
  return instance.valid() ? find_leaf(model, instance, base) : instance;
}

// The inner primitive of the replica behind a bundle node (S4 CR-10.35).
ResourceId find_replica_child(const Resource& bundle, NodeId node) {
  for (const BundleReplica& replica : bundle.bundle->replicas) {
    if (replica.node == node) return replica.child;
  }
  return ResourceId::none();
}

}  // namespace

ResourceId match_history(Model& model, std::string_view name, NodeId node) {
  const std::string_view base = base_name(name);
  ResourceId found = find_resource(model, name);
  ResourceId top;
  if (!found.valid()) {
    found = find_resource(model, std::string(base) + ":0");
    if (!found.valid() || model.resource(found).unique) return ResourceId::none();
    top = model.resource(found).top;
  } else {
    if (!model.resource(found).is_primitive()) return ResourceId::none();
    top = model.resource(found).top;
  }
  const Resource& parent = model.resource(top);
  if (parent.is_clone() && !parent.unique) {
    found = parent.in_bundle ? find_replica_child(model.resource(parent.parent), node)
                             : find_anonymous_instance(model, top, base, node);
  }
  if (found.valid() && name != model.resource(found).id && name != model.resource(found).history_id) {
    set_history_id(model, found, name);
  }
  return found;
}

}  // namespace simcluster::scheduler
