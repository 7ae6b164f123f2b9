#include "engine/scheduler/graph_inputs.h"

#include <algorithm>
#include <vector>

#include "engine/scheduler/model.h"

namespace simcluster::scheduler {

namespace {

using namespace relation;

bool is_stop_key(const Action& action) {
  return action.interval == 0 && (action.key_text == "stop" || action.key_text.ends_with("_stop"));
}

// S5 I-5 step 8; false also disables the relation.
bool load_applies(const Model& model, const Action& action, const Action& input) {
  if (action.task == Task::kMigrateTo) {
    const NodeId target = action.resource.valid() ? model.resource(action.resource).assigned : NodeId();
    return input.node.valid() && input.node == target;
  }
  return input.node == action.node && !input.optional();
}

bool is_blocked_for_clone(const Model& model, const Action& action, const Action& input) {
  if (!input.resource.valid() || !action.resource.valid() || input.resource == action.resource) return false;
  const Resource& resource = model.resource(input.resource);
  return resource.failed && !resource.managed && is_stop_key(input) && model.resource(action.resource).is_clone();
}

}  // namespace

bool belongs_in_graph(const Model& model, ActionId id) {
  const Action& action = model.actions[id];
  if (!action.runnable()) return false;
  if (action.optional() && !action.has(action_flag::kAlways)) return false;
  if (action.resource.valid() && !model.resource(action.resource).managed && action.task != Task::kMonitor &&
      action.interval == 0) {
    return false;
  }
  if (action.pseudo() || action.task == Task::kFence || action.task == Task::kShutdown) return true;
  if (!action.node.valid()) return false;
  if (action.has(action_flag::kOnDc)) return true;
  const Node& node = model.node(action.node);
  if (is_guest(model, node) && !node.remote_reset) return true;
  return node.online && !node.unclean;
}

bool is_graph_input(Model& model, ActionId action_id, RelationId r) {
  Relation& relation = model.actions.relation(r);
  const Action& action = model.actions[action_id];
  const Action& input = model.actions[relation.action];
  if (relation.graphed) return true;
  if (relation.flags == kNone) return false;
  if (!input.runnable()) {
    const RelationFlags others = relation.flags & ~(kOrdered | kThenImpliesFirstGraphed | kFirstImpliesThenGraphed);
    if (others == 0 || (relation.flags & (kMinRunnable | kMigratableThen)) != 0) return false;
  }
  if ((relation.flags & kIfFirstUnmigratable) != 0 && input.has(action_flag::kMigratable)) return false;
  if (relation.flags == kOrdered && input.has(action_flag::kMigratable) && is_stop_key(input)) return false;
  if (relation.flags == kLoad) {
    if (!load_applies(model, action, input)) {
      relation.flags = kNone;
      return false;
    }
  } else if (relation.flags == kIfRequiredOnSameNode) {
    const bool elsewhere = input.node.valid() && action.node.valid() && input.node != action.node;
    if (elsewhere || input.optional()) {
      relation.flags = kNone;
      return false;
    }
  } else if (is_blocked_for_clone(model, action, input)) {
    return false;
  } else if (input.optional() && !input.has(action_flag::kAlways) && !input.has(action_flag::kGraphed) &&
             !belongs_in_graph(model, relation.action)) {
    return false;
  }
  relation.graphed = true;
  return true;
}

void deduplicate_inputs(Model& model, ActionId id) {
  Action& action = model.actions[id];
  if (action.has(action_flag::kDeduplicated)) return;
  action.flags |= action_flag::kDeduplicated;
  std::vector<RelationId> inputs;
  for (RelationId r = action.before; r.valid(); r = model.actions.relation(r).next) inputs.push_back(r);
  std::stable_sort(inputs.begin(), inputs.end(), [&](RelationId a, RelationId b) {
    return model.actions.relation(a).action < model.actions.relation(b).action;
  });
  RelationId kept;
  action.before = RelationId();
  for (const RelationId r : inputs) {
    Relation& relation = model.actions.relation(r);
    relation.next = RelationId();
    if (kept.valid() && model.actions.relation(kept).action == relation.action) {
      Relation& first = model.actions.relation(kept);
      first.flags |= relation.flags;
      first.graphed = first.graphed || relation.graphed;
      continue;
    }
    relation.graphed = false;
    if (kept.valid()) {
      model.actions.relation(kept).next = r;
    } else {
      action.before = r;
    }
    kept = r;
  }
}

}  // namespace simcluster::scheduler
