// P4: operations whose definition changed since they ran, and history that must go (S2 chapter 18, S5 D.6).
#include <algorithm>
#include <string>
#include <unordered_map>

#include <fmt/core.h>

#include "engine/scheduler/digest_check.h"
#include "engine/scheduler/failcount.h"
#include "engine/scheduler/fencing.h"
#include "engine/scheduler/history_sort.h"
#include "engine/scheduler/log.h"
#include "engine/scheduler/lookups.h"
#include "engine/scheduler/model.h"
#include "engine/scheduler/recorder.h"
#include "engine/scheduler/stages.h"
#include "engine/scheduler/text.h"

namespace simcluster::scheduler {

namespace {

using namespace cib::names;

constexpr std::string_view kDefinitionChange = "resource definition change";

// S5 D-34.
void clean_up(Model& model, const Resource& resource, const Node& node) {
  if (resource.failed || node.unclean || !node.online) return;
  log(model, LogLevel::kNotice, "pcmk__schedule_cleanup", "Scheduling clean-up of {} on {}", resource.id, node.name);
  request_action(model, resource.self, Task::kDelete, node.self, false);
  order(model, resource.self, Task::kStop, resource.self, Task::kDelete, relation::kOrdered);
  order(model, resource.self, Task::kDelete, resource.self, Task::kStart, relation::kOrdered);
}

// S5 D-33, S2 U-18.6.
bool is_agent_changed(Model& model, const Resource& resource, const Node& node, const cib::Element& history,
                      bool active) {
  bool changed = false;
  const auto check = [&](cib::Name name, std::string_view now) {
    const std::string_view then = history.value(name);
    if (then == now) return;
    changed = true;
    if (active) {
      log(model, LogLevel::kNotice, "pcmk__rsc_agent_changed",
          "Forcing restart of {} on {} because {} changed from '{}' to '{}'", resource.id, node.name,
          history.document().name_text(name), then, now);
    }
    trigger_unfencing(model, resource.self, node.self, "Device definition changed");
  };
  check(kType, resource.type);
  check(kClass, resource.agent_class);
  check(kProvider, resource.provider);
  return changed;
}

// Checks the operations of one active resource (S5 D-35).
class OperationCheck {
 public:
  OperationCheck(Model& model, Resource& resource, const Node& node) : model_(model), rsc_(resource), node_(node) {}

  // True when the definition changed.
  bool check(const HistoryEntry& entry) {
    if (entry.interval > 0 && !find_operation(model_, rsc_, entry.operation, entry.interval, false).valid()) {
      if (model_.options.cancel_removed_actions) {
        log(model_, LogLevel::kInfo, "pcmk__schedule_cancel",
            "Recurring {}-interval {} for {} will be stopped on {}: orphan", readable_interval(entry.interval),
            entry.operation, rsc_.id, node_.name);
        schedule_cancel(model_, rsc_.self, entry.operation, entry.interval, node_.self, entry.call_id);
      }
      return true;
    }
    const OperationDigests& digests = operation_digests(model_, entry, rsc_, node_.self);
    const DigestResult result = check_digests(model_, entry, rsc_, node_.self);
    if (result == DigestResult::kMatch || (model_.legacy.probe_keeps_definition && entry.is_probe())) return false;
    if (model_.sanitized && !digests.secure.empty() && entry.xml.value(kOpSecureDigest) == digests.secure) {
      inform(model_, fmt::format("Only 'private' parameters to {}-interval {} for {} on {} changed: {}",
                                 readable_interval(entry.interval), restart_task(entry), rsc_.id, node_.name,
                                 entry.xml.value("transition-magic")));
      return false;
    }
    if (result == DigestResult::kRestart) {
      force_restart(entry);
    } else if (entry.interval > 0) {
      reschedule(entry);
    } else if (entry.xml.has(kOpRestartDigest)) {
      trigger_unfencing(model_, rsc_.self, node_.self, "Device parameters changed (reload)");
      reload();
    } else {
      force_restart(entry);
    }
    return true;
  }

 private:
  // What is to be done again for a changed definition (S1 C-18.8).
  static std::string_view restart_task(const HistoryEntry& entry) {
    const bool as_start =
        entry.interval == 0 && (entry.task == HistoryTask::kMonitor || entry.task == HistoryTask::kMigrateFrom ||
                                entry.task == HistoryTask::kPromote);
    return as_start ? "start" : entry.operation;
  }

  void force_restart(const HistoryEntry& entry) {
    if (model_.recorder) model_.recorder->redefined.push_back(rsc_.self);
    const ActionId id =
        request_action(model_, rsc_.self, restart_task(entry), entry.interval, NodeId::none(), false).self;
    set_reason(model_.actions[id], kDefinitionChange, true);
    trigger_unfencing(model_, rsc_.self, node_.self, "Device parameters changed");
  }

  void reschedule(const HistoryEntry& entry) {
    trigger_unfencing(model_, rsc_.self, node_.self, "Device parameters changed (reschedule)");
    Action& action = request_action(model_, rsc_.self, entry.operation, entry.interval, node_.self, true);
    action.flags |= action_flag::kReschedule;
  }

  void reload() {
    if (!rsc_.managed || rsc_.failed) return;
    if (model_.recorder) model_.recorder->redefined.push_back(rsc_.self);
    if (rsc_.start_pending) {
      request_action(model_, rsc_.self, Task::kStop, node_.self, false);
      return;
    }
    rsc_.reload = true;
    const ActionId id = request_action(model_, rsc_.self, Task::kReloadAgent, node_.self, false).self;
    set_reason(model_.actions[id], kDefinitionChange, false);
    const RelationFlags flags = relation::kOrdered | relation::kThenCancelsFirst;
    order(model_, side(model_, id), side(model_, rsc_.self, Task::kStop), flags);
    order(model_, side(model_, id), side(model_, rsc_.self, Task::kDemote), flags);
  }

  Model& model_;
  Resource& rsc_;
  const Node& node_;
};

void clear_failures_if_any(Model& model, Resource& resource, const Node& node) {
  if (fail_count(model, resource, node, {.effective = true}).count != 0) {
    clear_fail_count(model, resource.self, node.self, "action definition changed");
  }
}

bool is_checked_task(const HistoryEntry& entry) {
  return entry.interval > 0 || entry.task == HistoryTask::kMonitor || entry.task == HistoryTask::kStart ||
         entry.task == HistoryTask::kPromote || entry.task == HistoryTask::kMigrateFrom;
}

// The histories read before, by element.
using HistoryByElement = std::unordered_map<std::uint32_t, std::size_t>;

class ConfigurationChanges {
 public:
  explicit ConfigurationChanges(Model& model) : model_(model) {
    for (std::size_t i = 0; i < model.resource_histories.size(); ++i) {
      by_element_.try_emplace(model.resource_histories[i].xml.index().value, i);
    }
    const cib::Element status = model.cib->find_unique(kStatus);
    for (const cib::Element& state : status.children(kNodeState)) {
      const auto [it, is_new] = states_.try_emplace(std::string(state.value(kUname)), state);
      if (!is_new) it->second = {};  // S2 V-1.10: only a unique one is found
    }
  }

  void check_node(const Node& node) {
    const auto state = states_.find(std::string(node.name));
    if (state == states_.end() || !state->second) return;
    const cib::Element list = state->second.first_child(kLrm).first_child(kLrmResources);
    for (const cib::Element& history : list.children(kLrmResource)) {
      if (!history.first_child()) continue;
      for (const ResourceId id : find_all_resources(model_, history.id())) {
        Resource& resource = model_.resource(id);
        if (resource.is_primitive()) check_resource(resource, node, history);
      }
    }
  }

 private:
  // S5 D-31.
  void check_resource(Resource& resource, const Node& node, const cib::Element& history) {
    const Resource& top = model_.resource(resource.top);
    if (resource.removed) {
      if (!top.is_clone() || top.unique) clean_up(model_, resource, node);
      return;
    }
    const bool active = std::find(resource.active.begin(), resource.active.end(), node.self) != resource.active.end();
    if (is_agent_changed(model_, resource, node, history, active)) {
      if (active) {
        request_action(model_, resource.self, Task::kStop, node.self, false);
        resource.start_pending = true;
      }
      clean_up(model_, resource, node);
    }
    if (active) check_entries(resource, node, history);
  }

  void check_entries(Resource& resource, const Node& node, const cib::Element& xml) {
    const auto it = by_element_.find(xml.index().value);
    if (it == by_element_.end()) return;
    const ResourceHistory history = model_.resource_histories[it->second];
    if (history.start_index < history.stop_index) return;
    for (std::uint32_t i = 0; i < history.count; ++i) {
      if (static_cast<int>(i) < history.start_index) continue;
      check_entry(resource, node, HistoryId(history.first + i));
    }
  }

  void check_entry(Resource& resource, const Node& node, HistoryId id) {
    const HistoryEntry& entry = model_.history_entry(id);
    if (entry.interval > 0 && (resource.maintenance || node.maintenance)) {
      schedule_cancel(model_, resource.self, entry.operation, entry.interval, node.self, entry.call_id);
      return;
    }
    if (!is_checked_task(entry)) return;
    if (resource.needs_remote_address) {
      model_.deferred_checks.push_back({id, resource.self, node.self, false});
    } else if (OperationCheck(model_, resource, node).check(entry)) {
      clear_failures_if_any(model_, resource, node);
    }
  }

  Model& model_;
  HistoryByElement by_element_;
  std::unordered_map<std::string, cib::Element> states_;
};

}  // namespace

void check_configuration_changes(Model& model) {
  ConfigurationChanges changes(model);
  for (const NodeId id : model.node_order) {
    const Node& node = model.node(id);
    if (node.maintenance || is_available(node)) changes.check_node(node);
  }
}

void run_deferred_checks(Model& model) {
  for (std::size_t i = model.deferred_checks.size(); i-- > 0;) {
    const DeferredCheck check = model.deferred_checks[i];
    const HistoryEntry& entry = model.history_entry(check.entry);
    Resource& resource = model.resource(check.resource);
    const Node& node = model.node(check.node);
    if (check.last_failure) {
      const DigestResult result = check_digests(model, entry, resource, check.node);
      if (result != DigestResult::kUnknown && result != DigestResult::kMatch) {
        clear_fail_count(model, check.resource, check.node, "resource parameters have changed");
      }
    } else if (OperationCheck(model, resource, node).check(entry)) {
      clear_failures_if_any(model, resource, node);
    }
  }
}

}  // namespace simcluster::scheduler
