// Orderings and colocations that follow from what a resource is (S5 F-10, S3 section 5.5).
#include "engine/scheduler/internal_constraints.h"

#include <string>
#include <vector>

#include "engine/scheduler/collective.h"
#include "engine/scheduler/fencing.h"
#include "engine/scheduler/model.h"
#include "engine/scheduler/recorder.h"
#include "engine/scheduler/stages.h"
#include "engine/scheduler/unfencing.h"

namespace simcluster::scheduler {

namespace {

using namespace relation;

// The nodes of a resource's table by name.
std::vector<NodeId> allowed_by_name(const Model& model, const Resource& resource) {
  std::vector<NodeId> nodes;
  for (const NodeId node : model.node_order) {
    if (resource.allowed.contains(node)) nodes.push_back(node);
  }
  return nodes;
}

// F-10 row 5.
void order_unfencing(Model& model, Resource& resource) {
  for (const NodeId node : allowed_by_name(model, resource)) {
    const ActionId unfencing = fence_action(model, node, "on", true, {}, false);
    order(model, side(model, resource.self, Task::kStop), side(model, unfencing), kOrdered | kIfOnSameNode);
    order(model, side(model, unfencing), side(model, resource.self, Task::kStart),
          kFirstImpliesSameNodeThen | kIfOnSameNode);
  }
}

// F-10 row 6, S3.
void order_load(Model& model, Resource& resource) {
  for (const NodeId node : resource.active) {
    const ActionId stopped = request_load_stopped(model, node).self;
    order(model, side(model, resource.self, Task::kStop), side(model, stopped), kLoad);
  }
  for (const NodeId node : allowed_by_name(model, resource)) {
    const ActionId stopped = request_load_stopped(model, node).self;
    order(model, side(model, stopped), side(model, resource.self, Task::kStart), kLoad);
    order(model, side(model, stopped), side(model, resource.self, Task::kMigrateTo), kLoad);
  }
}

// S3 A-5.20 "pin": only the node behind this connection is left.
void pin_to_connection(Model& model, Resource& resource, ResourceId connection) {
  const Because because(model.recorder.get(), {ScoreReason::kConnectionPin, {}, connection});
  for (NodeEntry& entry : resource.allowed.entries()) {
    if (entry.present && model.node(entry.node).connection != connection) {
      set_score(model.recorder.get(), resource.self, entry.node, entry, -kInfinity);
    }
  }
}

void ban_remote_nodes(Model& model, Resource& resource) {
  const Because because(model.recorder.get(), {ScoreReason::kNoRemoteNodes});
  for (NodeEntry& entry : resource.allowed.entries()) {
    if (entry.present && model.node(entry.node).is_remote_variant() && model.node(entry.node).connection.valid()) {
      set_score(model.recorder.get(), resource.self, entry.node, entry, -kInfinity);
    }
  }
}

ResourceId launched_connection(const Model& model, const Resource& launcher) {
  for (const ResourceId id : launcher.launched) {
    if (model.resource(id).remote_connection) return id;
  }
  return {};
}

// F-10 rows 7 and 8, S3.
void constrain_to_launcher(Model& model, Resource& resource) {
  Resource& launcher = model.resource(resource.launcher);
  if (resource.remote_connection) {
    if (!resource.remote_nesting_allowed) ban_remote_nodes(model, launcher);
    order(model, launcher.self, Task::kMonitor, resource.self, Task::kStop, kOrdered);
  } else if (launcher.remote_connection) {
    pin_to_connection(model, resource, launcher.self);
    return;
  } else if (const ResourceId connection = launched_connection(model, launcher); connection.valid()) {
    pin_to_connection(model, resource, connection);
    return;
  }
  order(model, launcher.self, Task::kStart, resource.self, Task::kStart, kFirstImpliesThen | kUnrunnableFirstBlocks);
  order(model, resource.self, Task::kStop, launcher.self, Task::kStop, kThenImpliesFirst);
  Colocation colocation;
  colocation.id = "#resource-with-container";
  colocation.dependent = resource.self;
  colocation.primary = launcher.self;
  colocation.score = resource.remote_nesting_allowed ? 10000 : kInfinity;
  colocation.influence = true;
  add_colocation(model, colocation);
}

void constrain_primitive(Model& model, Resource& resource) {
  if (!resource.managed) return;
  const ResourceId self = resource.self;
  order(model, self, Task::kStop, self, Task::kStart, kOrdered | kFirstImpliesThen | kRestart);
  if (model.resource(resource.top).promotable || resource.original_role > Role::kUnpromoted) {
    order(model, self, Task::kDemote, self, Task::kStop, kPromotedThenImpliesFirst);
    order(model, self, Task::kStart, self, Task::kPromote, kUnrunnableFirstBlocks);
  }
  order(model, self, Task::kLrmDelete, self, Task::kMonitor, kIfOnSameNode | kThenCancelsFirst);
  if (!resource.fence_device && depends_on_unfencing(model, resource) && model.options.unfencing_in_use) {
    order_unfencing(model, resource);
  }
  if (model.options.placement_strategy != PlacementStrategy::kDefault && !resource.utilization.empty()) {
    order_load(model, resource);
  }
  if (resource.launcher.valid()) constrain_to_launcher(model, resource);
  if (resource.remote_connection || resource.fence_device) ban_remote_nodes(model, resource);
}

// What F-10's table needs to know while it walks the members of a group.
struct GroupWalk {
  ResourceId group;
  bool ordered = true;
  bool collocated = true;
  bool promotable = false;
  ResourceId previous;
  ResourceId last_active;
};

void colocate_member(Model& model, const GroupWalk& walk, const Resource& member) {
  Colocation colocation;
  colocation.id = "#group-members";
  colocation.dependent = member.self;
  colocation.primary = walk.previous;
  colocation.score = kInfinity;
  colocation.influence = member.critical;
  add_colocation(model, colocation);
}

// F-10 rows 1 to 8.
void order_member_with_group(Model& model, const GroupWalk& walk, ResourceId member) {
  const bool first_ordered = walk.ordered && !walk.previous.valid();
  const RelationFlags down = kThenImpliesFirstGraphed | (first_ordered ? kOrdered : kNone);
  const RelationFlags post_down = first_ordered ? kFirstImpliesThen : kFirstImpliesThenGraphed;
  const RelationFlags done = kUnrunnableFirstBlocks | kFirstImpliesThen | kFirstImpliesThenGraphed;
  if (walk.promotable) {
    order(model, walk.group, Task::kDemote, member, Task::kDemote, down);
    order(model, member, Task::kDemote, walk.group, Task::kDemoted, post_down);
    order(model, member, Task::kPromote, walk.group, Task::kPromoted, done);
    order(model, walk.group, Task::kPromote, member, Task::kPromote, kThenImpliesFirstGraphed);
  }
  order(model, walk.group, Task::kStop, member, Task::kStop, down);
  order(model, member, Task::kStop, walk.group, Task::kStopped, post_down);
  order(model, walk.group, Task::kStart, member, Task::kStart, kThenImpliesFirstGraphed);
  order(model, member, Task::kStart, walk.group, Task::kStarted, done);
}

// F-10 rows 9c and 10.
void order_after_previous(Model& model, const GroupWalk& walk, const Resource& member) {
  const Resource& previous = model.resource(walk.previous);
  const RelationFlags forward = kFirstImpliesThen | kUnrunnableFirstBlocks;
  order(model, previous.self, Task::kStart, member.self, Task::kStart, forward);
  order(model, member.self, Task::kStop, previous.self, Task::kStop, kOrdered | kRestart);
  if (member.is_active() && !previous.is_active()) {
    order(model, member.self, Task::kStop, previous.self, Task::kStart, kThenImpliesFirst | kUnrunnableFirstBlocks);
  }
  if (walk.promotable) {
    order(model, previous.self, Task::kPromote, member.self, Task::kPromote, forward);
    order(model, member.self, Task::kDemote, previous.self, Task::kDemote, kOrdered);
  }
}

void order_member_with_siblings(Model& model, const GroupWalk& walk, const Resource& member) {
  if (!walk.ordered) {
    const RelationFlags flags = kFirstImpliesThen | kUnrunnableFirstBlocks | kThenImpliesFirstGraphed;
    order(model, walk.group, Task::kStart, member.self, Task::kStart, flags);
    if (walk.promotable) order(model, walk.group, Task::kPromote, member.self, Task::kPromote, flags);
  } else if (!walk.previous.valid()) {
    order(model, walk.group, Task::kStart, member.self, Task::kStart, kNone);
    if (walk.promotable) order(model, walk.group, Task::kPromote, member.self, Task::kPromote, kNone);
  } else {
    order_after_previous(model, walk, member);
  }
  if (walk.ordered && walk.previous.valid() && member.is_active() && !model.resource(walk.previous).is_active() &&
      walk.last_active.valid() && model.resource(walk.last_active).is_active()) {
    order(model, member.self, Task::kStop, walk.last_active, Task::kStop, kOrdered);
  }
}

void constrain_group(Model& model, Resource& group) {
  const ResourceId self = group.self;
  order(model, self, Task::kStop, self, Task::kStopped, kUnrunnableFirstBlocks);
  order(model, self, Task::kStopped, self, Task::kStart, kOrdered);
  order(model, self, Task::kStart, self, Task::kStarted, kUnrunnableFirstBlocks);
  GroupWalk walk{self,         group.group->ordered, group.group->collocated, model.resource(group.top).promotable,
                 ResourceId(), ResourceId()};
  for (const ResourceId id : group.children) {
    Resource& member = model.resource(id);
    create_internal_constraints(model, member);
    if (walk.previous.valid() && walk.collocated) colocate_member(model, walk, member);
    order_member_with_group(model, walk, id);
    order_member_with_siblings(model, walk, member);
    if (member.is_active()) walk.last_active = id;
    walk.previous = id;
  }
}

}  // namespace

void create_internal_constraints(Model& model, Resource& resource) {
  switch (resource.variant) {
    case Variant::kPrimitive:
      constrain_primitive(model, resource);
      return;
    case Variant::kGroup:
      constrain_group(model, resource);
      return;
    case Variant::kClone:
    case Variant::kBundle:
      create_internal_constraints_of_collective(model, resource);
      return;
  }
}

void create_internal_constraints(Model& model) {
  for (std::size_t i = 0; i < model.top_level.size(); ++i) {
    create_internal_constraints(model, model.resource(model.top_level[i]));
  }
}

}  // namespace simcluster::scheduler
