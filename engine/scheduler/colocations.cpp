#include "engine/scheduler/colocations.h"

#include "engine/scheduler/collective.h"
#include "engine/scheduler/merge_sort.h"
#include "engine/scheduler/model.h"
#include "engine/scheduler/text.h"

namespace simcluster::scheduler {

namespace {

// Builds one effective list (S3 ).
class Collector {
 public:
  Collector(const Model& model, const Resource& requested, bool as_dependent)
      : model_(model), requested_(requested), as_dependent_(as_dependent) {}

  void collect(const Resource& resource) {
    switch (resource.variant) {
      case Variant::kPrimitive:
        collect_primitive(resource);
        return;
      case Variant::kGroup:
        collect_group(resource);
        return;
      case Variant::kClone:
        merge(own(resource));
        collect_parent(resource);
        return;
      case Variant::kBundle:
        if (bundle_contributes_colocations(model_, resource, requested_)) merge(own(resource));
        return;
    }
  }
  ColocationList take() { return std::move(list_); }

 private:
  const ColocationList& own(const Resource& resource) const {
    return as_dependent_ ? resource.this_with : resource.with_this;
  }
  int compare(ColocationId a, ColocationId b) const {
    const Colocation& x = model_.colocation(a);
    const Colocation& y = model_.colocation(b);
    return as_dependent_ ? compare_colocation_priority(model_, x.primary, y.primary)
                         : compare_colocation_priority(model_, x.dependent, y.dependent);
  }
  void merge(const ColocationList& addition) {
    merge_list(list_, addition, [this](ColocationId a, ColocationId b) { return compare(a, b); });
  }
  void insert(ColocationId id) {
    sorted_insert(list_, id, [this](ColocationId a, ColocationId b) { return compare(a, b); });
  }
  void collect_parent(const Resource& resource) {
    if (resource.parent.valid()) collect(model_.resource(resource.parent));
  }
  void collect_primitive(const Resource& resource) {
    if (resource.self == requested_.self) {
      merge(own(resource));
      collect_parent(resource);
      return;
    }
    for (const ColocationId id : own(resource)) {
      if (model_.colocation(id).explicit_) insert(id);
    }
  }
  void collect_group(const Resource& group) {
    const ResourceId end_member = as_dependent_ ? group.children.front() : group.children.back();
    if (group.self != requested_.self && end_member != requested_.self) {
      if (as_dependent_) collect_past_unmanaged(group);
      return;
    }
    merge(own(group));
    collect_parent(group);
    if (!group.group->collocated) return;
    for (const ResourceId member : group.children) {
      if (member != requested_.self) collect(model_.resource(member));
    }
  }
  // The chain through an unmanaged earlier member does not carry the group's mandatory colocations.
  void collect_past_unmanaged(const Resource& group) {
    for (const ResourceId member : group.children) {
      if (member == requested_.self) return;
      if (model_.resource(member).managed) continue;
      for (const ColocationId id : group.this_with) {
        if (model_.colocation(id).score == kInfinity) insert(id);
      }
      return;
    }
  }

  const Model& model_;
  const Resource& requested_;
  bool as_dependent_;
  ColocationList list_;
};

// S3: a bundle's container stands for the instance inside it.
const Resource& inside_container(const Model& model, const Resource& resource) {
  if (!resource.replica_container) return resource;
  const ResourceId child = replica_child(model, resource);
  return child.valid() ? model.resource(child) : resource;
}

}  // namespace

ColocationList this_with_colocations(const Model& model, const Resource& resource) {
  if (resource.is_primitive() && !resource.parent.valid()) return resource.this_with;
  Collector collector(model, resource, true);
  collector.collect(resource);
  return collector.take();
}

ColocationList with_this_colocations(const Model& model, const Resource& resource) {
  if (resource.is_primitive() && !resource.parent.valid()) return resource.with_this;
  Collector collector(model, resource, false);
  collector.collect(resource);
  return collector.take();
}

bool has_influence(const Model& model, const Colocation& colocation, const Resource& primary) {
  const Resource& dependent = model.resource(colocation.dependent);
  if (dependent.remote_nesting_allowed && dependent.remote_connection && !primary.failed &&
      primary.active.size() == 1) {
    return false;
  }
  return colocation.influence || !primary.is_active();
}

bool has_influence(const Model& model, const Colocation& colocation) {
  return has_influence(model, colocation, model.resource(colocation.primary));
}

ColocationEffect colocation_effect(const Model& model, const Resource& dependent, const Resource& primary,
                                   const Colocation& colocation, bool preview) {
  if (!preview && primary.unassigned) return ColocationEffect::kNothing;
  const Resource& dependent_role = inside_container(model, dependent);
  const Resource& primary_role = inside_container(model, primary);
  if (colocation.dependent_role >= Role::kUnpromoted && dependent_role.parent.valid() &&
      model.resource(dependent_role.parent).promotable && !dependent_role.unassigned) {
    return ColocationEffect::kRole;
  }
  if (!preview && !dependent.unassigned) return ColocationEffect::kNothing;
  if (colocation.dependent_role != Role::kUnknown && colocation.dependent_role != dependent_role.next_role) {
    return ColocationEffect::kNothing;
  }
  if (colocation.primary_role != Role::kUnknown && colocation.primary_role != primary_role.next_role) {
    return ColocationEffect::kNothing;
  }
  return ColocationEffect::kLocation;
}

std::optional<std::string_view> colocation_value(const Model& model, const Resource& resource, const Node& node,
                                                 std::string_view attribute) {
  if (!node.is_remote_variant() || !is_guest(model, node)) return node_attribute(node, attribute);
  const Resource& launcher = model.resource(model.resource(node.connection).launcher);
  bool on_host = launcher.replica_container && is_inside_bundle_of(model, resource, launcher);
  if (!on_host) {
    const auto target = resource.meta.get("container-attribute-target");
    on_host = target && equal_ignoring_case(*target, "host");
  }
  if (!on_host) return node_attribute(node, attribute);
  if (!launcher.assigned.valid()) return std::nullopt;
  return node_attribute(model.node(launcher.assigned), attribute);
}

}  // namespace simcluster::scheduler
