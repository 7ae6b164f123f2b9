// Colocations whose primary is a clone or bundle, and which instances belong together (S4 chapter 4, CR-10.43 ff.).
#include <algorithm>
#include <vector>

#include "engine/scheduler/assignment.h"
#include "engine/scheduler/collective.h"
#include "engine/scheduler/colocation_scores.h"
#include "engine/scheduler/colocations.h"
#include "engine/scheduler/instance_location.h"
#include "engine/scheduler/locations.h"
#include "engine/scheduler/log.h"
#include "engine/scheduler/model.h"
#include "engine/scheduler/node_choice.h"
#include "engine/scheduler/recorder.h"
#include "engine/scheduler/text.h"

namespace simcluster::scheduler {

namespace {

bool same_value(const std::optional<std::string_view>& a, const std::optional<std::string_view>& b) {
  return a.has_value() == b.has_value() && (!a || equal_ignoring_case(*a, *b));
}

// What an instance must be to belong to a node (S4 CR-4.13).
struct InstanceMatch {
  Role role = Role::kUnknown;
  bool current = false;
  std::string_view attribute;  // empty: the node itself
};

bool matches(const Model& model, const Resource& instance, NodeId node, const InstanceMatch& wanted) {
  if (wanted.role != Role::kUnknown && wanted.role != collective_role(model, instance, wanted.current)) return false;
  if (has_blocked(model, instance)) return false;
  const NodeId location = single_location(model, instance, wanted.current);
  if (!location.valid()) return false;
  if (wanted.attribute.empty()) return location == node;
  return same_value(colocation_value(model, instance, model.node(location), wanted.attribute),
                    colocation_value(model, instance, model.node(node), wanted.attribute));
}

ResourceId first_match(const Model& model, const std::vector<ResourceId>& instances, NodeId node,
                       const InstanceMatch& wanted) {
  for (const ResourceId id : instances) {
    if (matches(model, model.resource(id), node, wanted)) return id;
  }
  return {};
}

bool can_interleave(const Model& model, const Resource& dependent, const Resource& primary) {
  if (!dependent.is_collective() || !is_interleave(model, dependent)) return false;
  if (per_node_maximum(dependent) == per_node_maximum(primary)) return true;
  log(model, LogLevel::kError, "pcmk__clone_apply_coloc_score",
      "Cannot interleave {} and {} because they do not support the same number of instances per node", dependent.id,
      primary.id);
  return false;
}

// Leaves only the nodes in `kept`.
void ban_other_nodes(const Model& model, Resource& dependent, const std::vector<NodeId>& kept,
                     const Colocation& colocation) {
  const Because because(model.recorder.get(), {ScoreReason::kColocation, colocation.id, colocation.primary});
  for (NodeEntry& entry : dependent.allowed.entries()) {
    if (entry.present && std::find(kept.begin(), kept.end(), entry.node) == kept.end()) {
      set_score(model.recorder.get(), dependent.self, entry.node, entry, -kInfinity);
    }
  }
}

// S4 CR-4.11.
void place_with_role(Model& model, Resource& dependent, const Resource& clone, const Colocation& colocation) {
  struct Remembered {
    NodeId node;
    Score score;
  };
  std::vector<Remembered> remembered;
  const Because because(model.recorder.get(), {ScoreReason::kColocation, colocation.id, clone.self});
  const TableWatch watch(model.recorder.get(), dependent.self, dependent.allowed);
  for (const ResourceId id : clone.children) {
    const Resource& instance = model.resource(id);
    const NodeId node = single_location(model, instance, false);
    if (!node.valid() || collective_role(model, instance, false) != colocation.primary_role) continue;
    if (colocation.score < kInfinity) {
      const auto value = colocation_value(model, instance, model.node(node), colocation.node_attribute);
      for (NodeEntry& entry : dependent.allowed.entries()) {
        if (!entry.present) continue;
        if (same_value(colocation_value(model, dependent, model.node(entry.node), colocation.node_attribute), value)) {
          entry.score = add_scores(entry.score, colocation.score);
        }
      }
    }
    const Resource& holder = instance.children.empty() ? instance : model.resource(instance.children.front());
    const NodeEntry* entry = holder.allowed.find(node);
    remembered.push_back({node, entry == nullptr ? model.node(node).score : entry->score});
  }
  if (colocation.score < kInfinity) return;
  if (colocation.dependent_role == Role::kPromoted && colocation.primary_role == Role::kPromoted) return;
  for (NodeEntry& entry : dependent.allowed.entries()) {
    if (!entry.present) continue;
    const auto it =
        std::find_if(remembered.rbegin(), remembered.rend(), [&](const Remembered& r) { return r.node == entry.node; });
    entry.score = it == remembered.rend() ? -kInfinity : add_scores(entry.score, it->score);
  }
}

// S4 CR-4.12.
Score choose_dependent_role(Model& model, Resource& dependent, const Resource& clone, const Colocation& colocation) {
  const ResourceId partner =
      compatible_instance(model, dependent, clone, colocation.primary_role, false, colocation.node_attribute);
  if (partner.valid()) {
    dependent.priority = add_scores(dependent.priority, colocation.score);
    return colocation.score;
  }
  if (colocation.score < kInfinity) return 0;
  dependent.priority = -kInfinity;
  return -kInfinity;
}

// S4 CR-4.9.
Score apply_with_clone(Model& model, Resource& dependent, Resource& clone, const Colocation& colocation) {
  if (clone.unassigned) return 0;
  if (clone.promotable && colocation.primary_role != Role::kUnknown) {
    if (dependent.unassigned) {
      place_with_role(model, dependent, clone, colocation);
      return 0;
    }
    if (colocation.dependent_role == Role::kPromoted) {
      return choose_dependent_role(model, dependent, clone, colocation);
    }
  }
  if (can_interleave(model, model.resource(colocation.dependent), clone)) {
    const ResourceId partner = compatible_instance(model, dependent, clone, false);
    if (partner.valid()) return apply_colocation(model, dependent, model.resource(partner), colocation);
    if (colocation.score >= kInfinity) place(model, dependent, NodeId(), true, true);
    return 0;
  }
  if (colocation.score >= kInfinity) {
    std::vector<NodeId> kept;
    for (const ResourceId id : clone.children) {
      const Resource& instance = model.resource(id);
      const NodeId node = single_location(model, instance, false);
      if (node.valid() && !has_blocked(model, instance)) kept.push_back(node);
    }
    ban_other_nodes(model, dependent, kept, colocation);
    return 0;
  }
  Score sum = 0;
  for (const ResourceId id : clone.children) {
    sum = add_scores(sum, apply_colocation(model, dependent, model.resource(id), colocation));
  }
  return sum;
}

// The host of a bundle node's container; other nodes stand for themselves. None: no host.
NodeId container_host(const Model& model, NodeId id) {
  const Node& node = model.node(id);
  if (!is_bundle_node(model, node)) return id;
  return model.resource(model.resource(node.connection).launcher).assigned;
}

// S4 CR-10.45 step 2.
ResourceId paired_container(Model& model, const Resource& dependent, const std::vector<ResourceId>& containers) {
  const InstanceMatch any;
  if (const NodeId own = single_location(model, dependent, false); own.valid()) {
    if (const NodeId host = container_host(model, own); host.valid()) {
      return first_match(model, containers, host, any);
    }
  }
  for (const NodeId node : sorted_candidates(model, dependent.allowed, NodeId())) {
    const NodeId host = container_host(model, node);
    if (!host.valid()) continue;
    if (const ResourceId found = first_match(model, containers, host, any); found.valid()) return found;
  }
  return {};
}

// S4 CR-10.45.
Score apply_with_bundle(Model& model, Resource& dependent, Resource& bundle, const Colocation& colocation) {
  if (bundle.unassigned) return 0;
  const std::vector<ResourceId> containers = instances_of(model, bundle);
  if (model.resource(colocation.dependent).is_collective()) {
    const ResourceId container = paired_container(model, dependent, containers);
    if (container.valid()) {
      apply_colocation(model, dependent, model.resource(container), colocation);
    } else if (colocation.score >= kInfinity) {
      place(model, dependent, NodeId(), true, true);
    }
    return 0;
  }
  Score sum = 0;
  std::vector<NodeId> kept;
  for (const ResourceId id : containers) {
    Resource& container = model.resource(id);
    if (colocation.score < kInfinity) {
      sum = add_scores(sum, apply_colocation(model, dependent, container, colocation));
      continue;
    }
    const NodeId node = single_location(model, container, false);
    if (!node.valid() || has_blocked(model, container)) continue;
    if (colocation.primary_role >= Role::kPromoted) {
      const ResourceId child = replica_child(model, container);
      if (!child.valid() || model.resource(child).next_role < Role::kPromoted) continue;
    }
    kept.push_back(node);
  }
  if (colocation.score >= kInfinity) ban_other_nodes(model, dependent, kept, colocation);
  return sum;
}

}  // namespace

bool has_blocked(const Model& model, const Resource& resource) {
  return resource.blocked || std::any_of(resource.children.begin(), resource.children.end(),
                                         [&](ResourceId child) { return has_blocked(model, model.resource(child)); });
}

int per_node_maximum(const Resource& resource) {
  if (resource.is_clone()) return resource.clone->clone_node_max;
  return resource.is_bundle() ? resource.bundle->replicas_per_host : 1;
}

ResourceId compatible_instance(Model& model, const Resource& match, const Resource& collective, Role role, bool current,
                               std::string_view attribute) {
  const InstanceMatch wanted{role, current, attribute};
  const std::vector<ResourceId> instances = instances_of(model, collective);
  if (const NodeId node = single_location(model, match, current); node.valid()) {
    return first_match(model, instances, node, wanted);
  }
  for (const NodeId node : sorted_candidates(model, match.allowed, NodeId())) {
    if (const ResourceId found = first_match(model, instances, node, wanted); found.valid()) return found;
  }
  return {};
}

ResourceId compatible_instance(Model& model, const Resource& match, const Resource& collective, bool current) {
  return compatible_instance(model, match, collective, Role::kUnknown, current, {});
}

Score apply_colocation_with_collective(Model& model, Resource& dependent, Resource& primary,
                                       const Colocation& colocation) {
  return primary.is_clone() ? apply_with_clone(model, dependent, primary, colocation)
                            : apply_with_bundle(model, dependent, primary, colocation);
}

void apply_location_to_bundle(Model& model, Resource& bundle, const Location& location) {
  if (location.role == Role::kUnknown || location.role == bundle.next_role) {
    bool exclusive = false;
    const Because because(model.recorder.get(), {ScoreReason::kLocation, location.id, location.resource});
    apply_location_scores(model, bundle.allowed, location, exclusive, bundle.self);
    if (exclusive) bundle.exclusive_discovery = true;
  }
  for (const BundleReplica& replica : bundle.bundle->replicas) {
    apply_location(model, model.resource(replica.container), location);
    if (replica.ip_resource.valid()) apply_location(model, model.resource(replica.ip_resource), location);
  }
  if (location.role != Role::kPromoted || !bundle.bundle->clone.valid()) return;
  Resource& clone = model.resource(bundle.bundle->clone);
  apply_location(model, clone, location);
  clone.locations.push_back(location.self);
}

}  // namespace simcluster::scheduler
