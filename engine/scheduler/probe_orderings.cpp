#include "engine/scheduler/probe_orderings.h"

#include <algorithm>
#include <vector>

#include "engine/scheduler/collective.h"
#include "engine/scheduler/model.h"
#include "engine/scheduler/ordering.h"

namespace simcluster::scheduler {

namespace {

using namespace relation;

// The probes of a resource, oldest first (S0 GU-4.1).
void find_probes(const Model& model, const Resource& resource, std::vector<ActionId>& out) {
  out.clear();
  for (ActionId id = model.actions.oldest(resource.self, model.actions.key_task(Task::kMonitor), 0); id.valid();
       id = model.actions[id].next_same_key) {
    if (model.actions[id].task == Task::kMonitor) out.push_back(id);
  }
}

// S5 G-12, G-13: a resource that restarts waits for probes of what it follows.
class RestartOrderer {
 public:
  explicit RestartOrderer(Model& model) : model_(model), seen_(model.actions.size(), 0) {}

  void run() {
    for (const ResourceId id : model_.top_level) visit(model_.resource(id));
  }

 private:
  void visit(const Resource& resource) {
    for (const ResourceId child : resource.children) visit(model_.resource(child));
    if (!resource.is_primitive()) return;
    std::vector<ActionId> probes;
    find_probes(model_, resource, probes);
    for (const ActionId probe : probes) handle(probe, resource);
  }

  void handle(ActionId probe, const Resource& resource) {
    // Relations added on the way stand in front of the head and are not visited.
    for (RelationId r = model_.actions[probe].after; r.valid(); r = model_.actions.relation(r).next) {
      const Relation relation = model_.actions.relation(r);
      order_instance_starts(probe, resource, relation);
      ++epoch_;
      follow(probe, resource, relation.action);
    }
  }

  // G-12a: an unrunnable probe keeps inactive instances from starting.
  void order_instance_starts(ActionId probe, const Resource& resource, const Relation& relation) {
    const Action& then = model_.actions[relation.action];
    if (then.task != Task::kStart || !then.resource.valid() || then.resource != resource.top) return;
    if (!model_.resource(then.resource).is_collective() || model_.actions[probe].runnable()) return;
    if ((relation.flags & kUnrunnableFirstBlocks) != 0) return;
    for (RelationId r = then.after; r.valid(); r = model_.actions.relation(r).next) {
      const ActionId start_id = model_.actions.relation(r).action;
      const Action& start = model_.actions[start_id];
      if (start.task != Task::kStart || !start.resource.valid()) continue;
      const Resource& below = model_.resource(start.resource);
      if (below.self == then.resource || below.top != then.resource || below.is_active()) continue;
      model_.actions.relate(probe, start_id, kOrdered | kUnrunnableFirstBlocks);
    }
  }

  // G-13.
  void follow(ActionId probe, const Resource& resource, ActionId id) {
    if (id.index() >= seen_.size()) seen_.resize(model_.actions.size(), 0);
    if (seen_[id.index()] == epoch_) return;
    seen_[id.index()] = epoch_;
    const Action& action = model_.actions[id];
    if (action.resource.valid() && action.resource != resource.self &&
        model_.resource(action.resource).is_primitive()) {
      if (action.task == Task::kStart) relate_all(probe, action.resource, Task::kStop);
      if (action.task == Task::kPromote) relate_all(probe, action.resource, Task::kDemote);
    }
    for (RelationId r = action.after; r.valid(); r = model_.actions.relation(r).next) {
      const Relation relation = model_.actions.relation(r);
      if ((relation.flags & kFirstImpliesThen) != 0 || leads_into_collective(resource, action, relation.action)) {
        follow(probe, resource, relation.action);
      }
    }
  }

  void relate_all(ActionId probe, ResourceId resource, Task task) {
    for (ActionId id = model_.actions.oldest(resource, model_.actions.key_task(task), 0); id.valid();
         id = model_.actions[id].next_same_key) {
      if (!model_.actions[id].pseudo()) model_.actions.relate(probe, id, kOrdered);
    }
  }

  bool leads_into_collective(const Resource& probed, const Action& action, ActionId then) const {
    if (!action.resource.valid()) return false;
    const Resource& collective = model_.resource(action.resource);
    if (collective.is_primitive() || collective.self == probed.parent) return false;
    const ResourceId child = model_.actions[then].resource;
    if (!child.valid()) return false;
    const Resource& below = model_.resource(child);
    if (below.parent != collective.self || below.variant > Variant::kGroup) return false;
    if (!collective.is_collective() || !is_interleave(model_, collective)) return true;
    return compatible_instance(model_, probed, collective, false) == child;
  }

  Model& model_;
  std::vector<std::uint32_t> seen_;  // epoch of the last visit, by action
  std::uint32_t epoch_ = 0;
};

// S5 G-14: what waits for a resource's stop waits for its probes too.
class StopOrderer {
 public:
  explicit StopOrderer(Model& model) : model_(model) {}

  void run() {
    for (std::size_t i = 0; i < model_.orderings.size(); ++i) handle(model_.orderings[i]);
  }

 private:
  bool is_stop(const OrderingSide& side) const {
    if (side.action.valid() && model_.actions[side.action].task == Task::kStop) return true;
    return side.key_task.valid() && side.interval == 0 && ends_in_stop(model_.actions.key_task_text(side.key_task));
  }
  static bool ends_in_stop(std::string_view task) { return task == "stop" || task.ends_with("_stop"); }

  static RelationFlags flags_for(RelationFlags flags) {
    if (flags == kIfRequiredOnSameNode || flags == kLoad) return flags;
    return kOrdered | (flags & (kIfFirstUnmigratable | kIfOnSameNode));
  }

  bool is_excepted(ActionId probe, const Action& then) const {
    const NodeId node = model_.actions[probe].node;
    if (then.task == Task::kFence) return then.node == node && then.meta.get("stonith_action") == "on";
    return then.task == Task::kShutdown && then.node.valid() && then.node != node;
  }

  void handle(const Ordering& ordering) {
    if (!ordering.first.resource.valid() || ordering.flags == kNone || !is_stop(ordering.first)) return;
    const ResourceId then_resource = ordering.then.resource;
    if (ordering.first.resource == then_resource) return;
    const Resource& first = model_.resource(ordering.first.resource);
    if (then_resource.valid() && then_resource == first.launcher && is_stop(ordering.then)) return;
    find_probes(model_, first, probes_);
    if (probes_.empty()) return;
    const RelationFlags flags = flags_for(ordering.flags);
    thens_.clear();
    if (ordering.then.action.valid()) {
      thens_.push_back(ordering.then.action);
    } else {
      for (ActionId id = model_.actions.oldest(then_resource, ordering.then.key_task, ordering.then.interval);
           id.valid(); id = model_.actions[id].next_same_key) {
        thens_.push_back(id);
      }
    }
    for (const ActionId probe : probes_) {
      for (const ActionId then : thens_) {
        if (!is_excepted(probe, model_.actions[then])) model_.actions.relate(probe, then, flags);
      }
    }
  }

  Model& model_;
  std::vector<ActionId> probes_;
  std::vector<ActionId> thens_;
};

}  // namespace

void order_probes(Model& model) {
  RestartOrderer(model).run();
  StopOrderer(model).run();
}

}  // namespace simcluster::scheduler
