#include "engine/scheduler/summary.h"

#include <algorithm>

#include "engine/scheduler/collective.h"
#include "engine/scheduler/graph.h"
#include "engine/scheduler/log.h"
#include "engine/scheduler/model.h"
#include "engine/scheduler/scheduler.h"

namespace simcluster::scheduler {

namespace {

// Stands for no change, for the log.
constexpr std::string_view kLeave = "Leave";

// The change of one primitive (S5 K-3).
class ChangeFinder {
 public:
  ChangeFinder(Model& model, const Resource& resource, std::vector<ResourceChange>& out, bool unchanged)
      : model_(model), resource_(resource), out_(out), unchanged_(unchanged), role_(resource.original_role) {}

  void run() {
    if (resource_.is_active()) current_ = current_node(model_, resource_);
    if (current_.valid() && role_ == Role::kStopped) role_ = Role::kStarted;
    if (!current_.valid() && resource_.removed) return;
    next_ = resource_.assigned;
    if (!resource_.managed || (!current_.valid() && !next_.valid())) return leave(NodeId());
    find_actions();
    if (role_ == resource_.next_role) {
      find_in_same_role();
    } else {
      find_in_new_role();
    }
  }

 private:
  ActionId oldest(Task task, NodeId node) {
    all_actions(model_, resource_.self, task, node, found_);
    return found_.empty() ? ActionId() : found_.front();
  }

  void find_actions() {
    start_ = oldest(Task::kStart, next_);
    promote_ = oldest(Task::kPromote, next_);
    demote_ = oldest(Task::kDemote, next_);
    const bool can_start = start_.valid() && model_.actions[start_].runnable();
    stop_ = oldest(Task::kStop, can_start ? current_ : NodeId());
    if (!stop_.valid() && resource_.stop_unexpected) stop_ = oldest(Task::kStop, NodeId());
    moving_ = current_.valid() && next_.valid() && current_ != next_;
  }

  void leave(NodeId node) {
    if (!unchanged_) return;
    add(kLeave, node, NodeId(), ActionId());
    if (!node.valid() && !resource_.managed) out_.back().reason = " unmanaged";
  }

  bool required(ActionId id) const { return id.valid() && !model_.actions[id].optional(); }
  bool runnable(ActionId id) const { return id.valid() && model_.actions[id].runnable(); }
  bool has_reason(ActionId id) const { return id.valid() && !model_.actions[id].reason.empty(); }

  void add(std::string_view change, NodeId origin, NodeId destination, ActionId action, ActionId source = ActionId()) {
    if (!source.valid()) source = action;
    ResourceChange result;
    result.change = change;
    result.resource = resource_.id;
    result.role = role_;
    result.next_role = resource_.next_role;
    result.origin = origin;
    result.destination = destination;
    if (source.valid()) result.reason = model_.actions[source].reason;
    result.runnable = !action.valid() || model_.actions[action].runnable();
    out_.push_back(result);
  }

  void find_in_same_role() {
    const ActionId migrate = oldest(Task::kMigrateFrom, next_);
    if (runnable(migrate) && current_.valid()) {
      add("Migrate", current_, next_, start_);
    } else if (resource_.reload) {
      add("Reload", current_, next_, start_);
    } else if (!required(start_)) {
      if (required(demote_) && required(promote_)) {
        add("Re-promote", current_, next_, promote_, demote_);
      } else {
        leave(next_);
      }
    } else if (!runnable(start_)) {
      add("Stop", current_, NodeId(), stop_, has_reason(stop_) ? stop_ : start_);
    } else if (moving_) {
      add(resource_.failed ? "Recover" : "Move", current_, next_, stop_);
    } else if (resource_.failed) {
      add("Recover", current_, NodeId(), stop_);
    } else {
      add("Restart", current_, next_, start_);
    }
  }

  void find_in_new_role() {
    if (stop_.valid() && (resource_.next_role == Role::kStopped || (start_.valid() && !runnable(start_)))) {
      for (const NodeId node : resource_.active) {
        const ActionId stop = oldest(Task::kStop, node);
        add("Stop", node, NodeId(), stop, has_reason(stop) ? stop : start_);
      }
    } else if (stop_.valid() && resource_.failed && resource_.stop_if_failed) {
      add("Recover", current_, next_, stop_, start_);
    } else if (moving_) {
      add("Move", current_, next_, stop_);
    } else if (resource_.reload) {
      add("Reload", current_, next_, start_);
    } else if (required(stop_)) {
      add("Restart", current_, next_, start_);
    } else if (role_ == Role::kPromoted) {
      add("Demote", current_, next_, demote_);
    } else if (resource_.next_role == Role::kPromoted) {
      add("Promote", current_, next_, promote_);
    } else if (role_ == Role::kStopped && resource_.next_role > Role::kStopped) {
      add("Start", current_, next_, start_);
    }
  }

  Model& model_;
  const Resource& resource_;
  std::vector<ResourceChange>& out_;
  bool unchanged_;
  Role role_;
  NodeId current_;
  NodeId next_;
  ActionId start_;
  ActionId stop_;
  ActionId promote_;
  ActionId demote_;
  bool moving_ = false;
  std::vector<ActionId> found_;
};

void collect_changes(Model& model, const Resource& resource, std::vector<ResourceChange>& out, bool unchanged) {
  if (resource.is_primitive()) {
    ChangeFinder(model, resource, out, unchanged).run();
    return;
  }
  if (resource.is_group()) {
    for (const ResourceId child : resource.children) collect_changes(model, model.resource(child), out, unchanged);
    return;
  }
  for (const ResourceId child : summary_children(model, resource)) {
    collect_changes(model, model.resource(child), out, unchanged);
  }
}

// S5 K-1.
void collect_node_changes(Model& model, std::vector<NodeChange>& out) {
  for (auto i = static_cast<std::uint32_t>(model.actions.size()); i-- > 0;) {
    const Action& action = model.actions[ActionId(i)];
    if (action.resource.valid() || action.optional() || !action.node.valid()) continue;
    NodeChange change;
    if (action.task == Task::kShutdown) {
      change.task = "Shutdown";
    } else if (action.task == Task::kFence) {
      change.task = "Fence (" + std::string(action.meta.get("stonith_action").value_or("")) + ")";
    } else {
      continue;
    }
    const Node& node = model.node(action.node);
    change.node = node.name;
    if (is_guest(model, node)) {
      const Resource& launcher = model.resource(model.resource(node.connection).launcher);
      change.node += " (resource: " + std::string(launcher.id) + ")";
    }
    change.reason = action.reason;
    out.push_back(std::move(change));
  }
}

// What stands behind the details of a change (S5 K-5).
std::string reason_text(const ResourceChange& change) {
  if (change.reason.empty()) return change.runnable ? "" : "blocked";
  return "due to " + std::string(change.reason) + (change.runnable ? "" : " (blocked)");
}

void pad(std::string& out, std::size_t from, std::size_t width) {
  if (out.size() - from < width) out.append(width - (out.size() - from), ' ');
}

}  // namespace

bool needs_role(const ResourceChange& change) {
  return change.role > Role::kStarted || change.next_role > Role::kUnpromoted;
}

std::string change_details(const Model& model, const ResourceChange& change) {
  const std::string role(role_name(change.role));
  const std::string next_role(role_name(change.next_role));
  const std::string origin(change.origin.valid() ? model.node(change.origin).name : std::string_view());
  const std::string destination(change.destination.valid() ? model.node(change.destination).name : std::string_view());
  const bool with_role = needs_role(change);
  if (!change.origin.valid()) return with_role ? role + " -> " + next_role + " " + destination : destination;
  if (!change.destination.valid()) return with_role ? role + " " + origin : origin;
  const bool same_role = change.role == change.next_role;
  const bool same_node = change.origin == change.destination;
  if (same_role && same_node) return with_role ? role + " " + origin : origin;
  if (same_role) return origin + " -> " + destination + (with_role ? " " + role : "");
  if (same_node) return role + " -> " + next_role + " " + origin;
  return role + " " + origin + " -> " + next_role + " " + destination;
}

namespace {

// The widths of the columns, which only grow (S5 K-6).
struct Widths {
  std::size_t id = 5;
  std::size_t details = 5;

  void grow(const ResourceChange& change, const std::string& text) {
    if (change.resource.size() > id) id = change.resource.size() + 2;
    details = std::max(details, text.size());
  }
};

std::string change_line(const ResourceChange& change, const std::string& details, const Widths& widths) {
  std::string line(change.change);
  pad(line, 0, 8);
  line += "   ";
  const std::size_t at = line.size();
  line += change.resource;
  pad(line, at, widths.id);
  line += "   ( ";
  line.append(widths.details - details.size(), ' ');
  line += details;
  line += " )";
  if (const std::string reason = reason_text(change); !reason.empty()) line += "  " + reason;
  return line;
}

TransitionChanges find_changes(Model& model, bool unchanged) {
  TransitionChanges changes;
  collect_node_changes(model, changes.nodes);
  for (const ResourceId id : model.top_level) collect_changes(model, model.resource(id), changes.resources, unchanged);
  return changes;
}

void log_unchanged(const Model& model, const ResourceChange& change) {
  log(model, LogLevel::kInfo, "rsc_action_default", "Leave   {}\t({}{}{})", change.resource, role_name(change.role),
      change.origin.valid() ? " " : change.reason,
      change.origin.valid() ? model.node(change.origin).name : std::string_view());
}

}  // namespace

void log_changes(Model& model) {
  const TransitionChanges changes = find_changes(model, logs(model, LogLevel::kInfo));
  if (!logs(model, LogLevel::kNotice)) return;
  for (const NodeChange& change : changes.nodes) {
    if (change.reason.empty()) {
      log(model, LogLevel::kNotice, "node_action", " * {} {}", change.task, change.node);
    } else {
      log(model, LogLevel::kNotice, "log_list_item", "Actions: {} {} '{}'", change.task, change.node, change.reason);
    }
  }
  Widths widths;
  for (const ResourceChange& change : changes.resources) {
    if (change.change == kLeave) {
      log_unchanged(model, change);
      continue;
    }
    const std::string details = change_details(model, change);
    widths.grow(change, details);
    log(model, LogLevel::kNotice, "log_list_item", "Actions: {}", change_line(change, details, widths));
  }
}

TransitionChanges transition_changes(Model& model) { return find_changes(model, false); }

std::vector<std::string> transition_summary(const Schedule& schedule) {
  Model& model = *schedule.model;
  TransitionChanges changes = find_changes(model, logs(model, LogLevel::kInfo));
  std::vector<std::string> lines;
  for (const NodeChange& change : changes.nodes) {
    if (change.reason.empty()) {
      log(model, LogLevel::kNotice, "node_action", " * {} {}", change.task, change.node);
    } else {
      lines.push_back(change.task + " " + change.node + " '" + std::string(change.reason) + "'");
    }
  }
  std::erase_if(changes.resources, [&](const ResourceChange& change) {
    if (change.change != kLeave) return false;
    log_unchanged(model, change);
    return true;
  });
  // The widths of a first, hidden rendering hold for all lines (S5 K-6).
  Widths widths;
  std::vector<std::string> details;
  for (const ResourceChange& change : changes.resources) {
    details.push_back(change_details(model, change));
    widths.grow(change, details.back());
  }
  for (std::size_t i = 0; i < changes.resources.size(); ++i) {
    lines.push_back(change_line(changes.resources[i], details[i], widths));
  }
  return lines;
}

}  // namespace simcluster::scheduler
