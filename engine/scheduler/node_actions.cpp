// Fencing and shutdown of nodes (S5 E-6 to E-13).
#include <algorithm>
#include <string>
#include <vector>

#include "engine/scheduler/collective.h"
#include "engine/scheduler/fencing.h"
#include "engine/scheduler/log.h"
#include "engine/scheduler/model.h"
#include "engine/scheduler/ordering.h"
#include "engine/scheduler/stages.h"

namespace simcluster::scheduler {

namespace {

using namespace relation;

bool any_managed(const Model& model, const std::vector<ResourceId>& list) {
  return std::any_of(list.begin(), list.end(), [&](ResourceId id) {
    const Resource& resource = model.resource(id);
    return resource.managed || any_managed(model, resource.children);
  });
}

// Orders the resources' actions after the fencing of one node (S5 E-10).
class FencingOrderer {
 public:
  FencingOrderer(Model& model, ActionId fencing, NodeId node, bool starts_wait = true)
      : model_(model), fencing_(fencing), node_(node), starts_wait_(starts_wait) {}

  void run() {
    for (const ResourceId id : model_.top_level) visit(model_.resource(id));
  }

 private:
  void visit(Resource& resource) {
    if (!resource.is_primitive()) {
      const std::vector<ResourceId> children = resource.children;
      for (const ResourceId child : children) visit(model_.resource(child));
      return;
    }
    if (!resource.managed) return;
    if (starts_wait_) order_starts(resource);
    handle_stops(resource);
  }

  bool is_unknown_there(const Resource& resource) const {
    if (resource.known_on.contains(node_)) return false;
    if (!resource.unique && resource.parent.valid() && model_.resource(resource.parent).known_on.contains(node_)) {
      return false;
    }
    return true;
  }

  // E-10a.
  void order_starts(const Resource& resource) {
    for (auto it = resource.actions.rbegin(); it != resource.actions.rend(); ++it) {
      const Action& action = model_.actions[*it];
      if (action.needs == Needs::kFencing) {
        model_.actions.relate(fencing_, *it, kOrdered);
      } else if (action.needs == Needs::kQuorum && action.task == Task::kStart && resource.allowed.contains(node_) &&
                 is_unknown_there(resource)) {
        model_.actions.relate(fencing_, *it, kOrdered | kUnrunnableFirstBlocks);
      }
    }
  }

  // E-10b.
  void handle_stops(Resource& resource) {
    std::vector<ActionId> found;
    all_actions(model_, resource.self, Task::kStop, node_, found);
    const bool implicit = resource.needs_fencing() || is_guest(model_, model_.node(node_));
    const ActionId parent_stop =
        !found.empty() && implicit ? newest_action(model_, model_.resource(resource.top), Task::kStop) : ActionId();
    for (const ActionId id : found) {
      if (resource.failed) {
        log(model_, LogLevel::kNotice, "order_stop_vs_fencing",
            "Stop of failed resource {} is implicit after {} is fenced", resource.id, model_.node(node_).name);
      } else {
        log(model_, LogLevel::kInfo, "order_stop_vs_fencing", "{}_stop_0 is implicit {} {} is fenced", resource.id,
            implicit ? "after" : "because", model_.node(node_).name);
      }
      model_.actions[id].flags |= action_flag::kPseudo | action_flag::kRunnable;
      if (implicit) {
        if (!resource.in_bundle) model_.actions.relate(fencing_, id, kGuestAllowed);
        model_.actions.relate(fencing_, parent_stop, kGuestAllowed);
      }
      if (resource.notify) notify_fencing_stop(model_, resource, fencing_, id);
    }
    handle_demotes(resource, implicit);
  }

  void handle_demotes(Resource& resource, bool implicit) {
    std::vector<ActionId> found;
    all_actions(model_, resource.self, Task::kDemote, node_, found);
    for (const ActionId id : found) {
      Action& action = model_.actions[id];
      const Node& node = model_.node(action.node);
      if (node.online && !node.unclean && !resource.failed) continue;
      action.flags |= action_flag::kPseudo | action_flag::kRunnable;
      if (resource.in_bundle || !implicit) continue;
      model_.actions.relate(fencing_, id, kGuestAllowed | kOrdered);
    }
  }

  Model& model_;
  ActionId fencing_;
  NodeId node_;
  bool starts_wait_;
};

// S5 E-12: a guest is fenced by what happens to its launcher.
void fence_guest(Model& model, NodeId id) {
  const Resource& connection = model.resource(model.node(id).connection);
  const Resource& launcher = model.resource(connection.launcher);
  const bool restarts = newest_action(model, launcher, Task::kStart).valid();
  const ActionId fencing = fence_action(model, id, restarts ? "reboot" : "off", false, "guest is unclean", false);
  model.actions[fencing].flags |= action_flag::kPseudo | action_flag::kRunnable;
  const RelationFlags flags = kUnrunnableFirstBlocks | kFirstImpliesThen;
  const ActionId stop = newest_action(model, launcher, Task::kStop);
  if (!stop.valid()) {
    model.actions.relate(newest_action(model, connection, Task::kStop), fencing, kOrdered);
  } else if (model.actions[stop].pseudo()) {
    const ActionId host = fence_action(model, model.actions[stop].node, {}, false, {}, false);
    model.actions.relate(host, fencing, flags);
  } else {
    log(model, LogLevel::kInfo, "pcmk__fence_guest",
        "Implying guest {} is down (action {}) after container {} is stopped (action {})", model.node(id).name,
        fencing.value + 1, launcher.id, stop.value + 1);
    model.actions.relate(stop, fencing, flags);
  }
  FencingOrderer(model, fencing, id).run();
}

// S5 E-13.
ActionId request_shutdown(Model& model, NodeId id) {
  Node& node = model.node(id);
  Action& shutdown = request_cluster_action(model, "do_shutdown-" + std::string(node.name), Task::kShutdown, id, false);
  shutdown.meta.set("op_no_wait", "true");
  for (auto i = static_cast<std::uint32_t>(model.actions.size()); i-- > 0;) {
    Action& stop = model.actions[ActionId(i)];
    if (stop.task != Task::kStop || stop.node != id || !stop.resource.valid()) continue;
    const Resource& resource = model.resource(stop.resource);
    if (resource.maintenance || node.maintenance || (!resource.managed && !resource.blocked)) continue;
    stop.flags &= ~action_flag::kOptional;
    order(model, side(model, stop.self), side(model, shutdown.self), kOrdered | kUnrunnableFirstBlocks);
  }
  return shutdown.self;
}

// S5 E-6.
class NodePlanner {
 public:
  explicit NodePlanner(Model& model) : model_(model), have_managed_(any_managed(model, model.top_level)) {}

  void run() {
    if (!have_managed_) {
      log(model_, LogLevel::kNotice, kFunction, "No fencing will be done until there are resources to manage");
    }
    const std::vector<NodeId> nodes = model_.node_order;
    for (const NodeId id : nodes) plan(id);
    order_after_others();
    if (integrity_lost_) tell_lost_integrity();
  }

 private:
  static constexpr std::string_view kFunction = "schedule_fencing_and_shutdowns";

  void tell_lost_integrity() const {
    if (!model_.options.fencing_enabled) {
      log(model_, LogLevel::kWarning, kFunction,
          "Resource functionality and data integrity cannot be guaranteed (configure, enable, and test fencing to "
          "correct this)");
    } else if (!model_.options.quorate) {
      log(model_, LogLevel::kNotice, kFunction,
          "Unclean nodes will not be fenced until quorum is attained or no-quorum-policy is set to ignore");
    }
  }

  void plan(NodeId id) {
    const Node& node = model_.node(id);
    if (is_guest(model_, node)) {
      if (node.remote_reset && have_managed_ && can_fence(model_, id)) fence_guest(model_, id);
    } else if (have_managed_ && node.unclean && can_fence(model_, id)) {
      fence(id);
    } else if (!node.is_remote_variant() && node.online && node.shutdown) {
      const ActionId shutdown = request_shutdown(model_, id);
      if (id == model_.dc) {
        dc_down_ = shutdown;
      } else {
        shutdowns_.push_back(shutdown);
      }
    }
    if (node.unclean && !is_guest(model_, node) && !(have_managed_ && can_fence(model_, id))) {
      integrity_lost_ = true;
      log(model_, LogLevel::kWarning, kFunction, "Node {} is unclean but cannot be fenced", node.name);
    }
  }

  // CM-14.10: then the DC's own fencing was not waited for.
  bool others_are_fenced() const {
    return std::any_of(model_.node_order.begin(), model_.node_order.end(), [this](NodeId other) {
      return other != model_.dc && model_.node(other).unclean && can_fence(model_, other);
    });
  }

  void fence(NodeId id) {
    log(model_, LogLevel::kWarning, "schedule_fencing", "Scheduling node {} for fencing", model_.node(id).name);
    const ActionId fencing = fence_action(model_, id, {}, false, "node is unclean", false);
    const bool forgotten = model_.legacy.stonith_complete_early && id == model_.dc && others_are_fenced();
    FencingOrderer(model_, fencing, id, !forgotten).run();
    if (id == model_.dc) {
      dc_down_ = fencing;
      return;
    }
    if (!model_.options.concurrent_fencing && !fencings_.empty()) {
      model_.actions.relate(fencings_.back(), fencing, kOrdered);
    }
    fencings_.push_back(fencing);
  }

  // The DC goes last.
  void order_after_others() {
    if (!dc_down_.valid()) return;
    if (model_.actions[dc_down_].task == Task::kShutdown) relate_newest_first(shutdowns_);
    if (model_.options.concurrent_fencing) {
      relate_newest_first(fencings_);
    } else if (!fencings_.empty()) {
      model_.actions.relate(fencings_.back(), dc_down_, kOrdered);
    }
  }
  void relate_newest_first(const std::vector<ActionId>& list) {
    for (auto it = list.rbegin(); it != list.rend(); ++it) model_.actions.relate(*it, dc_down_, kOrdered);
  }

  Model& model_;
  bool have_managed_;
  bool integrity_lost_ = false;
  ActionId dc_down_;
  std::vector<ActionId> fencings_;
  std::vector<ActionId> shutdowns_;
};

}  // namespace

void schedule_fencing_and_shutdown(Model& model) { NodePlanner(model).run(); }

}  // namespace simcluster::scheduler
