// Telling the instances of a clone what happens to the others (S4 chapter 12).
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "engine/scheduler/collective.h"
#include "engine/scheduler/model.h"
#include "engine/scheduler/text.h"

namespace simcluster::scheduler {

namespace {

using namespace relation;

NotificationActions& notifications_of(Resource& clone, Task task) {
  switch (task) {
    case Task::kStop:
      return clone.clone->stop_notifications;
    case Task::kPromote:
      return clone.clone->promote_notifications;
    case Task::kDemote:
      return clone.clone->demote_notifications;
    default:
      return clone.clone->start_notifications;
  }
}

void set_notification_meta(Action& action, std::string_view key_type, std::string_view key_operation,
                           std::string_view type, std::string_view operation) {
  action.meta.set("notify_key_type", key_type);
  action.meta.set("notify_key_operation", key_operation);
  action.meta.set("notify_type", type);
  action.meta.set("notify_operation", operation);
}

// One pseudo-action of S4 CR-12.2.
ActionId add_pseudo(Model& model, ResourceId resource, std::string_view key_type, std::string_view key_operation,
                    std::string_view operation, Task task, bool optional, bool runnable) {
  Action& action = request_notification(model, resource, key_type, key_operation, task, NodeId(), optional);
  action.flags |= action_flag::kPseudo;
  if (runnable) {
    action.flags |= action_flag::kRunnable;
  } else {
    action.flags &= ~action_flag::kRunnable;
  }
  const bool post = key_type.ends_with("post");
  set_notification_meta(action, key_type, key_operation, post ? "post" : "pre", operation);
  if (post) action.priority = kInfinity;
  return action.self;
}

// The pair around a completion (S4 CR-12.2, CR-12.5).
void add_post_pair(Model& model, ResourceId resource, std::string_view operation, ActionId completion,
                   NotificationActions& set) {
  const std::string_view done = model.actions[completion].task_text;
  const bool optional = model.actions[completion].optional();
  const bool runnable = model.actions[completion].runnable();
  set.post = add_pseudo(model, resource, "post", done, operation, Task::kNotify, optional, runnable);
  set.post_done = add_pseudo(model, resource, "confirmed-post", done, operation, Task::kNotified, optional, runnable);
}

void order_if_both(Model& model, ActionId first, ActionId then) {
  if (first.valid() && then.valid()) model.actions.relate(first, then, kOrdered);
}

// --- values (S4 CR-12.11, CR-12.12) ---

using Entry = std::pair<ResourceId, NodeId>;

struct Collected {
  std::vector<Entry> inactive, active, unpromoted, promoted;
  std::vector<Entry> start, stop, promote, demote;
};

void collect_by_role(const Resource& leaf, Collected& out) {
  const Entry entry{leaf.self, leaf.active.empty() ? NodeId() : leaf.active.front()};
  switch (leaf.original_role) {
    case Role::kStopped:
      out.inactive.push_back(entry);
      return;
    case Role::kStarted:
      out.active.push_back(entry);
      return;
    case Role::kUnpromoted:
      out.unpromoted.push_back(entry);
      out.active.push_back(entry);
      return;
    case Role::kPromoted:
      out.promoted.push_back(entry);
      out.active.push_back(entry);
      return;
    case Role::kUnknown:
      return;
  }
}

std::vector<Entry>* list_for(Task task, Collected& out) {
  switch (task) {
    case Task::kStart:
      return &out.start;
    case Task::kStop:
      return &out.stop;
    case Task::kPromote:
      return &out.promote;
    case Task::kDemote:
      return &out.demote;
    default:
      return nullptr;
  }
}

void collect(const Model& model, const Resource& resource, Collected& out) {
  for (const ResourceId child : resource.children) collect(model, model.resource(child), out);
  if (!resource.children.empty()) return;
  collect_by_role(resource, out);
  for (auto it = resource.actions.rbegin(); it != resource.actions.rend(); ++it) {
    const Action& action = model.actions[*it];
    if (action.optional() || !action.node.valid()) continue;
    if (!action.runnable() && !(action.task == Task::kStop && model.node(action.node).unclean)) continue;
    if (std::vector<Entry>* list = list_for(action.task, out)) list->emplace_back(resource.self, action.node);
  }
}

using Values = std::vector<std::pair<std::string_view, std::string_view>>;

// Builds the values that all notify actions of one set get.
class ValueBuilder {
 public:
  explicit ValueBuilder(Model& model) : model_(model) {}

  void add_list(std::string_view name, std::vector<Entry>& entries, std::string_view alias = {}) {
    sort(entries);
    std::string resources;
    std::string nodes;
    ResourceId last;
    for (const auto& [resource, node] : entries) {
      if (resource == last) continue;
      last = resource;
      append(resources, model_.resource(resource).id);
      if (node.valid()) append(nodes, model_.node(node).name);
    }
    set(name, "_resource", resources);
    set(name, "_uname", nodes);
    if (alias.empty()) return;
    set(alias, "_resource", resources);
    set(alias, "_uname", nodes);
  }

  void add_resources(std::string_view name, std::vector<Entry>& entries) {
    sort(entries);
    std::string resources;
    ResourceId last;
    for (const auto& [resource, node] : entries) {
      if (resource == last) continue;
      last = resource;
      append(resources, model_.resource(resource).id);
    }
    set(name, "_resource", resources);
  }

  // Names of nodes in list order: those that `accept` takes, by the name that `name_of` gives.
  template <class Accept, class NameOf>
  void add_nodes(std::string_view name, Accept accept, NameOf name_of) {
    std::string nodes;
    for (const NodeId node : model_.node_order) {
      if (accept(node)) append(nodes, name_of(node));
    }
    set(name, "", nodes);
  }

  Values take() { return std::move(values_); }

 private:
  static void append(std::string& list, std::string_view word) {
    if (!list.empty()) list += ' ';
    list += word;
  }
  void sort(std::vector<Entry>& entries) const {
    std::stable_sort(entries.begin(), entries.end(), [&](const Entry& a, const Entry& b) {
      const int order = model_.resource(a.first).id.compare(model_.resource(b.first).id);
      if (order != 0) return order < 0;
      const std::string_view x = a.second.valid() ? model_.node(a.second).id : std::string_view();
      const std::string_view y = b.second.valid() ? model_.node(b.second).id : std::string_view();
      return x < y;
    });
  }
  void set(std::string_view name, std::string_view suffix, const std::string& text) {
    std::string key = "notify_" + std::string(name) + std::string(suffix);
    StringPool& pool = model_.strings;
    values_.emplace_back(pool.text(pool.intern(key)), text.empty() ? " " : pool.text(pool.intern(text)));
  }

  Model& model_;
  Values values_;
};

Values clone_values(Model& model, const Resource& clone, Collected& lists) {
  ValueBuilder values(model);
  values.add_list("stop", lists.stop);
  values.add_list("start", lists.start);
  values.add_list("demote", lists.demote);
  values.add_list("promote", lists.promote);
  values.add_list("active", lists.active);
  values.add_list("unpromoted", lists.unpromoted, "slave");
  values.add_list("promoted", lists.promoted, "master");
  values.add_resources("inactive", lists.inactive);
  const auto plain_name = [&](NodeId node) { return model.node(node).name; };
  const auto all = [](NodeId) { return true; };
  values.add_nodes(
      "available_uname", [&](NodeId node) { return clone.allowed.contains(node); }, plain_name);
  if (clone.meta.get("container-attribute-target") == "host") {
    values.add_nodes("all_hosts", all, [&](NodeId id) {
      const Node& node = model.node(id);
      if (!is_guest(model, node)) return node.name;
      const Resource& container = model.resource(model.resource(node.connection).launcher);
      const NodeId host = current_node(model, container);
      return host.valid() ? model.node(host).name : node.name;
    });
  }
  values.add_nodes("all_uname", all, plain_name);
  return values.take();
}

// --- notify actions of instances (S4 CR-12.13 to CR-12.15) ---

// Makes the notify actions of one set for the leaves of a clone.
class InstanceNotifier {
 public:
  InstanceNotifier(Model& model, const NotificationActions& set, Task task, const Values& values, bool list_empty)
      : model_(model), set_(set), task_(task), values_(values), list_empty_(list_empty) {}

  void run(Resource& resource) {
    const std::vector<ResourceId> children = resource.children;
    for (const ResourceId child : children) run(model_.resource(child));
    if (children.empty()) notify_leaf(resource);
  }

 private:
  static bool is_told_about(Task task) {
    return task == Task::kStart || task == Task::kStop || task == Task::kPromote || task == Task::kDemote;
  }

  void notify_leaf(Resource& leaf) {
    const std::vector<ActionId> actions = leaf.actions;
    for (const ActionId id : actions) {
      Action& action = model_.actions[id];
      if (action.optional() || !action.node.valid() || !is_told_about(action.task)) continue;
      for (const auto& [name, value] : values_) action.meta.set(name, value);
    }
    if (task_ == Task::kStop || task_ == Task::kDemote) {
      if (task_ == Task::kDemote && list_empty_) return;
      if (leaf.original_role != Role::kStopped) notify_going_down(leaf);
    } else if (!list_empty_ && leaf.next_role != Role::kStopped) {
      notify_coming_up(leaf);
    }
  }

  void notify_going_down(Resource& leaf) {
    const ActionId stop = newest_action(model_, leaf, Task::kStop);
    for (const NodeId id : leaf.active) {
      const Node& node = model_.node(id);
      if (stop.valid() && model_.actions[stop].pseudo() && (node.unclean || node.remote_reset)) continue;
      notify(leaf, id, set_.pre, set_.pre_done);
      if (task_ == Task::kDemote || !stop.valid() || model_.actions[stop].optional()) notify_afterwards(leaf, id);
    }
  }

  void notify_coming_up(Resource& leaf) {
    const ActionId start = newest_action(model_, leaf, Task::kStart);
    if (start.valid() && is_connection_blocked(model_.actions[start].node)) return;
    if (!leaf.assigned.valid()) return;
    if (task_ == Task::kPromote || !start.valid() || model_.actions[start].optional()) {
      notify(leaf, leaf.assigned, set_.pre, set_.pre_done);
    }
    notify_afterwards(leaf, leaf.assigned);
  }

  // The node's connection cannot be started.
  bool is_connection_blocked(NodeId id) const {
    if (!id.valid() || !model_.node(id).connection.valid()) return false;
    const ActionId start = newest_action(model_, model_.resource(model_.node(id).connection), Task::kStart);
    return start.valid() && !model_.actions[start].runnable();
  }

  // S4 CR-12.14.
  ActionId notify(Resource& leaf, NodeId node, ActionId pseudo, ActionId done) {
    if (!pseudo.valid() || !done.valid() || !model_.node(node).online || !model_.actions[pseudo].runnable()) return {};
    const Pairs from = action_meta(model_, model_.actions[pseudo]);
    const bool optional = model_.actions[pseudo].optional();
    const ActionId id = request_notification(model_, leaf.self, from.get("notify_type").value_or(""),
                                             from.get("notify_operation").value_or(""), Task::kNotify, node, optional)
                            .self;
    Pairs& meta = action_meta(model_, model_.actions[id]);
    for (const auto& [name, value] : from) meta.insert(name, value);
    for (const auto& [name, value] : values_) meta.set(name, value);
    model_.actions.relate(pseudo, id, kOrdered);
    model_.actions.relate(id, done, kOrdered);
    return id;
  }

  // S4 CR-12.15.
  void notify_afterwards(Resource& leaf, NodeId node) {
    const ActionId id = notify(leaf, node, set_.post, set_.post_done);
    if (id.valid()) model_.actions[id].priority = kInfinity;
    if (!set_.post_done.valid()) return;
    const std::vector<ActionId> actions = leaf.actions;
    for (auto it = actions.rbegin(); it != actions.rend(); ++it) {
      const Action& action = model_.actions[*it];
      if (action.interval != 0 && action.task != Task::kCancel) {
        model_.actions.relate(set_.post_done, *it, kOrdered);
      }
    }
  }

  Model& model_;
  const NotificationActions& set_;
  Task task_;
  const Values& values_;
  bool list_empty_;
};

}  // namespace

void create_notifications(Model& model, Resource& clone, Task task) {
  NotificationActions& set = notifications_of(clone, task);
  const std::string_view operation = task_name(task);
  const ActionId action = newest_action(model, clone, task);
  const ActionId completion = newest_action(model, clone, completed_task(task));
  const bool optional = model.actions[action].optional();
  set.pre = add_pseudo(model, clone.self, "pre", operation, operation, Task::kNotify, optional, true);
  set.pre_done = add_pseudo(model, clone.self, "confirmed-pre", operation, operation, Task::kNotified, optional, true);
  model.actions.relate(set.pre, set.pre_done, kOrdered);
  model.actions.relate(set.pre_done, action, kOrdered);
  add_post_pair(model, clone.self, operation, completion, set);
  model.actions.relate(completion, set.post, kFirstImpliesThen);
  model.actions.relate(set.post, set.post_done, kFirstImpliesThen);
  model.actions.relate(set.pre_done, set.post, kOrdered);
}

void order_stop_notifications(Model& model, const Resource& clone) {
  order_if_both(model, clone.clone->stop_notifications.post_done, clone.clone->start_notifications.pre);
}

void order_demote_notifications(Model& model, const Resource& clone) {
  const CloneData& data = *clone.clone;
  order_if_both(model, data.stop_notifications.post_done, data.promote_notifications.pre);
  order_if_both(model, data.start_notifications.post_done, data.promote_notifications.pre);
  order_if_both(model, data.demote_notifications.post_done, data.promote_notifications.pre);
  order_if_both(model, data.demote_notifications.post_done, data.start_notifications.pre);
  order_if_both(model, data.demote_notifications.post_done, data.stop_notifications.pre);
}

void fill_notifications(Model& model, Resource& clone) {
  for (const Task task : {Task::kStart, Task::kStop, Task::kPromote, Task::kDemote}) {
    const NotificationActions& set = notifications_of(clone, task);
    if (!set.post_done.valid()) continue;
    Collected lists;
    collect(model, clone, lists);
    const bool empty = list_for(task, lists)->empty();
    const Values values = clone_values(model, clone, lists);
    if (!empty) {
      for (const ActionId id : {set.pre, set.pre_done, set.post, set.post_done}) {
        if (id.valid()) model.actions[id].flags &= ~action_flag::kOptional;
      }
    }
    InstanceNotifier(model, set, task, values, empty).run(clone);
  }
}

void notify_fencing_stop(Model& model, Resource& resource, ActionId fencing, ActionId stop) {
  NotificationActions set;
  add_post_pair(model, resource.self, "stop", fencing, set);
  model.actions.relate(fencing, set.post, kFirstImpliesThen);
  model.actions.relate(set.post, set.post_done, kFirstImpliesThen);
  const NodeId node = model.actions[stop].node;
  const Values values = {{"notify_stop_resource", resource.id}, {"notify_stop_uname", model.node(node).name}};
  InstanceNotifier(model, set, Task::kStop, values, false).run(model.resource(resource.top));
}

}  // namespace simcluster::scheduler
