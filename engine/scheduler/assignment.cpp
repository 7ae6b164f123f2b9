#include "engine/scheduler/assignment.h"

#include <algorithm>
#include <string>

#include "engine/scheduler/collective.h"
#include "engine/scheduler/colocation_memo.h"
#include "engine/scheduler/colocation_scores.h"
#include "engine/scheduler/colocations.h"
#include "engine/scheduler/log.h"
#include "engine/scheduler/merge_sort.h"
#include "engine/scheduler/model.h"
#include "engine/scheduler/node_choice.h"
#include "engine/scheduler/node_scores.h"
#include "engine/scheduler/recorder.h"
#include "engine/scheduler/stages.h"
#include "engine/scheduler/text.h"
#include "engine/scheduler/utilization.h"

namespace simcluster::scheduler {

namespace {

bool is_mandatory(const Colocation& colocation) {
  return colocation.score <= -kInfinity || colocation.score >= kInfinity;
}

// S3: mandatory colocations of both kinds first, then the optional ones.
void apply_colocations(Model& model, Resource& resource) {
  const ColocationList this_with = this_with_colocations(model, resource);
  const ColocationList with_this = with_this_colocations(model, resource);
  for (const bool mandatory : {true, false}) {
    for (const ColocationId id : this_with) {
      if (is_mandatory(model.colocation(id)) == mandatory) apply_this_with(model, resource, id);
    }
    for (const ColocationId id : with_this) {
      if (is_mandatory(model.colocation(id)) == mandatory) add_dependent_preferences(model, resource, id);
    }
  }
}

// S3.
void apply_wanted_role(Model& model, Resource& resource) {
  if (resource.next_role == Role::kStopped) {
    const Because because(model.recorder.get(), {ScoreReason::kWantedStopped});
    adjust_score_everywhere(model, resource.self, -kInfinity);
  } else if (resource.next_role > resource.original_role && !model.options.quorate &&
             model.options.no_quorum_policy == NoQuorumPolicy::kFreeze) {
    resource.next_role = resource.original_role;
  }
}

// S3: the fate of a connection decides about the node behind it.
void update_remote_node(Model& model, const Resource& connection) {
  if (!connection.remote_node.valid()) return;
  Node& node = model.node(connection.remote_node);
  if (connection.assigned.valid() && connection.next_role != Role::kStopped) {
    node.online = true;
    if (!node.seen) node.unclean = false;
  } else {
    node.shutdown = true;
  }
}

void tell_unmanaged(const Model& model, const Resource& resource, NodeId node) {
  const char* state = !node.valid()                           ? "inactive"
                      : resource.next_role == Role::kPromoted ? "promoted"
                      : resource.failed                       ? "failed"
                                                              : "active";
  log(model, LogLevel::kInfo, "pcmk__primitive_assign", "Unmanaged resource {} assigned to {}: {}", resource.id,
      node.valid() ? model.node(node).name : std::string_view("no node"), state);
}

void tell_unplaced(const Model& model, const Resource& resource) {
  if (resource.removed && !resource.is_active()) return;
  if (resource.removed) {
    log(model, LogLevel::kInfo, "pcmk__primitive_assign", "Stopping orphan resource {}", resource.id);
  } else {
    log(model, LogLevel::kInfo, "pcmk__primitive_assign", "Resource {} cannot run anywhere", resource.id);
  }
}

NodeId assign_primitive(Model& model, Resource& resource, NodeId prefer, bool final) {
  if (resource.parent.valid() && !model.resource(resource.parent).assigning) {
    assign(model, model.resource(resource.parent), prefer, final);
  }
  if (!resource.unassigned) return resource.assigned;
  if (resource.assigning) return {};
  resource.assigning = true;
  if (model.colocation_memo) model.colocation_memo->touch(resource.self);
  apply_colocations(model, resource);
  apply_wanted_role(model, resource);
  print_scores(model, resource, "pcmk__primitive_assign");
  if (model.options.fencing_enabled && !model.have_fence_device) resource.managed = false;
  if (!resource.managed) {
    resource.next_role = resource.original_role;
    record_decision(model, resource, current_node(model, resource), DecisionKind::kUnmanaged);
    if (logs(model, LogLevel::kInfo)) tell_unmanaged(model, resource, current_node(model, resource));
    place(model, resource, current_node(model, resource), true, final);
  } else if (model.options.stop_all_resources) {
    record_decision(model, resource, NodeId(), DecisionKind::kStopAll);
    place(model, resource, NodeId(), true, final);
  } else {
    choose_and_place(model, resource, prefer, final);
    if (final && !resource.assigned.valid()) tell_unplaced(model, resource);
  }
  resource.assigning = false;
  if (resource.remote_connection) update_remote_node(model, resource);
  return resource.assigned;
}

// S3.
NodeId assign_group(Model& model, Resource& group, NodeId prefer, bool final) {
  if (!group.unassigned || group.assigning) return {};
  group.assigning = true;
  const Resource& first = model.resource(group.children.front());
  group.original_role = first.original_role;
  print_scores(model, group, "pcmk__group_assign");
  NodeId result;
  for (const ResourceId member : group.children) {
    const NodeId node = assign(model, model.resource(member), prefer, final);
    if (!result.valid()) result = node;
  }
  group.next_role = first.next_role;
  group.assigning = false;
  group.unassigned = false;
  return group.group->collocated ? result : NodeId();
}

// S3 step 3: nothing runs any more; actions made before say so.
void stop_actions_of_unplaced(Model& model, Resource& resource) {
  resource.next_role = Role::kStopped;
  for (const ActionId id : resource.actions) {
    Action& action = model.actions[id];
    if (action.task == Task::kStop) {
      action.flags &= ~action_flag::kOptional;
    } else if (action.task == Task::kStart) {
      action.flags &= ~action_flag::kRunnable;
    } else if (action.interval != 0 && action.meta.get("op_target_rc") != "7") {
      action.flags &= ~action_flag::kRunnable;
    }
  }
}

bool place_primitive(Model& model, Resource& resource, NodeId node, bool forced, bool final) {
  const NodeId before = resource.assigned;
  if (!forced && node.valid()) {
    const Node& wanted = model.node(node);
    const NodeEntry* entry = resource.allowed.find(node);
    const Score score = entry == nullptr ? wanted.score : entry->score;
    const bool guest = wanted.is_remote_variant() && is_guest(model, wanted);
    if (score < 0 || (!is_available(wanted) && !guest)) {
      if (final) resource.next_role = Role::kStopped;
      node = NodeId();
    }
  }
  unassign(model, resource);
  resource.unassigned = false;
  if (!node.valid()) {
    log(model, LogLevel::kDebug, "pcmk__finalize_assignment", "Could not allocate a node for {}", resource.id);
    if (final) stop_actions_of_unplaced(model, resource);
    return before.valid();
  }
  resource.assigned = node;
  Node& target = model.node(node);
  log(model, LogLevel::kDebug, "pcmk__finalize_assignment", "Assigning {} to {}", resource.id, target.name);
  ++target.assigned_count;
  change_capacity(model, target, resource, -1);
  if (model.want_utilization) print_utilization(model, resource, target);
  return before != node;
}

// S3: what decides between two resources of equal priority.
struct ResourceRank {
  ResourceId resource;
  std::vector<Score> scores;  // on the current node, then on every node, best first
};

Score score_on(const std::optional<NodeTable>& table, NodeId node) {
  const NodeEntry* entry = table && node.valid() ? table->find(node) : nullptr;
  return entry == nullptr ? -kInfinity : entry->score;
}

// S3; comparisons are pure, so each resource is evaluated once (S0 GU-8.6).
void sort_resources_for_placement(Model& model) {
  std::vector<NodeId> nodes = model.node_order;
  merge_sort(nodes, [&](NodeId a, NodeId b) {
    return compare_nodes(model, a, model.node(a).score, b, model.node(b).score, NodeId());
  });
  std::vector<ResourceRank> ranks(model.resources.size());
  for (const ResourceId id : model.top_level) {
    Resource& resource = model.resource(id);
    const std::optional<NodeTable> table = own_preferences(model, resource);
    std::vector<Score>& scores = ranks[id.index()].scores;
    scores.push_back(score_on(table, current_node(model, resource)));
    for (const NodeId node : nodes) scores.push_back(score_on(table, node));
  }
  merge_sort(model.top_level, [&](ResourceId a, ResourceId b) {
    const Score x = model.resource(a).priority;
    const Score y = model.resource(b).priority;
    if (x != y) return x > y ? -1 : 1;
    const auto& scores_a = ranks[a.index()].scores;
    const auto& scores_b = ranks[b.index()].scores;
    for (std::size_t i = 0; i < scores_a.size(); ++i) {
      if (scores_a[i] != scores_b[i]) return scores_a[i] > scores_b[i] ? -1 : 1;
    }
    return 0;
  });
}

}  // namespace

NodeId assign(Model& model, Resource& resource, NodeId prefer, bool final) {
  switch (resource.variant) {
    case Variant::kPrimitive:
      return assign_primitive(model, resource, prefer, final);
    case Variant::kGroup:
      return assign_group(model, resource, prefer, final);
    case Variant::kClone:
    case Variant::kBundle:
      model.colocation_memo.reset();
      ++model.collectives_assigning;
      assign_collective(model, resource, prefer, final);
      --model.collectives_assigning;
      model.colocation_memo.reset();
      return {};
  }
  return {};
}

bool place(Model& model, Resource& resource, NodeId node, bool forced, bool final) {
  if (resource.children.empty()) return place_primitive(model, resource, node, forced, final);
  bool changed = false;
  for (const ResourceId child : resource.children) {
    changed = place(model, model.resource(child), node, forced, final) || changed;
  }
  return changed;
}

void unassign(Model& model, Resource& resource) {
  for (const ResourceId child : resource.children) unassign(model, model.resource(child));
  resource.unassigned = true;
  if (!resource.assigned.valid() || !resource.is_primitive()) return;
  Node& node = model.node(resource.assigned);
  log(model, LogLevel::kInfo, "pcmk__unassign_resource", "Unassigning {} from {}", resource.id, node.name);
  resource.assigned = NodeId();
  --node.assigned_count;
  change_capacity(model, node, resource, 1);
}

void print_scores(Model& model, const Resource& resource, const char* label) {
  if (model.recorder) model.recorder->note_scores(resource, label);
  if (!model.want_scores || resource.removed) return;
  for (const NodeId node : model.node_order) {
    const NodeEntry* entry = resource.allowed.find(node);
    if (entry == nullptr) continue;
    model.score_lines.push_back({ScoreLine::Kind::kNode, label, resource.id, model.node(node).name, entry->score, {}});
  }
  for (const ResourceId child : resource.children) print_scores(model, model.resource(child), label);
}

void assign_resources(Model& model) {
  if (model.options.placement_strategy != PlacementStrategy::kDefault) sort_resources_for_placement(model);
  if (model.want_utilization) print_capacities(model, "Original");
  if (model.have_remote_nodes) {
    for (const ResourceId id : model.top_level) {
      Resource& resource = model.resource(id);
      if (resource.remote_connection) assign(model, resource, resource.partial_migration_target, true);
    }
  }
  for (const ResourceId id : model.top_level) {
    Resource& resource = model.resource(id);
    if (!resource.remote_connection) assign(model, resource, NodeId(), true);
  }
  if (model.want_utilization) print_capacities(model, "Remaining");
}

}  // namespace simcluster::scheduler
