// The actions of clones and bundles (S4 chapter 7) and what their flags follow from (S4 9.1, 9.4).
#include <algorithm>
#include <string_view>

#include "engine/scheduler/collective.h"
#include "engine/scheduler/model.h"
#include "engine/scheduler/propagation.h"
#include "engine/scheduler/resource_actions.h"

namespace simcluster::scheduler {

namespace {

// S4 CR-7.4.
struct StateSummary {
  bool active = false;
  bool starting = false;
  bool stopping = false;
  bool restarting = false;

  bool complete() const { return active && starting && stopping && restarting; }
};

void summarize(const Model& model, const Resource& resource, StateSummary& summary) {
  if (summary.complete()) return;
  for (const ResourceId child : resource.children) summarize(model, model.resource(child), summary);
  if (!resource.children.empty()) return;
  if (resource.is_active()) summary.active = true;
  bool starting = false;
  bool stopping = false;
  for (auto it = resource.actions.rbegin(); it != resource.actions.rend() && !(starting && stopping); ++it) {
    const Action& action = model.actions[*it];
    if (action.optional()) continue;
    if (action.task == Task::kStart && action.runnable()) starting = true;
    if (action.task == Task::kStop && (action.pseudo() || action.runnable())) stopping = true;
  }
  summary.starting = summary.starting || starting;
  summary.stopping = summary.stopping || stopping;
  summary.restarting = summary.restarting || (starting && stopping);
}

// S4 CR-7.3: instances first, then the collective's own four.
void create_basic_actions(Model& model, Resource& collective, const std::vector<ResourceId>& instances) {
  StateSummary summary;
  for (const ResourceId id : instances) {
    create_actions(model, model.resource(id));
    summarize(model, model.resource(id), summary);
  }
  const ResourceId self = collective.self;
  request_collective(model, self, Task::kStart, !summary.starting, true);
  request_collective(model, self, Task::kStarted, !summary.starting, summary.active || summary.starting).priority =
      kInfinity;
  Action& stop = request_collective(model, self, Task::kStop, !summary.stopping, true);
  if (!summary.restarting) stop.flags |= action_flag::kMigratable;
  request_collective(model, self, Task::kStopped, !summary.stopping, true).priority = kInfinity;
}

// Whether a leaf has a required promote or demote (S4 CR-7.7).
void look_for_role_changes(const Model& model, const Resource& resource, bool& promoting, bool& demoting) {
  for (const ResourceId child : resource.children) {
    look_for_role_changes(model, model.resource(child), promoting, demoting);
  }
  if (!resource.children.empty()) return;
  for (const ActionId id : resource.actions) {
    const Action& action = model.actions[id];
    if (action.optional()) continue;
    promoting = promoting || action.task == Task::kPromote;
    demoting = demoting || action.task == Task::kDemote;
  }
}

// S4 CR-7.7.
void create_promotion_actions(Model& model, Resource& clone) {
  bool promoting = false;
  bool demoting = false;
  for (const ResourceId id : clone.children) {
    create_actions(model, model.resource(id));
    look_for_role_changes(model, model.resource(id), promoting, demoting);
  }
  request_collective(model, clone.self, Task::kPromote, !promoting, true);
  request_collective(model, clone.self, Task::kPromoted, !promoting, true).priority = kInfinity;
  if (clone.notify) create_notifications(model, clone, Task::kPromote);
  request_collective(model, clone.self, Task::kDemote, !demoting, true);
  request_collective(model, clone.self, Task::kDemoted, !demoting, true).priority = kInfinity;
  if (clone.notify) {
    create_notifications(model, clone, Task::kDemote);
    order_demote_notifications(model, clone);
  }
  for (const ResourceId id : clone.children) model.resource(id).priority = clone.priority;
}

void create_clone_actions(Model& model, Resource& clone) {
  const std::vector<ResourceId> instances = clone.children;
  create_basic_actions(model, clone, instances);
  if (clone.notify) {
    create_notifications(model, clone, Task::kStart);
    create_notifications(model, clone, Task::kStop);
    order_stop_notifications(model, clone);
  }
  if (clone.promotable) create_promotion_actions(model, clone);
}

// S4 CR-7.9.
void create_bundle_actions(Model& model, Resource& bundle) {
  const BundleData& data = *bundle.bundle;
  for (const BundleReplica& replica : data.replicas) {
    for (const ResourceId part : {replica.ip_resource, replica.container, replica.connection}) {
      if (part.valid()) create_actions(model, model.resource(part));
    }
  }
  create_basic_actions(model, bundle, instances_of(model, bundle));
  if (!data.clone.valid()) return;
  create_actions(model, model.resource(data.clone));
  if (!model.resource(data.clone).promotable) return;
  request_collective(model, bundle.self, Task::kPromote, true, true);
  request_collective(model, bundle.self, Task::kPromoted, true, true).priority = kInfinity;
  request_collective(model, bundle.self, Task::kDemote, true, true);
  request_collective(model, bundle.self, Task::kDemoted, true, true).priority = kInfinity;
}

// The task that an action of a collective stands for (S4 CR-9.4 step 1).
Task task_behind(const Model& model, const Resource& collective, const Action& action) {
  Task task = action.task;
  if (task == Task::kNotify || task == Task::kNotified) {
    constexpr std::string_view kMark = "_notify_";
    const std::size_t at = action.key_text.find(kMark);
    if (at != std::string_view::npos) task = parse_task(action.key_text.substr(at + kMark.size()));
  }
  if (collective.children.empty() || !model.resource(collective.children.front()).is_primitive()) return task;
  return plain_task(task);
}

bool concerns_bundled_clone(Task task) {
  switch (task) {
    case Task::kPromote:
    case Task::kPromoted:
    case Task::kDemote:
    case Task::kDemoted:
    case Task::kNotify:
    case Task::kNotified:
    case Task::kUnspecified:
      return true;
    default:
      return false;
  }
}

std::vector<ResourceId> instances_for_flags(const Model& model, const Resource& collective, Task task) {
  if (!collective.is_bundle() || !collective.bundle->clone.valid() || !concerns_bundled_clone(task)) {
    return instances_of(model, collective);
  }
  return model.resource(collective.bundle->clone).children;
}

}  // namespace

void create_collective_actions(Model& model, Resource& collective) {
  if (collective.is_clone()) {
    create_clone_actions(model, collective);
  } else {
    create_bundle_actions(model, collective);
  }
}

ActionFlags collective_action_flags(Propagator& propagator, Model& model, Action& action, NodeId node) {
  const Resource& collective = model.resource(action.resource);
  const ActionId self = action.self;
  const Task task = task_behind(model, collective, action);
  ActionFlags result = action_flag::kOptional | action_flag::kRunnable | action_flag::kPseudo;
  bool any_runnable = false;
  std::vector<ResourceId> parts;
  if (collective.is_bundle()) parts = instances_for_flags(model, collective, action.task);
  for (const ResourceId id : collective.is_bundle() ? parts : collective.children) {
    const Resource& instance = model.resource(id);
    const ActionId instance_action = newest_action(model, instance, task, instance.is_primitive() ? node : NodeId());
    if (!instance_action.valid()) continue;
    const ActionFlags flags = propagator.flags_by_variant(instance_action, node);
    if ((flags & action_flag::kOptional) == 0) {
      result &= ~action_flag::kOptional;
      model.actions[self].flags &= ~action_flag::kOptional;
    }
    any_runnable = any_runnable || (flags & action_flag::kRunnable) != 0;
  }
  if (!any_runnable) {
    result &= ~action_flag::kRunnable;
    if (!node.valid()) model.actions[self].flags &= ~action_flag::kRunnable;
  }
  return result;
}

bool is_interleaved(const Model& model, const Action& first, const Action& then) {
  if (!first.resource.valid() || !then.resource.valid() || first.resource == then.resource) return false;
  const Resource& a = model.resource(first.resource);
  const Resource& b = model.resource(then.resource);
  if (!a.is_collective() || !b.is_collective()) return false;
  const bool down = then.interval == 0 && (then.key_text == "stop" || then.key_text == "demote" ||
                                           then.key_text.ends_with("_stop") || then.key_text.ends_with("_demote"));
  return is_interleave(model, down ? a : b);
}

ActionId interleaved_action(const Model& model, ActionId first_id, ResourceId instance, NodeId node) {
  const Action& first = model.actions[first_id];
  const Task task = task_behind(model, model.resource(first.resource), first);
  if (first.task != Task::kStop && first.task != Task::kStopped) {
    const ResourceId child = replica_child(model, model.resource(instance));
    if (child.valid()) return newest_action(model, model.resource(child), task, NodeId());
  }
  return newest_action(model, model.resource(instance), task, node);
}

ActionId interleaved_then_action(const Model& model, Task task, ResourceId instance, NodeId node) {
  const Task plain = plain_task(task);
  if (plain == Task::kPromote || plain == Task::kDemote) {
    const ResourceId child = replica_child(model, model.resource(instance));
    if (child.valid()) return newest_action(model, model.resource(child), task, NodeId());
  }
  return newest_action(model, model.resource(instance), task, node);
}

}  // namespace simcluster::scheduler
