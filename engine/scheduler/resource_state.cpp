#include "engine/scheduler/resource_state.h"

#include <algorithm>
#include <string>

#include "engine/scheduler/fencing.h"
#include "engine/scheduler/log.h"
#include "engine/scheduler/lookups.h"
#include "engine/scheduler/node_scores.h"
#include "engine/scheduler/recorder.h"

namespace simcluster::scheduler {

namespace {

void require_action(Model& model, ResourceId resource, Task task, NodeId node) {
  request_action(model, resource, task, node, false);
}

void fail_and_stop(Resource& resource) {
  resource.failed = true;
  resource.stop_if_failed = true;
}

// S2, first half: the node is known for the resource and its ancestors.
void mark_known(Model& model, const Resource& resource, NodeId node) {
  for (ResourceId id = resource.self; id.valid(); id = model.resource(id).parent) {
    Resource& at = model.resource(id);
    at.known_on.insert(node);
    if (at.unique) return;
  }
}

// S2, second half: active on a node that is gone.
void fence_offline_node(Model& model, Resource& resource, Node& node) {
  const std::string name(resource.id);
  if (is_guest(model, node)) {
    fail_and_stop(resource);
    request_fencing(model, node.self, name + " is thought to be active there");
    return;
  }
  if (!model.options.fencing_enabled) return;
  std::string reason = name + " is thought to be active there";
  if (node.is_remote_variant() && node.connection.valid() && !model.resource(node.connection).failed) {
    node.seen = false;
    reason = name + " is active there (fencing will be revoked if remote connection can be re-established elsewhere)";
  }
  request_fencing(model, node.self, reason);
}

void restart_container(Model& model, Resource& resource, NodeId node, bool was_active) {
  fail_and_stop(resource);
  if (resource.launcher.valid() && resource.in_bundle) {
    model.containers_to_stop.push_back(resource.launcher);
  } else if (resource.launcher.valid()) {
    require_action(model, resource.launcher, Task::kStop, node);
  } else if (was_active) {
    require_action(model, resource.self, Task::kStop, node);
  }
}

void reset_remote(Model& model, Resource& resource, NodeId node, bool was_active) {
  fail_and_stop(resource);
  if (model.options.fencing_enabled && resource.remote_connection) {
    const NodeId remote = find_node(model, resource.id);
    if (remote.valid() && is_remote(model, model.node(remote)) && !model.node(remote).remote_fenced) {
      request_fencing(model, remote, "remote connection is unrecoverable");
    }
  }
  if (was_active) require_action(model, resource.self, Task::kStop, node);
  if (resource.reconnect_interval_ms != 0) resource.next_role = Role::kStopped;
}

// S2.
void apply_policy(Model& model, Resource& resource, Node& node, OnFail policy, bool was_active) {
  switch (policy) {
    case OnFail::kIgnore:
      return;
    case OnFail::kDemote:
      resource.failed = true;
      require_action(model, resource.self, Task::kDemote, node.self);
      return;
    case OnFail::kFenceNode:
      request_fencing(model, node.self, std::string(resource.id) + " failed there");
      return;
    case OnFail::kStandbyNode:
      node.standby = true;
      node.fail_standby = true;
      return;
    case OnFail::kBlock:
      resource.managed = false;
      resource.blocked = true;
      return;
    case OnFail::kBan: {
      const Because because(model.recorder.get(), {ScoreReason::kOnFailBan});
      adjust_score(model, resource.self, node.self, -kInfinity);
      return;
    }
    case OnFail::kStop:
      resource.next_role = Role::kStopped;
      return;
    case OnFail::kRestart:
      if (!was_active) return;
      fail_and_stop(resource);
      require_action(model, resource.self, Task::kStop, node.self);
      return;
    case OnFail::kRestartContainer:
      restart_container(model, resource, node.self, was_active);
      return;
    case OnFail::kResetRemote:
      reset_remote(model, resource, node.self, was_active);
      return;
  }
}

// S2 for a resource that is not active here.
void settle_inactive(Model& model, Resource& resource, NodeId node) {
  if (resource.history_id.find(':') != std::string_view::npos) {
    set_history_id(model, resource.self, {});
    return;
  }
  std::vector<ActionId> stops;
  all_actions(model, resource.self, Task::kStop, node, stops);
  for (const ActionId id : stops) model.actions[id].flags |= action_flag::kOptional;
}

// S2 step 2.
void count_active_primitive(Model& model, Resource& resource, Node& node, bool failed) {
  node.running.push_back(resource.self);
  if (resource.priority != 0 && !failed) {
    const Score amount = resource.priority + (resource.original_role == Role::kPromoted ? 1 : 0);
    node.priority += amount;
    if (is_guest(model, node)) {
      for (const NodeId host : model.resource(model.resource(node.connection).launcher).active) {
        model.node(host).priority += amount;
      }
    }
  }
  if (node.maintenance) {
    resource.managed = false;
    resource.maintenance = true;
  }
}

void block(Resource& resource) {
  resource.managed = false;
  resource.blocked = true;
}

// S2 step 4.
void handle_multiply_active(Model& model, Resource& resource) {
  std::size_t count = resource.active.size();
  if (!resource.needs_fencing()) {
    count = static_cast<std::size_t>(std::count_if(resource.active.begin(), resource.active.end(), [&](NodeId id) {
      return model.node(id).online && !model.node(id).unclean;
    }));
  }
  if (count < 2) return;
  if (resource.multiple_active == MultipleActive::kStopOnly) {
    const Because because(model.recorder.get(), {ScoreReason::kMultiplyActive});
    forbid_everywhere(model, resource);
  } else if (resource.multiple_active == MultipleActive::kBlock) {
    block(resource);
    if (!resource.parent.valid()) return;
    Resource& parent = model.resource(resource.parent);
    if ((parent.is_group() || parent.is_bundle()) && parent.multiple_active == MultipleActive::kBlock) {
      for (const ResourceId child : parent.children) block(model.resource(child));
    }
  }
}

}  // namespace

void create_existing_recurring(Model& model, const Resource& resource, const Node& node,
                               const ResourceHistory& history) {
  if (!node.online) return;
  for (std::uint32_t i = 0; i < history.count; ++i) {
    const HistoryEntry& entry = model.history[history.first + i];
    const int at = static_cast<int>(i);
    if (history.start_index < history.stop_index && at <= history.stop_index) continue;
    if (at < history.start_index || entry.interval == 0) continue;
    if (at == history.start_index && model.legacy.last_start_hides_monitor) continue;
    if (entry.status == static_cast<int>(ExecStatus::kPending)) continue;
    request_action(model, resource.self, entry.operation, entry.interval, node.self, true);
  }
}

void process_resource_state(Model& model, Resource& resource, Node& node, OnFail saved_policy) {
  const bool was_active = resource.original_role > Role::kStopped;
  if (resource.original_role != Role::kUnknown) mark_known(model, resource, node.self);
  if (was_active && !node.online && !node.maintenance && resource.managed) {
    fence_offline_node(model, resource, node);
  }
  const OnFail policy = node.unclean ? OnFail::kIgnore : saved_policy;
  apply_policy(model, resource, node, policy, was_active);
  if (resource.remote_connection && resource.failed) {
    const NodeId remote = find_node(model, resource.id);
    if (remote.valid() && model.node(remote).unclean) model.node(remote).seen = true;
  }
  if (!was_active) {
    settle_inactive(model, resource, node.self);
    return;
  }
  if (resource.removed) {
    log(model, LogLevel::kWarning, "process_rsc_state", "Detected active orphan {} running on {}", resource.id,
        node.name);
  }
  add_active_node(model, resource, node.self, saved_policy != OnFail::kIgnore);
  if (policy == OnFail::kIgnore) return;
  resource.failed = true;
  if (policy != OnFail::kDemote && policy != OnFail::kBlock) resource.stop_if_failed = true;
}

void add_active_node(Model& model, Resource& resource, NodeId id, bool failed) {
  if (std::find(resource.active.begin(), resource.active.end(), id) != resource.active.end()) return;
  resource.active.push_back(id);
  if (resource.is_primitive()) count_active_primitive(model, resource, model.node(id), failed);
  if (!resource.managed) {
    log(model, LogLevel::kInfo, "native_add_running", "resource {} isn't managed", resource.id);
    const Because because(model.recorder.get(), {ScoreReason::kUnmanaged});
    adjust_score(model, resource.self, id, kInfinity);
    for (ResourceId parent = resource.parent; parent.valid(); parent = model.resource(parent).parent) {
      model.resource(parent).active.push_back(id);
    }
    return;
  }
  if (resource.is_primitive() && resource.active.size() > 1) handle_multiply_active(model, resource);
  if (resource.parent.valid()) add_active_node(model, model.resource(resource.parent), id, false);
}

void settle_roles(const Model& model, Resource& resource, Role before) {
  const Role requested = requested_role(model, resource);
  if (requested != Role::kUnknown && (resource.next_role == Role::kUnknown || requested < resource.next_role)) {
    resource.next_role = requested;
  }
  resource.original_role = std::max(resource.original_role, before);
}

}  // namespace simcluster::scheduler
