#include "engine/scheduler/explanation_causes.h"

#include <algorithm>
#include <string>

#include "engine/scheduler/explanation_words.h"
#include "engine/scheduler/model.h"
#include "engine/scheduler/recorder.h"

namespace simcluster::scheduler {

namespace {

constexpr std::size_t kLongestChain = 8;

// Worth telling, in the order of a life; others: -1.
int place_in_life(Task task) {
  switch (task) {
    case Task::kReloadAgent:
      return 0;
    case Task::kDemote:
      return 1;
    case Task::kMigrateTo:
      return 2;
    case Task::kMigrateFrom:
      return 3;
    case Task::kStop:
      return 4;
    case Task::kStart:
      return 5;
    case Task::kPromote:
      return 6;
    default:
      return -1;
  }
}

bool is_inside(const Model& model, ResourceId resource, ResourceId ancestor) {
  while (resource.valid() && resource != ancestor) resource = model.resource(resource).parent;
  return resource.valid();
}

class Causes {
 public:
  explicit Causes(const Model& model) : model_(model) {}

  std::vector<std::string> of(const Action& action) {
    chain_.clear();
    seen_.clear();
    follow(action);
    return chain_;
  }
  std::string action_text(const Action& action) const {
    std::string text(action.task_text);
    if (action.node.valid()) text += " on " + name(action.node);
    return text;
  }

 private:
  std::string name(NodeId node) const { return std::string(model_.node(node).name); }

  // The resource that a cause is about; the first link is about the resource itself.
  std::string it(const Action& action) const {
    return chain_.empty() || !action.resource.valid() ? "it" : std::string(model_.resource(action.resource).id);
  }

  void follow(const Action& action) {
    seen_.push_back(action.self);
    if (chain_.size() >= kLongestChain) return;
    if (const std::string own = first_cause(action); !own.empty()) {
      chain_.push_back(own);
      return;
    }
    const ActionCause* cause = recorded_cause(action);
    if (cause == nullptr) {
      if (const std::string own = last_cause(action); !own.empty()) chain_.push_back(own);
      return;
    }
    const Action& because = model_.actions[cause->because];
    chain_.push_back(cause_text(action, because));
    follow(because);
  }

  const ActionCause* recorded_cause(const Action& action) const {
    for (const ActionCause& cause : model_.recorder->causes) {
      if (cause.action != action.self || cause.required != action.runnable()) continue;
      if (std::find(seen_.begin(), seen_.end(), cause.because) == seen_.end()) return &cause;
    }
    return nullptr;
  }

  // The stage of an ordering that waits for some of several actions (S1 C-14.7, C-14.10), with the constraint's id.
  std::string stage_text(const Action& stage) const {
    constexpr std::string_view kClone = "clone-one-or-more:";
    constexpr std::string_view kSet = "one-or-more:";
    std::string_view id = stage.task_text;
    if (id.starts_with(kClone)) {
      id.remove_prefix(kClone.size());
    } else if (id.starts_with(kSet)) {
      id.remove_prefix(kSet.size());
      const cib::Element set = model_.cib->find_id(cib::names::kResourceSet, id);
      if (set) id = set.parent().id();
    } else {
      return {};
    }
    const std::string needed = stage.required_before > 1 ? std::to_string(stage.required_before) : std::string("one");
    return (stage.runnable() ? "at least " + needed + " of those before it comes first"
                             : "not even " + needed + " of those before it can run") +
           " (order " + std::string(id) + ")";
  }

  std::string cause_text(const Action& action, const Action& because) const {
    if (std::string stage = stage_text(because); !stage.empty()) return stage;
    std::string text(because.task_text);
    if (because.resource.valid() && because.resource != action.resource) {
      text += " of " + std::string(model_.resource(because.resource).id);
    }
    if (because.node.valid()) text += " on " + name(because.node);
    text += because.runnable() ? " is needed" : " cannot run";
    return text + ordering_text(action, because);
  }

  // The configured ordering between two actions, as far as the resources tell.
  std::string ordering_text(const Action& a, const Action& b) const {
    if (!a.resource.valid() || !b.resource.valid() || a.resource == b.resource) return {};
    for (const OrderingName& ordering : model_.recorder->orderings) {
      if ((is_inside(model_, a.resource, ordering.first) && is_inside(model_, b.resource, ordering.then)) ||
          (is_inside(model_, b.resource, ordering.first) && is_inside(model_, a.resource, ordering.then))) {
        return " (order " + std::string(ordering.id) + ")";
      }
    }
    const ResourceId parent = model_.resource(a.resource).parent;
    if (parent.valid() && parent == model_.resource(b.resource).parent && model_.resource(parent).is_group()) {
      return " (order of group " + std::string(model_.resource(parent).id) + ")";
    }
    return {};
  }

  // Causes that stand on their own.
  std::string first_cause(const Action& action) const {
    if (action.node.valid() && model_.node(action.node).unclean) {
      if (const std::string text = fencing_text(action.node); !text.empty()) return text;
    }
    if (!action.runnable()) return obstacle_text(action);
    if (!action.resource.valid()) return std::string(action.reason);
    const Resource& resource = model_.resource(action.resource);
    if (action.task == Task::kStop || action.task == Task::kDemote) {
      if (std::string text = leaving_text(action, resource); !text.empty()) return text;
    }
    return definition_text(action, resource);
  }

  std::string fencing_text(NodeId node) const {
    for (std::uint32_t i = 0; i < model_.actions.size(); ++i) {
      const Action& action = model_.actions[ActionId(i)];
      if (action.task != Task::kFence || action.node != node) continue;
      std::string text = name(node) + (action.optional() ? " must be fenced, but cannot be" : " is fenced");
      if (!action.reason.empty()) text += ": " + std::string(action.reason);
      return text;
    }
    return {};
  }

  std::string obstacle_text(const Action& action) const {
    if (action.reason == "no quorum") return "the cluster has no quorum";
    if (action.reason == "quorum freeze") return "the cluster has no quorum and is frozen";
    if (action.reason.starts_with("colocation with ")) return std::string(action.reason) + ", which cannot run";
    if (!action.node.valid()) return homeless_text(action);
    if (!model_.node(action.node).online) return name(action.node) + " is offline";
    if (model_.node(action.node).pending) return name(action.node) + " is still joining";
    if (action.resource.valid() && !model_.resource(action.resource).managed) return it(action) + " is not managed";
    return {};
  }

  std::string homeless_text(const Action& action) const {
    if (!action.resource.valid()) return {};
    const Resource& resource = model_.resource(action.resource);
    if (requested_role(model_, resource) == Role::kStopped) return it(action) + " is to be stopped (target-role)";
    return "no node is left for " + it(action);
  }

  std::string definition_text(const Action& action, const Resource& resource) const {
    const std::vector<ResourceId>& redefined = model_.recorder->redefined;
    if (std::find(redefined.begin(), redefined.end(), resource.self) == redefined.end()) return {};
    if (resource.assigned != action.node || !resource.is_active()) return {};
    return (chain_.empty() ? "its definition" : "the definition of " + it(action)) + " changed since it was started";
  }

  std::string leaving_text(const Action& action, const Resource& resource) const {
    if (resource.active.size() > 1 && resource.is_primitive()) return it(action) + " is active on more than one node";
    if (resource.failed && (resource.stop_if_failed || action.task == Task::kDemote)) return it(action) + " failed";
    if (action.task == Task::kDemote && resource.next_role == Role::kUnpromoted) return demotion_text(action);
    if (requested_role(model_, resource) == Role::kStopped) return it(action) + " is to be stopped (target-role)";
    if (resource.next_role == Role::kStopped && resource.assigned.valid()) return it(action) + " is to be stopped";
    if (!resource.assigned.valid() && resource.is_primitive()) {
      return model_.options.stop_all_resources ? "stop-all-resources is set" : "no node is left for " + it(action);
    }
    if (resource.assigned.valid() && action.node.valid() && resource.assigned != action.node) {
      return it(action) + " moves to " + name(resource.assigned);
    }
    return {};
  }

  std::string demotion_text(const Action& action) const {
    const bool quorum = model_.options.quorate || model_.options.no_quorum_policy != NoQuorumPolicy::kDemote;
    return quorum ? it(action) + " is not to be promoted" : "the cluster has no quorum";
  }

  // What is left when nothing else asked for the action.
  std::string last_cause(const Action& action) const {
    if (!action.resource.valid()) return std::string(action.reason);
    const Resource& resource = model_.resource(action.resource);
    if (action.task == Task::kStart && resource.is_primitive()) {
      if (!resource.is_active()) return it(action) + " does not run yet";
      if (resource.failed) return it(action) + " failed";
      const bool moves = action.node.valid() && resource.active.front() != action.node;
      return moves ? it(action) + " moves to " + name(action.node) : it(action) + " is restarted";
    }
    if (action.task == Task::kPromote) return it(action) + " is chosen to be promoted";
    return std::string(action.reason);
  }

  const Model& model_;
  std::vector<std::string> chain_;
  std::vector<ActionId> seen_;
};

// Whether the action is worth telling: it happens, or it should and cannot.
bool matters(const Resource& resource, const Action& action) {
  if (place_in_life(action.task) < 0 || action.interval != 0) return false;
  if (!action.optional()) return true;
  return action.task == Task::kStart && !action.runnable() && !resource.is_active() && resource.assigned.valid() &&
         resource.next_role > Role::kStopped;
}

}  // namespace

std::vector<ExplainedAction> explain_actions(Model& model, const Resource& resource) {
  std::vector<ExplainedAction> result;
  if (!resource.is_primitive()) return result;
  std::vector<ActionId> actions;
  for (const ActionId id : resource.actions) {
    if (matters(resource, model.actions[id])) actions.push_back(id);
  }
  std::stable_sort(actions.begin(), actions.end(), [&](ActionId a, ActionId b) {
    return place_in_life(model.actions[a].task) < place_in_life(model.actions[b].task);
  });
  Causes causes(model);
  for (const ActionId id : actions) {
    const Action& action = model.actions[id];
    result.push_back({causes.action_text(action), action.runnable(), causes.of(action)});
  }
  return result;
}

}  // namespace simcluster::scheduler
