// Calling the scheduler and carrying out its graph (CM part G).
#include <fmt/core.h>

#include "engine/cib/upgrade.h"
#include "engine/cib/values.h"
#include "engine/controller/controller_impl.h"
#include "engine/controller/graph_order.h"

namespace simcluster::controller {

using scheduler::GraphAction;
using scheduler::GraphActionKind;

namespace {

constexpr Duration kSchedulerRetry = seconds(1);    // CM-7.2
constexpr Duration kSchedulerReply = seconds(120);  // CM-7.2
constexpr std::string_view kMetaPrefix = "CRM_meta_";

std::int64_t number_of(std::string_view text) {
  const auto value = cib::parse_integer(text);
  return value ? value->value : 0;
}

int score_of(std::string_view text, int missing) {
  const auto score = cib::parse_score(text);
  return score ? *score : missing;
}

bool is_recordable(std::string_view operation) {
  return operation != "cancel" && operation != "delete" && operation != "notify" && operation != "meta-data";
}

}  // namespace

// --- the scheduler ---

// CM-7.1, CM-7.2
void Controller::Impl::invoke_scheduler() {
  if (!the_dc_ || fsa_.state() != State::kPolicyEngine) return;
  if (!scheduler_connected_) {
    if (shutting_down_) queue(Input::kTerminate, Cause::kFsaInternal, "do_pe_invoke");
    return;
  }
  if (!have_cib_) {
    log(LogPriority::kError, "do_pe_invoke", "Attempted to invoke scheduler without consistent CIB");
    queue_first(Input::kElection, Cause::kFsaInternal, "do_pe_invoke");
    return;
  }
  scheduler_reference_ = 0;
  if (scheduler_frozen_) stop_timer(kReplyTimer);  // of the question before
  // A question is answered on the spot, a change goes through the group first.
  query_overtakes_ = outstanding_ > 0;
  start_timer(kQueryTimer, config_.cib_query_time);
}

// The scheduler knows the newest schema only (S1 C-1.8). A configuration that needed nothing is not looked at again.
void Controller::Impl::upgrade_for_scheduler(cib::Document& input) {
  const cib::Element root = input.root();
  std::string version = fmt::format("{}.{}", root.value("admin_epoch"), root.value("epoch"));
  if (version == newest_schema_at_) return;
  // What an older one became is kept: every recheck of an idle cluster asks for the same.
  std::string state = fmt::format("{}", cib_.store().changes());
  for (const cib::Attribute attribute : root.attributes())
    state += fmt::format(" {}={}", attribute.name, attribute.value);
  if (state == upgraded_state_) {
    input = upgraded_;
    return;
  }
  const cib::UpgradeResult result = cib::upgrade(input);
  if (result.outcome != cib::UpgradeOutcome::kValid) return;
  if (!result.changed) {
    newest_schema_at_ = std::move(version);
    return;
  }
  upgraded_ = input;
  upgraded_state_ = std::move(state);
}

// CM-7.2: whatever the configuration says, there is a watchdog where sbd runs.
void Controller::Impl::tell_watchdog(cib::Document& input) const {
  constexpr std::string_view kName = "have-watchdog";
  if (profile_.plugin_membership || profile_.heartbeat_stack) return;  // CM-4.9: they do not know the property
  const std::string_view there = config_.sbd_watchdog_timeout.ns > 0 ? "true" : "false";
  const cib::MutableElement options = input.root().first_child("configuration").first_child("crm_config");
  bool told = false;
  for (const cib::MutableElement set : options.children("cluster_property_set")) {
    for (cib::MutableElement pair : set.children("nvpair")) {
      if (pair.value("name") != kName) continue;
      if (pair.value("value") != there) pair.set_attribute("value", there);
      told = true;
    }
  }
  cib::MutableElement first = options.first_child("cluster_property_set");
  if (told || !first) return;
  first.append_child("nvpair")
      .set_attribute("id", fmt::format("{}-{}", first.id(), kName))
      .set_attribute("name", kName)
      .set_attribute("value", there);
}

// CM-7.2: the CIB is there.
void Controller::Impl::calculate() {
  if (!the_dc_ || fsa_.state() != State::kPolicyEngine || !scheduler_connected_) return;
  if (query_overtakes_) {
    start_timer(kSchedulerRetryTimer, kSchedulerRetry);
    return;
  }
  cib::Document input = cib_.document();
  cib::MutableElement root = input.root();
  root.set_attribute("dc-uuid", node_xml_id(self_));
  root.set_attribute("have-quorum", quorate_ ? "1" : "0");
  if (ever_quorate_ && !quorate_) root.set_attribute("no-quorum-panic", "1");
  tell_watchdog(input);
  if (const SchedulerInputs* inputs = host_.scheduler_inputs(); inputs != nullptr && inputs->wants_text()) {
    root.set_attribute("execution-date", fmt::format("{}", host_.now().unix_seconds()));
    input_text_ = cib::write_document(input);
  }
  deprecated_ = deprecated_options(input, profile_);
  upgrade_for_scheduler(input);
  scheduler_reference_ = ++last_reference_;
  if (scheduler_frozen_) {
    answer_.reset();
    asked_ = std::make_unique<cib::Document>(std::move(input));
    start_timer(kReplyTimer, kSchedulerReply);
    return;
  }
  ask_scheduler(input);
}

void Controller::Impl::ask_scheduler(const cib::Document& input) {
  InputNumbers next{};
  for (std::size_t i = 0; i < next.size(); ++i) next[i] = next_input_number(last_inputs_[i], options_.inputs_kept[i]);
  answer_ = std::make_unique<SchedulerRun>(run_scheduler(input, profile_, host_.now(), ++last_transition_id_, next,
                                                         host_.tracing(TraceKind::kLog), scheduler_told_, deprecated_));
  const auto series = static_cast<std::size_t>(answer_->series);
  std::string text = std::exchange(input_text_, {});
  if (next[series] >= 0) {
    last_inputs_[series] = next[series];
    if (SchedulerInputs* inputs = host_.scheduler_inputs())
      inputs->keep(answer_->series, next[series], std::move(text));
  }
  answer_reference_ = last_reference_;
  start_timer(kReplyTimer, {});
}

// The newest question is answered; nobody waits for the answers to those before.
void Controller::Impl::continue_scheduler() {
  scheduler_frozen_ = false;
  if (const auto asked = std::exchange(asked_, nullptr); asked && !ended_) ask_scheduler(*asked);
}

void Controller::Impl::forget_scheduler() {
  scheduler_told_.clear();
  scheduler_frozen_ = false;
  asked_.reset();
}

// CM-7.3
void Controller::Impl::scheduler_answered() {
  if (!answer_) {
    if (asked_) scheduler_silent();
    return;
  }
  if (answer_reference_ != scheduler_reference_) {
    log(LogPriority::kInfo, "handle_response", fmt::format("pe_calc calculation {} is obsolete", answer_reference_));
    answer_.reset();
    return;
  }
  for (const SchedulerRun::Line& line : answer_->lines) {
    log_line(host_, profile_, line.priority, Daemon::kScheduler, line.function, line.text);
  }
  queue(Input::kPeSuccess, Cause::kIpcMessage, "handle_response");
}

// CM-7.2
void Controller::Impl::scheduler_silent() {
  log(LogPriority::kError, "handle_response", "Timeout waiting for reply from scheduler.");
  stay_down_ = "the scheduler does not answer";
  exit(0, {});
}

// CM-7.4
void Controller::Impl::start_transition(const FsaInput&) {
  if (!the_dc_ || fsa_.state() != State::kTransitionEngine) return;
  if (!transition_.complete()) {
    answer_.reset();
    abort_transition(kInfinity, CompletionAction::kRestart, "Transition active");
    return;
  }
  if (!answer_) return;
  // The graph goes on, unless the abort has started the delay.
  if (answer_reference_ != scheduler_reference_)
    abort_transition(kInfinity, CompletionAction::kRestart, "Transition redundant");
  scheduler_reference_ = 0;
  if (timer_running(kDelayTimer)) {
    answer_.reset();
    return;
  }
  const std::unique_ptr<SchedulerRun> answer = std::move(answer_);
  const std::size_t actions = answer->graph.synapses.size();
  const int id = answer->graph.transition_id;
  recheck_by_ = answer->graph.recheck_by;
  input_file_ = answer->input_file;
  log(LogPriority::kInfo, "do_te_invoke",
      fmt::format("Processing graph {} (ref=pe_calc-dc-{}-{}) derived from {}", id, host_.now().unix_seconds(),
                  answer_reference_, input_file_.empty() ? "(null)" : input_file_));
  const auto delay = cib::parse_interval(answer->graph.cluster_delay);
  int batch_limit = score_of(answer->graph.batch_limit, options_.batch_limit);
  if (batch_limit == 0) batch_limit = options_.batch_limit;
  const int migration_limit = score_of(answer->graph.migration_limit, -1);
  // A transition with nothing to do is no event.
  if (actions > 0 && host_.tracing(TraceKind::kTransitionStart)) {
    std::string plan;
    for (const std::string& line : answer->summary) {
      if (!plan.empty()) plan += '\n';
      plan += line;
    }
    host_.trace(TraceKind::kTransitionStart,
                {{"transition", id}, {"actions", actions}, {"plan", plan}, {"order", order_text(answer->graph)}});
  }
  transition_.load(std::move(answer->graph), batch_limit, migration_limit,
                   delay ? milliseconds(*delay) : options_.cluster_delay);
  want_graph_run();
}

// --- stopping and aborting ---

void Controller::Impl::halt_transition(Action action) {
  if (transition_.complete()) return;
  abort_transition(kInfinity, CompletionAction::kWait, "Peer halt");
  fsa_.stall(action);
}

void Controller::Impl::cancel_transition(Action action) {
  const bool running = !transition_.complete();
  abort_transition(kInfinity, CompletionAction::kRestart, "Peer cancelled");
  if (running) fsa_.stall(action);
}

// CM-7.21
void Controller::Impl::abort_transition(int priority, CompletionAction action, std::string_view reason,
                                        std::string_view cause, std::string_view detail) {
  const State state = fsa_.state();
  if (state == State::kStarting || state == State::kPending || state == State::kNotDc || state == State::kStopping ||
      state == State::kTerminate) {
    log(LogPriority::kInfo, "abort_transition_graph",
        fmt::format("Abort {} suppressed: state={} ({}complete)", reason, state_name(state),
                    transition_.complete() ? "" : "in"));
    return;
  }
  scheduler_reference_ = 0;
  const bool complete = transition_.complete();
  const bool changed = transition_.abort(priority, action, reason);
  const std::string what =
      cause.empty() ? fmt::format("aborted: {}", reason) : fmt::format("aborted by {}: {}", cause, reason);
  log(changed ? LogPriority::kNotice : LogPriority::kInfo, "abort_transition_graph",
      fmt::format("Transition {} {} | {}{}complete={}", transition_.id(), what, detail, detail.empty() ? "" : " ",
                  complete ? "true" : "false"));
  if (host_.tracing(TraceKind::kTransitionAbort)) {
    host_.trace(
        TraceKind::kTransitionAbort,
        {{"transition", transition_.id()}, {"reason", reason}, {"cause", cause}, {"complete", complete ? 1 : 0}});
  }
  if (timer_running(kQuorumTimer) && reason != "Quorum gained") stop_timer(kQuorumTimer);  // CM-3.9
  if (complete) new_transition_wanted("abort_transition_graph");
}

// CM-7.5
void Controller::Impl::new_transition_wanted(std::string_view origin) {
  if (options_.transition_delay.ns > 0) {
    start_timer(kDelayTimer, options_.transition_delay);
    return;
  }
  queue(Input::kPeCalc, Cause::kFsaInternal, origin);
}

void Controller::Impl::want_graph_run() {
  if (!ended_ && !timer_running(kGraphTimer)) start_timer(kGraphTimer, {});
}

void Controller::Impl::on_graph_run(const RunCounts& counts, GraphStatus status) {
  const bool over = status != GraphStatus::kActive;
  if (over) {
    log(status == GraphStatus::kTerminated ? LogPriority::kWarning : LogPriority::kNotice, "run_graph",
        fmt::format("Transition {} (Complete={}, Pending={}, Fired={}, Skipped={}, Incomplete={}, Source={}): {}",
                    transition_.id(), counts.completed, counts.pending, counts.fired, counts.skipped, counts.incomplete,
                    input_file_.empty() ? "unknown" : input_file_, graph_status_name(status)));
  }
  if (status == GraphStatus::kTerminated)
    log(LogPriority::kWarning, "te_graph_trigger", "Transition failed: terminated");
  if (over) transition_over(counts, status);
}

// CM-7.22
void Controller::Impl::transition_over(const RunCounts& counts, GraphStatus status) {
  const CompletionAction action = transition_.completion_action();
  if (!transition_.graph().synapses.empty() && host_.tracing(TraceKind::kTransitionEnd)) {
    host_.trace(TraceKind::kTransitionEnd, {{"transition", transition_.id()},
                                            {"status", graph_status_name(status)},
                                            {"complete", counts.completed},
                                            {"skipped", counts.skipped},
                                            {"incomplete", counts.incomplete},
                                            {"next", completion_action_name(action)},
                                            {"reason", transition_.completion_reason()}});
  }
  const State state = fsa_.state();
  if (state == State::kTransitionEngine) {
    switch (action) {
      case CompletionAction::kDone:
      case CompletionAction::kWait:
        queue(Input::kTeSuccess, Cause::kFsaInternal, "notify_crmd");
        break;
      case CompletionAction::kRestart:
        new_transition_wanted("notify_crmd");
        break;
      case CompletionAction::kShutdown:
        queue(shutting_down_ ? Input::kStop : Input::kTerminate, Cause::kFsaInternal, "notify_crmd");
        break;
    }
  } else if (state == State::kPolicyEngine && action == CompletionAction::kRestart) {
    fsa_.add(Action::kPeInvoke);
  }
  transition_.clear_completion();
  fsa_.trigger();
}

// --- actions ---

TransitionKey Controller::Impl::key_of(const GraphAction& action) const {
  TransitionKey key;
  key.action = action.id;
  key.transition = transition_.id();
  key.target_rc = static_cast<int>(number_of(action.attribute("CRM_meta_op_target_rc")));
  key.uuid = transition_uuid_;
  return key;
}

FireOutcome Controller::Impl::fire(std::uint32_t index) {
  const GraphAction& action = transition_.action(index);
  if (action.kind == GraphActionKind::kResource) return fire_resource(index);
  return fire_cluster(index);
}

LrmRequest Controller::Impl::lrm_request(const GraphAction& action) const {
  LrmRequest request;
  request.resource = action.primitive ? action.primitive->id : std::string_view();
  if (action.primitive) {
    request.agent = {std::string(action.primitive->agent_class), std::string(action.primitive->provider),
                     std::string(action.primitive->type)};
  }
  request.action = action.operation;
  request.operation_key = action.operation_key;
  request.transition_key = key_of(action).text();
  request.interval = milliseconds(action.interval());
  request.timeout = milliseconds(action.timeout());
  request.start_delay = milliseconds(number_of(action.attribute("CRM_meta_start_delay")));
  request.on_fail = action.attribute("CRM_meta_on_fail");
  request.shutdown_lock = action.shutdown_lock;
  for (const auto& [name, value] : action.attributes) request.parameters.emplace_back(name, value);
  for (const auto& [name, value] : action.named_parameters) request.parameters.emplace_back(name, value);
  if (action.operation == "cancel") {
    request.kind = LrmRequest::Kind::kCancel;
    request.action = action.attribute("CRM_meta_operation");
    request.interval = milliseconds(number_of(action.attribute("CRM_meta_interval")));
  } else if (action.operation == "delete") {
    request.kind = LrmRequest::Kind::kDelete;
  }
  return request;
}

// AT-10.2
void Controller::Impl::log_initiating(const GraphAction& action, bool local, bool waiting) const {
  const std::string_view where = local ? " (local)" : "";
  const std::string_view suffix = waiting ? "" : " - no waiting";
  if (profile_.daemons_renamed) {
    log(LogPriority::kNotice, "execute_rsc_action",
        fmt::format("Initiating {} operation {}{} on {}{} | action {}", action.operation, action.operation_key,
                    local ? " locally" : "", action.node, waiting ? "" : " without waiting", action.id));
    return;
  }
  log(profile_.logs_with_function ? LogPriority::kInfo : LogPriority::kNotice, "te_rsc_command",
      fmt::format("Initiating action {}: {} {} on {}{}{}", action.id, action.operation, action.operation_key,
                  action.node, where, suffix));
}

// CM-7.15
FireOutcome Controller::Impl::fire_resource(std::uint32_t index) {
  const GraphAction& action = transition_.action(index);
  const std::string_view target = action.router_node.empty() ? action.node : action.router_node;
  const ClusterNodeId node = find_node(target);
  const bool local = node == self_;
  const bool waiting = !cib::is_true(action.attribute("CRM_meta_op_no_wait"));
  if (!node.valid() || target.empty()) {
    log(LogPriority::kError, "te_rsc_command",
        fmt::format("Action {} ({}) has no known target \"{}\"", action.id, action.operation_key, target));
    return FireOutcome::kFailed;
  }
  log_initiating(action, local, waiting);
  const LrmRequest request = lrm_request(action);
  if (host_.tracing(TraceKind::kActionStart)) {
    host_.trace(TraceKind::kActionStart, {{"action", action.id},
                                          {"resource", request.resource},
                                          {"operation", action.operation},
                                          {"interval", request.interval.milliseconds()},
                                          {"target", action.node},
                                          {"transition", transition_.id()}});
  }
  // The timer first: a local request may be answered at once.
  if (waiting) start_action_timer(index, time_of(action) + transition_.network_delay());
  if (local) {
    lrm_.handle(request);
  } else {
    Message message;
    message.task = Task::kLrmInvoke;
    message.lrm = request;
    send_to(node, std::move(message));
  }
  return waiting ? FireOutcome::kSent : FireOutcome::kConfirmed;
}

// CM-7.17: what has no time-out gets the cluster's delay instead.
Duration Controller::Impl::time_of(const GraphAction& action) const {
  const Duration timeout =
      milliseconds(action.timeout()) + milliseconds(number_of(action.attribute("CRM_meta_start_delay")));
  return timeout.ns > 0 ? timeout : transition_.network_delay();
}

void Controller::Impl::start_action_timer(std::uint32_t action, Duration delay) {
  action_timers_[action] = host_.start_timer(delay, *this, kActionTimer + action);
}

void Controller::Impl::cancel_action_timer(std::uint32_t action) {
  const auto it = action_timers_.find(action);
  if (it == action_timers_.end()) return;
  host_.cancel_timer(it->second);
  action_timers_.erase(it);
}

// CM-7.17
void Controller::Impl::action_lost(std::uint32_t index) {
  const GraphAction& action = transition_.action(index);
  const Duration timeout = time_of(action) + transition_.network_delay();
  log(transition_.complete() ? LogPriority::kNotice : LogPriority::kError, "action_timer_callback",
      fmt::format("Node {} did not send {} result (via {}) within {}ms (action timeout plus cluster-delay)",
                  action.node, action.operation, action.router_node.empty() ? "controller" : "executor",
                  timeout.milliseconds()));
  if (transition_.complete()) return;
  const TransitionKey key = key_of(action);
  transition_.fail(index);
  trace_action_end(index, 1, "lost");
  abort_transition(kInfinity, CompletionAction::kRestart, "Action lost");
  if (!is_recordable(action.operation) || !action.primitive) return;
  OperationRecord record;
  record.resource = action.primitive->id;
  record.operation = action.operation;
  record.interval = milliseconds(action.interval());
  record.rc = 1;
  record.target_rc = key.target_rc;
  record.status = ExecStatus::kTimedOut;
  record.transition_key = key.text();
  record.exit_reason = action.router_node.empty()
                           ? fmt::format("Controller on {} did not return result in time", action.node)
                           : "Local executor did not return result in time";
  record.on_node = action.node;
  record.last_run = record.last_rc_change = host_.now().unix_seconds();
  record.digest = parameters_digest(lrm_request(action).parameters, record.interval);
  cib::Document document;
  cib::MutableElement state = document.create_root("node_state");
  state.set_attribute("id", action.node_id).set_attribute("uname", action.node);
  cib::MutableElement lrm = state.append_child("lrm");
  lrm.set_attribute("id", action.node_id);
  write_record(write_resource(lrm.append_child("lrm_resources"), record.resource, lrm_request(action).agent), record,
               profile_.results_name_cib_update ? "controld_record_action_event" : "cib_action_update", profile_);
  CibRequest request = controller_request();
  request.merge({step("status")}, document.root());
  cib_.submit(std::move(request));
}

void Controller::Impl::trace_action_end(std::uint32_t index, int rc, std::string_view outcome) const {
  if (!host_.tracing(TraceKind::kActionEnd)) return;
  const GraphAction& action = transition_.action(index);
  host_.trace(TraceKind::kActionEnd, {{"action", action.id},
                                      {"resource", action.primitive ? action.primitive->id : std::string_view()},
                                      {"operation", action.operation},
                                      {"interval", action.interval()},
                                      {"target", action.node},
                                      {"transition", transition_.id()},
                                      {"rc", rc},
                                      {"outcome", outcome}});
}

// CM-7.16
FireOutcome Controller::Impl::fire_cluster(std::uint32_t index) {
  const GraphAction& action = transition_.action(index);
  if (action.operation == "stonith") return fire_fencing(index);
  if (host_.tracing(TraceKind::kActionStart)) {
    host_.trace(TraceKind::kActionStart, {{"action", action.id},
                                          {"resource", std::string_view()},
                                          {"operation", action.operation},
                                          {"interval", 0},
                                          {"target", action.node},
                                          {"transition", transition_.id()}});
  }
  if (action.operation == "do_shutdown") return fire_shutdown(action);
  if (action.operation == "clear_failcount") return fire_clear_failcount(action);
  if (action.operation == "lrm_delete") {
    const std::string resource(action.primitive ? action.primitive->id : std::string_view());
    CibRequest request = controller_request();
    request.remove({step("status"), step("node_state", action.node_id), step("lrm"), step("lrm_resources"),
                    step("lrm_resource", resource)});
    cib_.submit(std::move(request));
    return FireOutcome::kConfirmed;
  }
  log(LogPriority::kInfo, "te_crm_command",
      fmt::format("Executing crm-event ({}): {} on {}", action.id, action.operation, action.node));
  return FireOutcome::kConfirmed;
}

FireOutcome Controller::Impl::fire_shutdown(const GraphAction& action) {
  const ClusterNodeId node = find_node(action.node);
  log(LogPriority::kInfo, "te_crm_command",
      fmt::format("Executing crm-event ({}): {} on {}", action.id, action.operation, action.node));
  if (node == self_) {
    transition_.set_completion(CompletionAction::kShutdown, "local shutdown");
    return FireOutcome::kConfirmed;
  }
  if (!node.valid()) return FireOutcome::kFailed;
  Peer& peer = peers_.get(node);
  peer.expected = Expected::kDown;
  Message message;
  message.task = Task::kDoShutdown;
  message.from_dc = true;
  send_to(node, std::move(message));
  return FireOutcome::kConfirmed;
}

// CM-9.2
FireOutcome Controller::Impl::fire_clear_failcount(const GraphAction& action) {
  const std::string resource(action.primitive ? action.primitive->id : std::string_view());
  const ClusterNodeId node = find_node(action.node);
  if (!node.valid()) return FireOutcome::kFailed;
  clear_fail_counts(resource, node);
  Message message;
  message.task = Task::kClearFailcount;
  message.text = resource;
  send_to(node, std::move(message));
  return FireOutcome::kConfirmed;
}

}  // namespace simcluster::controller
