// What changes of the CIB mean for the DC: results of actions, failures, reasons to abort (CM-7.20, CM-9.1).
#include <algorithm>
#include <array>

#include <fmt/core.h>

#include "engine/cib/patch.h"
#include "engine/cib/values.h"
#include "engine/controller/controller_impl.h"
#include "engine/executor/exit_codes.h"

namespace simcluster::controller {

namespace {

constexpr std::string_view kStatusPath = "/cib/status";
constexpr std::string_view kTicketsPath = "/cib/status/tickets";
constexpr std::string_view kConfigurationPath = "/cib/configuration";

bool below(std::string_view path, std::string_view ancestor) {
  return path.starts_with(ancestor) && (path.size() == ancestor.size() || path[ancestor.size()] == '/');
}

std::int64_t number_of(std::string_view text, std::int64_t missing) {
  const auto value = cib::parse_integer(text);
  return value ? value->value : missing;
}

std::string_view change_name(CibChange::Kind kind) {
  switch (kind) {
    case CibChange::Kind::kCreate:
      return "create";
    case CibChange::Kind::kModify:
      return "modify";
    case CibChange::Kind::kDelete:
      return "delete";
  }
  return "";
}

// The node_state that an element stands in; none outside.
cib::Element state_of(cib::Element element) {
  while (element && !element.is("node_state")) element = element.parent();
  return element;
}

bool fails_never(const scheduler::GraphAction& action) { return action.attribute("CRM_meta_on_fail") == "ignore"; }

bool known_operation(const ExecStatus status) { return status != ExecStatus::kPending; }

// "rsc:0" to "rsc": fail counts of anonymous clones have no instance number (CM-9.1).
std::string_view without_instance(std::string_view resource) {
  const auto colon = resource.rfind(':');
  if (colon == std::string_view::npos || colon + 1 == resource.size()) return resource;
  const std::string_view number = resource.substr(colon + 1);
  const bool digits = std::all_of(number.begin(), number.end(), [](char c) { return c >= '0' && c <= '9'; });
  return digits ? resource.substr(0, colon) : resource;
}

}  // namespace

void Controller::Impl::on_cib_connected() {
  if (!process_.puts_off([this] { on_cib_connected(); })) fsa_.trigger();
}

namespace {

// The same update of a copy of the document, for later: elements of the real one may be gone by then.
struct KeptUpdate {
  KeptUpdate(const CibUpdate& given, const cib::Document& now) : update(given), document(now) {
    for (CibChange& change : update.changes) {
      std::string_view path = change.path;
      if (change.kind == CibChange::Kind::kDelete) path = path.substr(0, path.rfind('/'));
      change.element = cib::element_at(document, path);
    }
    std::erase_if(update.changes, [](const CibChange& change) { return !change.element; });
  }
  CibUpdate update;
  cib::Document document;
};

}  // namespace

void Controller::Impl::on_cib_update(const CibUpdate& update) {
  if (ended_) return;
  if (process_.still()) {
    process_.puts_off(
        [this, copy = std::make_shared<KeptUpdate>(update, cib_.document())] { on_cib_update(copy->update); });
    return;
  }
  if (update.configuration_changed && config_read_) read_config();
  if (!the_dc_) return;
  process_changes(update);
  if (!edited_by_hand(update) || !profile_.cib_edits_noticed) return;  // CM-9.10
  log(LogPriority::kNotice, "handle_cib_edit",
      fmt::format("Populating nodes and starting an election after {} event triggered by {}", update.operation,
                  update.client));
  populate_nodes();
  queue(Input::kElection, Cause::kFsaInternal, "handle_cib_edit");
}

void Controller::Impl::process_changes(const CibUpdate& update) {
  const State state = fsa_.state();
  const bool listening = state == State::kIdle || state == State::kTransitionEngine || state == State::kPolicyEngine;
  if (!transition_.loaded() || (transition_.complete() && !listening)) return;
  for (const CibChange& change : update.changes) {
    if (!process_change(change)) return;
  }
}

// False: nothing more of this update matters.
bool Controller::Impl::process_change(const CibChange& change) {
  if (below(change.path, kConfigurationPath)) {
    abort_by_change("Configuration change", change);
    return false;
  }
  if (!below(change.path, kStatusPath)) return true;
  if (below(change.path, kTicketsPath)) {
    abort_transition(kInfinity, CompletionAction::kRestart, "Ticket attribute change");
    return true;
  }
  const bool transient = change.path.find("/transient_attributes") != std::string::npos;
  if (change.kind == CibChange::Kind::kDelete) {
    if (transient) {
      const cib::Element state = state_of(change.element);
      if (state && expected_down(state.id())) return true;
      abort_by_change("Transient attribute change", change);
      return true;
    }
    process_deletion(change);
    return true;
  }
  if (transient) {
    abort_by_change("Transient attribute change", change);
    return true;
  }
  // A modified element is told without its children: what is below it has not changed (CM-6.12).
  if (change.kind == CibChange::Kind::kCreate || change.element.is("lrm_rsc_op"))
    process_operations(change.element, change_name(change.kind));
  return true;
}

std::string Controller::Impl::cib_version() const {
  const Generation now = cib_.generation();
  return fmt::format("cib={}.{}.{}", now.admin_epoch, now.epoch, now.num_updates);
}

// CM-7.21
void Controller::Impl::abort_by_change(std::string_view reason, const CibChange& change) {
  const cib::Element& element = change.element;
  const std::string_view event = change_name(change.kind);
  std::string cause;
  if (change.kind == CibChange::Kind::kDelete) {
    cause = change.id.empty() ? fmt::format("deletion of {}", change.name)
                              : fmt::format("deletion of {}[@id='{}']", change.name, change.id);
  } else if (element.is("nvpair")) {
    cause = fmt::format("{} doing {} {}={}", element.id(), event, element.value("name"), element.value("value"));
  } else {
    cause = fmt::format("{}.{} '{}'", element.name(), element.id(), event);
  }
  abort_transition(kInfinity, CompletionAction::kRestart, reason, cause,
                   fmt::format("{} path={}", cib_version(), change.path));
}

void Controller::Impl::abort_by_operation(int priority, std::string_view reason, const cib::Element& operation,
                                          std::string_view node, std::string_view event) {
  abort_transition(priority, CompletionAction::kRestart, reason,
                   fmt::format("operation {} '{}' on {}", operation.value("operation_key"), event, node),
                   fmt::format("magic={} {}", operation.value("transition-magic"), cib_version()));
}

bool Controller::Impl::expected_down(std::string_view node_id) const {
  for (const auto& [id, peer] : peers_) {
    if (node_xml_id(id) == node_id) return peer.expected == Expected::kDown;
  }
  return transition_.loaded() && transition_.down_event(node_id) != Transition::kNoAction;
}

void Controller::Impl::process_deletion(const CibChange& change) {
  const cib::Element state = state_of(change.element);
  const std::string node_id(state ? state.id() : std::string_view(change.id));
  if (change.name == "lrm_rsc_op") {
    // A recurring operation that was cancelled: is there an action that waits for that?
    for (std::uint32_t i = 0; i < transition_.graph().actions.size(); ++i) {
      const scheduler::GraphAction& action = transition_.action(i);
      if (action.operation != "cancel" || action.node_id != node_id) continue;
      if (!transition_.executed(i) || transition_.confirmed(i)) continue;
      const std::string key = operation_key(action.primitive ? action.primitive->id : std::string_view(),
                                            action.attribute("CRM_meta_operation"),
                                            milliseconds(number_of(action.attribute("CRM_meta_interval"), 0)));
      if (key != change.id && action.operation_key != change.id) continue;
      transition_.confirm(i);
      trace_action_end(i, 0, "cancelled");
      return;
    }
    abort_by_change("Resource operation removal", change);
    return;
  }
  if (expected_down(node_id)) return;
  if (change.name == "lrm" || change.name == "lrm_resource" || change.name == "lrm_resources") {
    abort_by_change("Resource state removal", change);
  } else if (change.name == "node_state") {
    abort_by_change("Node state removal", change);
  }
}

namespace {

std::size_t count_resources(const cib::Element& element) {
  std::size_t count = element.is("lrm_resource") ? 1 : 0;
  for (const cib::Element child : element.children()) count += count_resources(child);
  return count;
}

}  // namespace

// Walks down to the operations. A whole history that comes while nothing is under way is one reason, not many.
void Controller::Impl::process_operations(const cib::Element& element, std::string_view event) {
  const bool above = element.is("node_state") || element.is("lrm") || element.is("lrm_resources");
  if (above && !transition_.anything_pending() && count_resources(element) > 1) {
    abort_transition(kInfinity, CompletionAction::kRestart, "History refresh");
    return;
  }
  static constexpr std::array<std::string_view, 4> kOnTheWay = {"node_state", "lrm", "lrm_resources", "lrm_resource"};
  if (element.is("lrm_rsc_op")) {
    process_operation(element, event);
    return;
  }
  if (std::find(kOnTheWay.begin(), kOnTheWay.end(), element.name()) == kOnTheWay.end()) return;
  for (const cib::Element child : element.children()) process_operations(child, event);
}

void Controller::Impl::process_operation(const cib::Element& operation, std::string_view event) {
  const std::string_view key_text = operation.value("transition-key");
  if (key_text.empty()) return;
  const auto status = static_cast<ExecStatus>(number_of(operation.value("op-status"), -1));
  if (!known_operation(status)) return;
  const cib::Element state = state_of(operation);
  const std::string node(state ? state.value("uname") : std::string_view());
  const auto key = parse_transition_key(key_text);
  if (!key) {
    abort_by_operation(kInfinity, "Bad event", operation, node, event);
    return;
  }
  const bool current = key->uuid == transition_uuid_ && key->action >= 0 && key->transition == transition_.id() &&
                       !transition_.complete();
  bool ignored = false;
  if (current) {
    const std::uint32_t index = transition_.index_of(key->action);
    ignored = index != Transition::kNoAction && fails_never(transition_.action(index));
    confirm_operation(operation, *key, node, event);
  } else {
    process_foreign(operation, *key, node, event);
  }
  const int rc = static_cast<int>(number_of(operation.value("rc-code"), 0));
  const bool mismatch = rc != key->target_rc || (status != ExecStatus::kDone && status != ExecStatus::kCancelled);
  if (!mismatch || operation.value("crm-debug-origin") == kOriginActive) return;
  // An entry for the failure and one for the operation tell the same twice (CM-8.16): count once.
  const std::int64_t interval = number_of(operation.value("interval"), 0);
  if (operation.id().ends_with("_last_0")) return;
  const cib::Element resource = operation.parent();
  count_failure(resource.id(), operation.value("operation"), interval, node, rc, key->target_rc, key->transition == -1,
                ignored);
}

// Results that the running transition did not ask for.
void Controller::Impl::process_foreign(const cib::Element& operation, const TransitionKey& key, std::string_view node,
                                       std::string_view event) {
  const int rc = static_cast<int>(number_of(operation.value("rc-code"), 0));
  const auto status = static_cast<ExecStatus>(number_of(operation.value("op-status"), -1));
  std::string_view reason;
  if (key.transition == -1) {
    reason = "Unexpected event";
  } else if (key.uuid != transition_uuid_ || key.action < 0) {
    reason = "Foreign event";
  } else if (number_of(operation.value("interval"), 0) > 0) {
    if (status == ExecStatus::kCancelled) return;
    reason = "Change in recurring result";
    if (profile_.daemons_renamed && rc != key.target_rc)
      log_unexpected(key, operation.value("operation_key"), node, rc, number_of(operation.value("call-id"), -1),
                     " event='arrived after initial scheduling'");
  } else {
    reason = key.transition == transition_.id() ? "Inactive graph" : "Old event";
  }
  abort_by_operation(kInfinity, reason, operation, node, event);
}

// AT-10.2 "unexpected result at DC", from 2.0 on.
void Controller::Impl::log_unexpected(const TransitionKey& key, std::string_view operation_key, std::string_view node,
                                      int rc, std::int64_t call_id, std::string_view event) const {
  log(LogPriority::kNotice, "process_graph_event",
      fmt::format("Transition {} action {} ({} on {}): expected '{}' but got '{}' | target-rc={} rc={} call-id={}{}",
                  key.transition, key.action, operation_key, node, executor::exit_code_text(key.target_rc, profile_),
                  executor::exit_code_text(rc, profile_), key.target_rc, rc, call_id, event));
}

void Controller::Impl::log_confirmation(const scheduler::GraphAction& action, const TransitionKey& key,
                                        std::string_view node, int rc, int call_id) const {
  const bool expected = rc == key.target_rc;
  if (profile_.daemons_renamed && expected) {
    log(LogPriority::kInfo, "process_graph_event",
        fmt::format("Transition {} action {} ({} on {}) confirmed: {} | rc={} call-id={}", key.transition, key.action,
                    action.operation_key, node, executor::exit_code_text(rc, profile_), rc, call_id));
  } else if (profile_.daemons_renamed) {
    log_unexpected(key, action.operation_key, node, rc, call_id, {});
  } else if (expected) {
    log(LogPriority::kInfo, "match_graph_event",
        fmt::format("Action {} ({}) confirmed on {} (rc={})", action.id, action.operation_key, node, rc));
  } else {
    log(LogPriority::kWarning, "status_from_rc",
        fmt::format("Action {} ({}) on {} failed (target: {} vs. rc: {}): Error", action.id, action.operation_key, node,
                    key.target_rc, rc));
  }
}

// A result of the running transition.
void Controller::Impl::confirm_operation(const cib::Element& operation, const TransitionKey& key, std::string_view node,
                                         std::string_view event) {
  const std::uint32_t index = transition_.index_of(key.action);
  if (index == Transition::kNoAction) {
    abort_by_operation(kInfinity, "Unknown event", operation, node, event);
    return;
  }
  if (transition_.confirmed(index)) return;
  const scheduler::GraphAction& action = transition_.action(index);
  const int rc = static_cast<int>(number_of(operation.value("rc-code"), 0));
  const auto status = static_cast<ExecStatus>(number_of(operation.value("op-status"), 0));
  const bool failed = !fails_never(action) && rc != key.target_rc;
  log_confirmation(action, key, node, rc, static_cast<int>(number_of(operation.value("call-id"), -1)));
  const int priority = transition_.priority(index);
  if (failed) {
    transition_.fail(index);
  } else {
    transition_.confirm(index);
  }
  trace_action_end(index, rc, failed ? "failed" : status == ExecStatus::kDone ? "done" : "ignored");
  if (failed) {
    abort_by_operation(priority + 1, "Event failed", operation, node, event);
  }
}

// Results that leave no history.
void Controller::Impl::process_ack(const DirectAck& ack) {
  const auto key = parse_transition_key(ack.transition_key);
  if (!key || key->uuid != transition_uuid_ || key->transition != transition_.id() || transition_.complete()) return;
  const std::uint32_t index = transition_.index_of(key->action);
  if (index == Transition::kNoAction || transition_.confirmed(index)) return;
  const bool refused = ack.status != static_cast<int>(ExecStatus::kDone);
  const bool notify = transition_.action(index).operation == "notify";
  const int priority = transition_.priority(index);
  if (refused && !notify) {
    transition_.fail(index);
    abort_transition(priority + 1, CompletionAction::kRestart, "Event failed",
                     fmt::format("operation {}", ack.operation_key));
  } else {
    transition_.confirm(index);
  }
  trace_action_end(index, ack.rc, refused ? "refused" : "done");
}

// CM-9.1
void Controller::Impl::count_failure(std::string_view resource, std::string_view task, std::int64_t interval_ms,
                                     std::string_view node, int rc, int target_rc, bool unexpected, bool ignored) {
  if (rc == target_rc && !unexpected) return;
  const bool counted = interval_ms > 0 || task == "promote" || task == "demote" || task == "start" || task == "stop";
  if (!counted && !unexpected) return;
  const ClusterNodeId target = find_node(node);
  if (!target.valid()) return;
  const bool start_fatal = !transition_.loaded() || transition_.graph().failed_start_offset == "INFINITY";
  const bool at_once = task == "stop" || (task == "start" && start_fatal);
  const std::string_view value = at_once ? "INFINITY" : "value++";
  const std::string name(without_instance(resource));
  const std::string suffix = profile_.failcount_per_operation ? fmt::format("#{}_{}", task, interval_ms) : "";
  const std::int64_t now = host_.now().unix_seconds();
  log(profile_.daemons_renamed ? LogPriority::kInfo : LogPriority::kWarning, "update_failcount",
      fmt::format("Updating failcount for {} on {} after failed {}: rc={} (update={}, time={})", name, node, task, rc,
                  value, now));
  if (!ignored) daemons_.attributes().update(fmt::format("fail-count-{}{}", name, suffix), value, {}, target);
  daemons_.attributes().update(fmt::format("last-failure-{}{}", name, suffix), fmt::format("{}", now), {}, target);
}

}  // namespace simcluster::controller
