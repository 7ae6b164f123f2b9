// Actions on remote and guest nodes wait for the connection to their node (S5 E.5).
#include "engine/scheduler/fencing.h"
#include "engine/scheduler/model.h"
#include "engine/scheduler/ordering.h"
#include "engine/scheduler/probes.h"
#include "engine/scheduler/stages.h"

namespace simcluster::scheduler {

namespace {

using namespace relation;

bool is_moving_away(Task task) { return task == Task::kStop || task == Task::kMigrateTo || task == Task::kMigrateFrom; }

class RemoteOrderer {
 public:
  RemoteOrderer(Model& model, ActionId action) : model_(model), id_(action), action_(model.actions[action]) {}

  void run() {
    Resource& resource = model_.resource(action_.resource);
    if (resource.remote_connection && action_.task == Task::kClearFailcount) {
      order(model_, side(model_, id_), side(model_, resource.self, Task::kStart), kOrdered);
      return;
    }
    if (!action_.node.valid() || action_.pseudo()) return;
    const Node& node = model_.node(action_.node);
    if (!node.is_remote_variant() || !node.connection.valid()) return;
    connection_ = node.connection;
    if (action_.task == Task::kStart) order_stops_elsewhere(resource);
    if (model_.resource(connection_).launcher.valid()) {
      order_on_guest();
    } else {
      order_on_remote();
    }
  }

 private:
  void order_stops_elsewhere(const Resource& resource) {
    const std::vector<ActionId> actions = resource.actions;
    for (auto it = actions.rbegin(); it != actions.rend(); ++it) {
      const Action& stop = model_.actions[*it];
      if (stop.task != Task::kStop || !stop.node.valid() || stop.node == action_.node) continue;
      order(model_, side(model_, connection_, Task::kStart), side(model_, *it), kOrdered);
    }
  }
  void start_then_action(RelationFlags extra) {
    order(model_, side(model_, connection_, Task::kStart), side(model_, id_),
          kGuestAllowed | kUnrunnableFirstBlocks | extra);
  }
  void action_then_stop(RelationFlags extra) {
    order(model_, side(model_, id_), side(model_, connection_, Task::kStop), kGuestAllowed | extra);
  }

  // S5 E-22.
  void order_on_remote() {
    const RemoteState state = remote_node_state(model_, action_.node);
    if (action_.task == Task::kStart || action_.task == Task::kPromote) {
      start_then_action(state == RemoteState::kFailed ? kFirstImpliesThen : kNone);
    } else if (is_moving_away(action_.task)) {
      order_stop_on_remote(state);
    } else if (action_.task == Task::kDemote) {
      if (state == RemoteState::kResting || state == RemoteState::kUnknown) start_then_action(kNone);
    } else if (action_.interval > 0) {
      start_then_action(kFirstImpliesThen);
    } else {
      order_other_on_remote(state);
    }
  }
  void order_stop_on_remote(RemoteState state) {
    if (state == RemoteState::kAlive) {
      action_then_stop(kThenImpliesFirst);
    } else if (state == RemoteState::kFailed) {
      request_fencing(model_, action_.node, "resources are active but connection is unrecoverable");
    } else if (model_.resource(connection_).next_role == Role::kStopped) {
      action_then_stop(kThenImpliesFirst);
    } else {
      start_then_action(kNone);
    }
  }
  void order_other_on_remote(RemoteState state) {
    if (action_.task == Task::kMonitor && state == RemoteState::kFailed) {
      request_fencing(model_, action_.node, "resources are in unknown state and connection is unrecoverable");
    }
    if (current_node(model_, model_.resource(connection_)).valid() && state == RemoteState::kStopped) {
      action_then_stop(kUnrunnableFirstBlocks);
    } else {
      start_then_action(kNone);
    }
  }

  // S5 E-23.
  void order_on_guest() {
    const Resource& launcher = model_.resource(model_.resource(connection_).launcher);
    if (launcher.failed) request_fencing(model_, action_.node, "container failed");
    if (action_.task == Task::kStart || action_.task == Task::kPromote) {
      order(model_, side(model_, launcher.self, Task::kStart), side(model_, id_),
            kGuestAllowed | kUnrunnableFirstBlocks | kFirstImpliesThen);
      start_then_action(kNone);
    } else if (is_moving_away(action_.task) || action_.task == Task::kDemote) {
      if (!launcher.failed) action_then_stop(kNone);
    } else if (action_.interval == 0) {
      start_then_action(kNone);
    } else if (action_.task != Task::kUnspecified && action_.task != Task::kCancel) {
      start_then_action(kFirstImpliesThen);
    }
  }

  Model& model_;
  ActionId id_;
  const Action& action_;
  ResourceId connection_;
};

}  // namespace

void order_remote_connections(Model& model) {
  if (!model.have_remote_nodes) return;
  for (auto i = static_cast<std::uint32_t>(model.actions.size()); i-- > 0;) {
    if (model.actions[ActionId(i)].resource.valid()) RemoteOrderer(model, ActionId(i)).run();
  }
}

}  // namespace simcluster::scheduler
