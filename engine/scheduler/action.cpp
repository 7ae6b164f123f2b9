// Finding, making and re-evaluating actions (S5 chapter B).
#include "engine/scheduler/action.h"

#include <string>

#include "engine/scheduler/fencing.h"
#include "engine/scheduler/log.h"
#include "engine/scheduler/model.h"
#include "engine/scheduler/ordering.h"

namespace simcluster::scheduler {

namespace {

// S5 B-3 step 1: the oldest action with the key that fits the node. Node-less actions get the node, all of them.
ActionId find_action(Model& model, ResourceId resource, Symbol key_task, std::uint32_t interval, NodeId node) {
  ActionId found;
  for (ActionId id = model.actions.oldest(resource, key_task, interval); id.valid();
       id = model.actions[id].next_same_key) {
    Action& action = model.actions[id];
    if (node.valid() && !action.node.valid()) action.node = node;
    if (found.valid() || (node.valid() && action.node != node)) continue;
    found = id;
    if (!node.valid()) break;
  }
  return found;
}

struct NewAction {
  ResourceId resource;
  Symbol key_task;
  std::string_view key_text;
  Task task = Task::kUnspecified;
  std::string_view task_text;
  std::uint32_t interval = 0;
  NodeId node;
  bool optional = true;
};

// Each action reads what its failure would lead to (S5 B-9); here that is worked out when it is needed, unless somebody
// wants to hear what is wrong with it.
void tell_failure_policy(Model& model, const Resource& resource, const Action& action) {
  if (model.options.fencing_enabled || !logs(model, LogLevel::kError)) return;
  const Pairs meta = operation_meta(model, resource, action.node, action.task_text, action.interval, action.operation);
  failure_policy(model, resource, action.task_text, action.interval, meta.get("on-fail").value_or(""));
}

// S5 B-6.
Action& create_action(Model& model, const NewAction& wanted) {
  Action& action = model.actions.add(wanted.resource, wanted.key_task, wanted.interval, wanted.task);
  action.task_text = wanted.task_text;
  action.key_text = wanted.key_text;
  action.node = wanted.node;
  action.meta_node = wanted.node;
  action.flags = action_flag::kRunnable;
  if (wanted.task == Task::kLrmDelete) action.flags |= action_flag::kOnDc;
  if (wanted.optional) action.flags |= action_flag::kOptional;
  if (wanted.resource.valid()) {
    Resource& resource = model.resource(wanted.resource);
    const bool notification = wanted.key_text.find("_notify_") != std::string_view::npos;
    action.operation = find_action_operation(model, resource, wanted.task_text, wanted.interval, notification);
    action.needs = action_needs(resource, wanted.task_text);
    resource.actions.push_back(action.self);
    tell_failure_policy(model, resource, action);
  }
  return action;
}

// S5 B-10.
void apply_optional_request(const Model& model, Action& action, bool optional) {
  if (action.resource.valid() && action.node.valid() && !action.pseudo() && !model.resource(action.resource).managed &&
      action.interval == 0) {
    action.flags |= action_flag::kOptional;
  } else if (!optional) {
    action.flags &= ~action_flag::kOptional;
  }
}

// The policy that counts for one resource, after the effects of `demote` (S5 B-11.5). kIgnore: may run.
NoQuorumPolicy effective_policy(const Model& model, Resource& resource) {
  if (model.options.quorate) return NoQuorumPolicy::kIgnore;
  if (model.options.no_quorum_policy != NoQuorumPolicy::kDemote) return model.options.no_quorum_policy;
  if (resource.original_role != Role::kPromoted && resource.original_role != Role::kUnpromoted) {
    return NoQuorumPolicy::kStop;
  }
  if (resource.next_role > Role::kUnpromoted) resource.next_role = Role::kUnpromoted;
  return NoQuorumPolicy::kIgnore;
}

void apply_quorum_policy(const Model& model, Resource& resource, Action& action) {
  switch (effective_policy(model, resource)) {
    case NoQuorumPolicy::kStop:
      action.flags &= ~action_flag::kRunnable;
      set_reason(action, "no quorum", true);
      return;
    case NoQuorumPolicy::kFreeze:
      if (is_fully_active(model, resource) && resource.next_role <= resource.original_role) return;
      action.flags &= ~action_flag::kRunnable;
      set_reason(action, "quorum freeze", true);
      return;
    case NoQuorumPolicy::kIgnore:
    case NoQuorumPolicy::kDemote:
    case NoQuorumPolicy::kFence:
      action.flags |= action_flag::kRunnable;
      return;
  }
}

// S5 B-11: the first match ends.
void recompute_runnable(Model& model, Action& action) {
  if (action.pseudo() || !action.resource.valid()) return;
  Resource& resource = model.resource(action.resource);
  if (!action.node.valid()) {
    action.flags &= ~action_flag::kRunnable;
    return;
  }
  const Node& node = model.node(action.node);
  const bool on_dc = action.has(action_flag::kOnDc);
  const bool guest = node.is_remote_variant() && is_guest(model, node);
  if (!on_dc && !node.online && (!guest || node.remote_reset)) {
    action.flags &= ~action_flag::kRunnable;
    if (!action.optional()) {
      log(model, LogLevel::kWarning, "update_resource_action_runnable", "{} on {} is unrunnable (node is offline)",
          action_key(model, action), node.name);
    }
    if (resource.managed && action.task == Task::kStop && !node.unclean) {
      request_fencing(model, action.node, "stop is unrunnable");
    }
  } else if (!on_dc && node.pending) {
    action.flags &= ~action_flag::kRunnable;
    log(model, LogLevel::kWarning, "update_resource_action_runnable", "Action {} on {} is unrunnable (node is pending)",
        action_key(model, action), node.name);
  } else if (action.needs == Needs::kNothing) {
    action.reason = {};
    if (guest && !can_fence(model, action.node)) {
      action.flags &= ~action_flag::kRunnable;
    } else {
      action.flags |= action_flag::kRunnable;
    }
  } else {
    apply_quorum_policy(model, resource, action);
  }
}

Action& request(Model& model, const NewAction& wanted) {
  const ActionId existing = find_action(model, wanted.resource, wanted.key_task, wanted.interval, wanted.node);
  Action& action = existing.valid() ? model.actions[existing] : create_action(model, wanted);
  apply_optional_request(model, action, wanted.optional);
  if (action.resource.valid()) {
    if (action.node.valid() && action.operation.valid()) action.flags |= action_flag::kAttributes;
    recompute_runnable(model, action);
  }
  return action;
}

}  // namespace

void append_action_key(const Model& model, const Action& action, std::string& out) {
  if (!action.resource.valid()) {
    out += action.name;
    return;
  }
  out += model.resource(action.resource).id;
  out += '_';
  out += action.key_text;
  out += '_';
  out += std::to_string(action.interval);
}

std::string_view action_key(Model& model, const Action& action) {
  if (!action.resource.valid()) return action.name;
  std::string key;
  append_action_key(model, action, key);
  return model.strings.text(model.strings.intern(key));
}

Action& request_action(Model& model, ResourceId resource, std::string_view task, std::uint32_t interval, NodeId node,
                       bool optional) {
  const Symbol key_task = model.actions.key_task(task);
  std::string_view text = model.actions.key_task_text(key_task);
  if (text != task) text = model.strings.text(model.strings.intern(task));
  return request(model, {resource, key_task, text, parse_task(task), text, interval, node, optional});
}

Action& request_action(Model& model, ResourceId resource, Task task, NodeId node, bool optional) {
  const std::string_view text = task_name(task);
  return request(model, {resource, model.actions.key_task(task), text, task, text, 0, node, optional});
}

Action& request_notification(Model& model, ResourceId resource, std::string_view type, std::string_view operation,
                             Task task, NodeId node, bool optional) {
  std::string key(type);
  key += "_notify_";
  key += operation;
  const Symbol key_task = model.actions.key_task(key);
  return request(model,
                 {resource, key_task, model.actions.key_task_text(key_task), task, task_name(task), 0, node, optional});
}

Action& request_cluster_action(Model& model, std::string_view name, Task task, NodeId node, bool optional) {
  const Symbol key = model.actions.key_task(name);
  // S5 B-4: looked up by name whatever the node.
  ActionId id = model.actions.oldest(ResourceId(), key, 0);
  if (!id.valid()) {
    const std::string_view text = model.strings.text(model.strings.intern(name));
    Action& created = create_action(
        model, {ResourceId(), key, text, task, task == Task::kUnspecified ? text : task_name(task), 0, node, optional});
    created.name = text;
    id = created.self;
  }
  Action& action = model.actions[id];
  if (!optional) action.flags &= ~action_flag::kOptional;
  return action;
}

Action& request_pseudo(Model& model, std::string_view name) {
  Action& action = request_cluster_action(model, name, Task::kUnspecified, NodeId(), true);
  action.flags |= action_flag::kPseudo | action_flag::kRunnable;
  return action;
}

Action& request_collective(Model& model, ResourceId resource, Task task, bool optional, bool runnable) {
  Action& action = request_action(model, resource, task, NodeId(), optional);
  action.flags |= action_flag::kPseudo;
  if (runnable) action.flags |= action_flag::kRunnable;
  return action;
}

Action& request_load_stopped(Model& model, NodeId node) {
  Action& action = request_pseudo(model, "load_stopped_" + std::string(model.node(node).name));
  if (!action.node.valid()) {
    action.node = node;
    action.flags &= ~action_flag::kOptional;
  }
  return action;
}

ActionId newest_action(const Model& model, const Resource& resource, Task task, NodeId node) {
  if (task == Task::kUnspecified) return {};
  ActionId id = model.actions.newest(resource.self, task);
  while (node.valid() && id.valid() && model.actions[id].node != node) id = model.actions[id].older_same_task;
  return id;
}

ActionId newest_action(const Model& model, const Resource& resource, std::string_view task_text, NodeId node) {
  if (const Task task = parse_task(task_text); task != Task::kUnspecified) {
    return newest_action(model, resource, task, node);
  }
  for (auto it = resource.actions.rbegin(); it != resource.actions.rend(); ++it) {
    const Action& action = model.actions[*it];
    if (action.task_text == task_text && (!node.valid() || action.node == node)) return *it;
  }
  return {};
}

namespace {

void collect_actions(Model& model, ResourceId resource, Symbol key_task, std::uint32_t interval, NodeId node,
                     std::vector<ActionId>& out) {
  out.clear();
  if (!key_task.valid()) return;
  for (ActionId id = model.actions.oldest(resource, key_task, interval); id.valid();
       id = model.actions[id].next_same_key) {
    Action& action = model.actions[id];
    if (node.valid() && !action.node.valid()) action.node = node;
    if (!node.valid() || action.node == node) out.push_back(id);
  }
}

}  // namespace

void all_actions(Model& model, ResourceId resource, std::string_view task, std::uint32_t interval, NodeId node,
                 std::vector<ActionId>& out) {
  collect_actions(model, resource, model.actions.find_key_task(task), interval, node, out);
}

void all_actions(Model& model, ResourceId resource, Task task, NodeId node, std::vector<ActionId>& out) {
  collect_actions(model, resource, model.actions.key_task(task), 0, node, out);
}

void all_exact_actions(const Model& model, ResourceId resource, std::string_view task, std::uint32_t interval,
                       NodeId node, std::vector<ActionId>& out) {
  out.clear();
  const Symbol key_task = model.actions.find_key_task(task);
  if (!node.valid() || !key_task.valid()) return;
  for (ActionId id = model.actions.oldest(resource, key_task, interval); id.valid();
       id = model.actions[id].next_same_key) {
    if (model.actions[id].node == node) out.push_back(id);
  }
}

Pairs& action_meta(Model& model, Action& action) {
  if (action.meta_complete) return action.meta;
  action.meta_complete = true;
  if (!action.resource.valid()) return action.meta;
  const std::string_view task = action.cancel_task_text.empty() ? action.task_text : action.cancel_task_text;
  Pairs complete =
      operation_meta(model, model.resource(action.resource), action.meta_node, task, action.interval, action.operation);
  for (const auto& [name, value] : action.meta) complete.set(name, value);
  action.meta = std::move(complete);
  return action.meta;
}

void set_reason(Action& action, std::string_view reason, bool overwrite) {
  if (overwrite || action.reason.empty()) action.reason = reason;
}

Action& request_cancel(Model& model, ResourceId resource, std::string_view task, std::uint32_t interval, NodeId node) {
  Action& action = request_action(model, resource, task, interval, node, false);
  if (action.task != Task::kCancel) {
    action.cancel_task_text = action.task_text;
    action.cancel_task = action.task;
    action.task_text = task_name(Task::kCancel);
    model.actions.change_task(action.self, Task::kCancel);
  }
  action.meta.set("operation", model.strings.text(model.strings.intern(task)));
  action.meta.set("interval", model.strings.text(model.strings.intern(std::to_string(interval))));
  return action;
}

Action& schedule_cancel(Model& model, ResourceId resource, std::string_view task, std::uint32_t interval, NodeId node,
                        int call_id) {
  Action& action = request_cancel(model, resource, task, interval, node);
  action.meta.set("call-id", model.strings.text(model.strings.intern(std::to_string(call_id))));
  order(model, side(model, resource, Task::kStop), side(model, action.self), relation::kOrdered);
  return action;
}

}  // namespace simcluster::scheduler
