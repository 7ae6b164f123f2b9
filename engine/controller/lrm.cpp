#include "engine/controller/lrm.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include <fmt/core.h>

#include "engine/controller/logs.h"
#include "engine/controller/transition_key.h"
#include "engine/executor/exit_codes.h"
#include "engine/executor/operation_run.h"

namespace simcluster::controller {

namespace {

constexpr Duration kLongStartDelay = minutes(5);
constexpr std::string_view kOriginUpdate = "do_update_resource";

bool recorded(std::string_view action) {
  return action != "notify" && action != "meta-data" && action != "cancel" && action != "delete";
}

// A monitor without an interval is a probe, in the words of 2.x.
std::string_view shown_action(std::string_view action, Duration interval) {
  return action == "monitor" && interval.ns == 0 ? std::string_view("probe") : action;
}

int target_rc_of(std::string_view transition_key) {
  const auto key = parse_transition_key(transition_key);
  return key ? key->target_rc : 0;
}

// CM-8.3: instance parameters of the last start, meta attributes of this operation.
executor::Parameters stop_parameters(const executor::Parameters& started, const executor::Parameters& requested) {
  const auto is_meta = [](const auto& parameter) { return parameter.first.starts_with("CRM_meta_"); };
  executor::Parameters parameters;
  std::copy_if(requested.begin(), requested.end(), std::back_inserter(parameters), is_meta);
  std::remove_copy_if(started.begin(), started.end(), std::back_inserter(parameters), is_meta);
  return parameters;
}

executor::OperationRequest operation_of(const LrmRequest& request) {
  executor::OperationRequest operation;
  operation.resource = request.resource;
  operation.action = request.action;
  operation.interval = request.interval;
  operation.timeout = request.timeout;
  operation.start_delay = request.start_delay;
  operation.parameters = request.parameters;
  operation.user_data = request.transition_key;
  return operation;
}

}  // namespace

Lrm::Lrm(Host& host, Standstill& controller, const Profile& profile, CibManager& cib, ExecutorMemory& memory,
         LrmClient& client)
    : host_(controller),
      executor_process_(host),
      profile_(profile),
      cib_(cib),
      memory_(memory),
      executor_life_(memory.life),
      client_(client),
      executor_(executor_process_, profile, *this, memory.last_call) {}

void Lrm::set_node(std::string name, std::string xml_id) {
  node_name_ = std::move(name);
  node_id_ = std::move(xml_id);
}

CibPath Lrm::resource_path(std::string_view resource) const {
  return {step("status"), step("node_state", node_id_), step("lrm", node_id_), step("lrm_resources"),
          step("lrm_resource", resource)};
}

void Lrm::handle(const LrmRequest& request) {
  if (dead_ || executor_process_.puts_off([this, request] { handle(request); })) return;
  switch (request.kind) {
    case LrmRequest::Kind::kExecute:
      execute(request);
      return;
    case LrmRequest::Kind::kCancel:
      cancel(request);
      return;
    case LrmRequest::Kind::kDelete:
      remove(request);
      return;
    case LrmRequest::Kind::kRefresh:
      refresh(request.resource);
      return;
  }
}

void Lrm::refuse(const LrmRequest& request, std::string_view reason) {
  log_line(host_, profile_, LogPriority::kNotice, Daemon::kController, "do_lrm_rsc_op",
           fmt::format("{} ({})", reason, request.operation_key));
  client_.send_direct_ack({request.resource, request.operation_key, request.transition_key,
                           static_cast<int>(ExecStatus::kInvalid), kOcfErrGeneric});
}

void Lrm::execute(const LrmRequest& request) {
  if (const std::string_view reason = client_.refusal(request.action); !reason.empty()) {
    refuse(request, reason);
    return;
  }
  executor::OperationRequest operation = operation_of(request);
  if (answer_unknown(request, operation)) return;
  if (!executor_.has_room_for(request.resource)) {
    if (!std::exchange(overflow_told_, true))
      log_line(host_, profile_, LogPriority::kError, Daemon::kController, "do_lrm_rsc_op",
               fmt::format("Ignoring {}: too many operations wait already", request.operation_key));
    return;
  }
  deletions_.erase(request.resource);  // it is wanted again
  if (!executor_.knows(request.resource)) {
    const bool registered = !memory_.registered.insert(request.resource).second;
    executor_.register_resource(request.resource, request.agent, registered);
  }
  OperationHistory::Resource& known = history_.resource(request.resource, request.agent);
  // CM-8.3
  if (request.interval.ns == 0 && request.action != "monitor" && request.action != "notify") {
    executor_.cancel_recurring(request.resource);
  }
  if (request.action == "stop" && known.has_stop_parameters)
    operation.parameters = stop_parameters(known.stop_parameters, request.parameters);
  if (request.agent.standard == "stonith") adapt_to_fence_device(operation);
  if (profile_.record_pending && recorded(request.action)) record_pending(request);
  if (!request.shutdown_lock.empty()) locks_[request.operation_key] = request.shutdown_lock;
  log_execution(request);
  executor_.execute(std::move(operation));
  if (request.interval.ns > 0 && request.start_delay > kLongStartDelay) {  // CM-8.8
    log_line(host_, profile_, LogPriority::kInfo, Daemon::kController, "do_lrm_rsc_op",
             fmt::format("Faking confirmation of {}: execution postponed for over 5 minutes", request.operation_key));
    client_.send_direct_ack({request.resource, request.operation_key, request.transition_key,
                             static_cast<int>(ExecStatus::kDone), kOcfSuccess});
  }
}

// AT-10.2
void Lrm::log_execution(const LrmRequest& request) const {
  if (!profile_.daemons_renamed) {
    log_line(host_, profile_, LogPriority::kInfo, Daemon::kController, "do_lrm_rsc_op",
             fmt::format("Performing key={} op={}", request.transition_key, request.operation_key));
    return;
  }
  log_line(host_, profile_, LogPriority::kNotice, Daemon::kController, "do_lrm_rsc_op",
           fmt::format("Requesting local execution of {} operation for {} on {} | transition_key={} op_key={}",
                       shown_action(request.action, request.interval), request.resource, node_name_,
                       request.transition_key, request.operation_key));
}

bool Lrm::answer_unknown(const LrmRequest& request, const executor::OperationRequest& operation) {
  static constexpr std::array<std::string_view, 8> kStandards = {"ocf",     "lsb",     "heartbeat", "stonith",
                                                                 "systemd", "service", "upstart",   "nagios"};
  const bool defined = !request.agent.standard.empty() && !request.agent.type.empty();
  if (defined && std::ranges::find(kStandards, request.agent.standard) != kStandards.end()) return false;
  executor::OperationResult result = executor::answer_to(operation, executor_.next_call_id());
  result.status = ExecStatus::kError;
  result.rc = defined ? kOcfErrArgs : kOcfErrConfigured;
  if (defined) result.exit_reason = "Could not register resource with executor";
  result.started_at = result.last_rc_change = host_.now();
  history_.resource(request.resource, request.agent);
  on_operation_result(result);
  return true;
}

// CM-8.15a: fence devices have no start and stop of their own. To start one is to ask it how it is.
void Lrm::adapt_to_fence_device(executor::OperationRequest& operation) const {
  const bool running = memory_.started_devices.contains(operation.resource);
  if (operation.action == "start") operation.agent_action = "monitor";
  if (operation.action == "stop") operation.known_rc = kOcfSuccess;
  if (operation.action == "monitor" && operation.interval.ns == 0) {
    operation.known_rc = running ? kOcfSuccess : kOcfNotRunning;
  }
}

void Lrm::record_pending(const LrmRequest& request) {
  OperationRecord record;
  record.resource = request.resource;
  record.operation = request.action;
  record.interval = request.interval;
  record.rc = kOcfUnknown;
  record.status = ExecStatus::kPending;
  record.target_rc = target_rc_of(request.transition_key);
  record.transition_key = request.transition_key;
  record.on_node = node_name_;
  record.last_run = record.last_rc_change = host_.now().unix_seconds();
  record.digest = parameters_digest(request.parameters, request.interval);
  write_to_cib(record, request.agent, kOriginUpdate);
}

void Lrm::cancel(const LrmRequest& request) {
  const std::string key = operation_key(request.resource, request.action, request.interval);
  const executor::CancelOutcome outcome = executor_.cancel(request.resource, request.action, request.interval);
  if (outcome != executor::CancelOutcome::kUnknown) {
    cancels_[key] = request.transition_key;
    return;
  }
  history_.forget_recurring(request.resource, request.action, request.interval);
  if (entry_in_cib(request.resource, key)) delete_entry(request.resource, key);
  client_.send_direct_ack({request.resource, request.operation_key, request.transition_key,
                           static_cast<int>(ExecStatus::kDone), kOcfSuccess});
}

void Lrm::remove(const LrmRequest& request) {
  refresh(request.resource);
  if (const auto waiting = deletions_.find(request.resource); waiting != deletions_.end()) {
    waiting->second = request;
    return;
  }
  client_.send_direct_ack({request.resource, request.operation_key, request.transition_key,
                           static_cast<int>(ExecStatus::kDone), kOcfSuccess});
}

cib::Element Lrm::entry_of(std::string_view resource) const {
  cib::Element at = cib_.store().status();
  const CibPath path = resource_path(resource);
  for (std::size_t i = 1; i < path.size(); ++i) {
    cib::Element found;
    for (const cib::Element child : at.children(path[i].element)) {
      if (path[i].attribute.empty() || child.id() == path[i].value) {
        found = child;
        break;
      }
    }
    if (!found) return {};
    at = found;
  }
  return at;
}

bool Lrm::entry_in_cib(std::string_view resource, const std::string& entry_id) const {
  const cib::Element entry = entry_of(resource);
  if (!entry) return false;
  for (const cib::Element op : entry.children("lrm_rsc_op")) {
    if (op.id() == entry_id) return true;
  }
  return false;
}

void Lrm::delete_entry(std::string_view resource, const std::string& entry_id) {
  CibRequest request = controller_request();
  CibPath path = resource_path(resource);
  path.push_back(step("lrm_rsc_op", entry_id));
  request.remove(std::move(path));
  cib_.submit(std::move(request));
}

void Lrm::clear_failures(std::string_view resource) {
  std::vector<std::string> names;
  for (const auto& [id, entry] : history_) {
    if (resource.empty() || id == resource) names.push_back(id);
  }
  for (const std::string& name : names) {
    history_.forget_failure(name);
    if (entry_in_cib(name, name + "_last_failure_0")) delete_entry(name, name + "_last_failure_0");
  }
}

void Lrm::refresh(std::string_view resource) {
  if (executor_process_.puts_off([this, name = std::string(resource)] { refresh(name); })) return;
  std::vector<std::string> names;
  for (const auto& [id, entry] : history_) {
    if (resource.empty() || id == resource) names.push_back(id);
  }
  CibRequest request = controller_request();
  for (const std::string& name : names) {
    if (!forget_now(request, name)) deletions_.emplace(name, std::nullopt);
  }
  if (names.empty() && !resource.empty()) request.remove(resource_path(resource));
  if (!request.steps.empty()) cib_.submit(std::move(request));
}

bool Lrm::forget_now(CibRequest& request, const std::string& resource) {
  executor_.cancel_recurring(resource);
  if (!executor_.unregister_resource(resource)) return false;
  memory_.registered.erase(resource);
  history_.forget(resource);
  request.remove(resource_path(resource));
  return true;
}

void Lrm::finish_deletion(const std::string& resource) {
  const auto waiting = deletions_.find(resource);
  CibRequest request = controller_request();
  if (waiting == deletions_.end() || !forget_now(request, resource)) return;
  const std::optional<LrmRequest> asked = std::move(waiting->second);
  deletions_.erase(waiting);
  cib_.submit(std::move(request));
  if (!asked) return;
  client_.send_direct_ack(
      {asked->resource, asked->operation_key, asked->transition_key, static_cast<int>(ExecStatus::kDone), kOcfSuccess});
}

std::string Lrm::history_xml() const {
  cib::Document document;
  cib::MutableElement lrm = document.create_root("lrm");
  lrm.set_attribute("id", node_id_);
  history_.write(lrm, profile_);
  return cib::write_compact(document.root());
}

void Lrm::cancel_all_recurring() {
  if (executor_process_.puts_off([this] { cancel_all_recurring(); })) return;
  std::vector<std::string> names;
  for (const auto& [id, entry] : history_) names.push_back(id);
  for (const std::string& name : names) executor_.cancel_recurring(name);
}

void Lrm::die() {
  dead_ = true;
  executor_process_.forget();
  cancel_all_recurring();
  // Another executor counts anew.
  if (memory_.life == executor_life_) memory_.last_call = executor_.next_call_id() - 1;
}

// The entry has no last-rc-change: a scheduler leaves such a device as it is (black-box run of 2.1.5).
void Lrm::on_fencer_lost(std::string_view reason) {
  std::vector<std::pair<OperationRecord, executor::AgentName>> lost;
  for (const auto& [id, resource] : history_) {
    if (resource.agent.standard != "stonith") continue;
    for (const OperationRecord& record : resource.recurring) lost.emplace_back(record, resource.agent);
  }
  for (auto& [record, agent] : lost) {
    silent_cancels_.insert(operation_key(record.resource, record.operation, record.interval));
    executor_.cancel_recurring(record.resource);
    record.rc = kOcfErrGeneric;
    record.status = ExecStatus::kError;
    record.exit_reason = reason;
    record.last_run = record.last_rc_change = 0;
    record.exec_time = record.queue_time = {};
    history_.record(record, agent);
    const std::uint32_t call = write_to_cib(record, agent, kOriginUpdate);
    log_line(
        host_, profile_, LogPriority::kError, Daemon::kController, "log_executor_event",
        fmt::format("Result of {} operation for {} on {}: {} ({}) | CIB update {}, graph action unconfirmed; call={} "
                    "key={}",
                    record.operation, record.resource, node_name_, executor::op_status_text(record.status, profile_),
                    reason, call, record.call_id, operation_key(record.resource, record.operation, record.interval)));
  }
}

namespace {

// A result that owns what it tells.
struct KeptResult {
  explicit KeptResult(const executor::OperationResult& given)
      : result(given),
        texts{std::string(given.resource),    std::string(given.action), std::string(given.user_data),
              std::string(given.exit_reason), std::string(given.output), std::string(given.error_output)},
        parameters(*given.parameters) {
    std::string_view* const views[] = {&result.resource,    &result.action, &result.user_data,
                                       &result.exit_reason, &result.output, &result.error_output};
    for (std::size_t i = 0; i < texts.size(); ++i) *views[i] = texts[i];
    result.parameters = &parameters;
  }
  executor::OperationResult result;
  std::array<std::string, 6> texts;
  executor::Parameters parameters;
};

}  // namespace

void Lrm::on_operation_result(const executor::OperationResult& result) {
  if (dead_) return;
  if (host_.still()) {
    host_.puts_off([this, copy = std::make_shared<const KeptResult>(result)] { on_operation_result(copy->result); });
    return;
  }
  if (result.status == ExecStatus::kCancelled &&
      silent_cancels_.erase(operation_key(result.resource, result.action, result.interval)) > 0)
    return;
  const OperationHistory::Resource* known = history_.find(result.resource);
  const bool well = result.status == ExecStatus::kDone && result.rc == kOcfSuccess && result.action != "stop";
  if (well && known != nullptr && known->agent.standard == "stonith")
    client_.on_device_verified(std::string(result.resource));
  if (!result.changed) return;  // CM-8.10
  if (result.status == ExecStatus::kCancelled) {
    log_result(result, 0, 0);
    note_cancelled(result);
  } else if (!recorded(result.action)) {
    acknowledge(result);
  } else {
    record(result);
  }
  finish_deletion(std::string(result.resource));
  if (executor_.pending_count() == 0) client_.on_lrm_idle();
}

// CM-8.12
void Lrm::note_cancelled(const executor::OperationResult& result) {
  history_.forget_recurring(result.resource, result.action, result.interval);
  const std::string key = operation_key(result.resource, result.action, result.interval);
  const auto it = cancels_.find(key);
  if (it == cancels_.end()) return;
  const std::string transition_key = std::move(it->second);
  cancels_.erase(it);
  if (entry_in_cib(result.resource, key)) {
    delete_entry(result.resource, key);
    return;
  }
  client_.send_direct_ack({std::string(result.resource), key, transition_key, static_cast<int>(ExecStatus::kDone), 0});
}

void Lrm::acknowledge(const executor::OperationResult& result) {
  if (result.action == "notify") log_result(result, 0, 0);
  client_.send_direct_ack({std::string(result.resource), operation_key(result.resource, result.action, result.interval),
                           std::string(result.user_data), static_cast<int>(result.status), result.rc});
}

void Lrm::record(const executor::OperationResult& result) {
  OperationRecord record;
  record.resource = result.resource;
  record.operation = result.action;
  record.interval = result.interval;
  record.call_id = result.call_id;
  record.rc = result.rc;
  record.target_rc = target_rc_of(result.user_data);
  record.status = result.status;
  record.transition_key = result.user_data;
  record.exit_reason = result.exit_reason;
  record.on_node = node_name_;
  record.last_run = result.started_at.unix_seconds();
  record.last_rc_change = result.last_rc_change.unix_seconds();
  record.exec_time = result.exec_time;
  record.queue_time = result.queue_time;
  record.digest = parameters_digest(*result.parameters, result.interval);
  const OperationHistory::Resource* known = history_.find(result.resource);
  const executor::AgentName agent = known != nullptr ? known->agent : executor::AgentName();
  history_.record(record, agent);
  const bool probe = result.action == "monitor" && result.interval.ns == 0;
  if (result.rc == kOcfSuccess && (result.action == "start" || result.action == "reload" || probe)) {
    OperationHistory::Resource& entry = history_.resource(result.resource, agent);
    entry.stop_parameters = *result.parameters;
    entry.has_stop_parameters = true;
  }
  if (agent.standard == "stonith" && result.rc == kOcfSuccess) {
    if (result.action == "start") memory_.started_devices.insert(std::string(result.resource));
    if (result.action == "stop") memory_.started_devices.erase(std::string(result.resource));
  }
  const std::uint32_t call = write_to_cib(record, agent, kOriginUpdate, lock_after(result));
  log_result(result, call, record.target_rc);
  log_output(result);
  trace_result(result, record.target_rc);
}

// CM-8.20: only a resource that is known to be stopped stays locked. Empty: there is no lock to speak of.
std::string Lrm::lock_after(const executor::OperationResult& result) {
  const auto carried = locks_.find(operation_key(result.resource, result.action, result.interval));
  const bool probe = result.action == "monitor" && result.interval.ns == 0;
  const bool stopped = (result.action == "stop" && result.rc == kOcfSuccess) || (probe && result.rc == kOcfNotRunning);
  std::string lock;
  if (carried != locks_.end()) {
    lock = stopped ? carried->second : std::string(kNotLocked);
    locks_.erase(carried);
  } else if (const cib::Element entry = entry_of(result.resource); entry && entry.has("shutdown-lock")) {
    lock = kNotLocked;
  }
  return lock;
}

std::uint32_t Lrm::write_to_cib(const OperationRecord& record, const executor::AgentName& agent,
                                std::string_view origin, const std::string& lock) {
  cib::Document document;
  cib::MutableElement state = document.create_root("node_state");
  state.set_attribute("id", node_id_);
  state.set_attribute("uname", node_name_);
  state.set_attribute("crm-debug-origin", origin);
  cib::MutableElement lrm = state.append_child("lrm");
  lrm.set_attribute("id", node_id_);
  cib::MutableElement resource = write_resource(lrm.append_child("lrm_resources"), record.resource, agent);
  if (!lock.empty()) resource.set_attribute("shutdown-lock", lock);
  write_record(resource, record, origin, profile_);
  CibRequest request = controller_request();
  request.merge({step("status")}, document.root());
  return cib_.submit(std::move(request));
}

// AT-10.2
void Lrm::log_result(const executor::OperationResult& result, std::uint32_t cib_call, int) const {
  if (profile_.daemons_renamed) {
    log_result_2_x(result, cib_call);
  } else {
    log_result_1_x(result, cib_call);
  }
}

void Lrm::log_result_1_x(const executor::OperationResult& result, std::uint32_t cib_call) const {
  const std::string key = operation_key(result.resource, result.action, result.interval);
  const std::string_view text = executor::exit_code_text(result.rc, profile_);
  const bool recurring = result.interval.ns > 0;
  if (result.status == ExecStatus::kTimedOut) {
    const std::int64_t ms = result.timeout.milliseconds();
    if (profile_.logs_with_function) {
      log_line(host_, profile_, LogPriority::kError, Daemon::kController, "process_lrm_event",
               fmt::format("LRM operation {} ({}) Timed Out (timeout={}ms)", key, result.call_id, ms));
    } else {
      log_line(
          host_, profile_, LogPriority::kError, Daemon::kController, "process_lrm_event",
          fmt::format("Operation {}: Timed Out (node={}, call={}, timeout={}ms)", key, node_name_, result.call_id, ms));
      return;
    }
  }
  if (result.status == ExecStatus::kCancelled) {
    log_line(
        host_, profile_, LogPriority::kInfo, Daemon::kController, "process_lrm_event",
        profile_.logs_with_function
            ? fmt::format("LRM operation {} (call={}, status={}, cib-update=0, confirmed=true) {}", key, result.call_id,
                          static_cast<int>(result.status), executor::op_status_text(result.status, profile_))
            : fmt::format("Operation {}: {} (node={}, call={}, confirmed=true)", key,
                          executor::op_status_text(result.status, profile_), node_name_, result.call_id));
    return;
  }
  if (profile_.logs_with_function) {
    const bool timeout = result.status == ExecStatus::kTimedOut;
    log_line(host_, profile_, LogPriority::kInfo, Daemon::kController, "process_lrm_event",
             fmt::format("LRM operation {} (call={}, {}={}, cib-update={}, confirmed={}) {}", key, result.call_id,
                         timeout ? "status" : "rc", timeout ? static_cast<int>(result.status) : result.rc, cib_call,
                         !recurring, timeout ? executor::op_status_text(result.status, profile_) : text));
    return;
  }
  log_line(host_, profile_, recurring ? LogPriority::kInfo : LogPriority::kNotice, Daemon::kController,
           "process_lrm_event",
           fmt::format("Operation {}: {} (node={}, call={}, rc={}, cib-update={}, confirmed={})", key, text, node_name_,
                       result.call_id, result.rc, cib_call, !recurring));
}

void Lrm::log_result_2_x(const executor::OperationResult& result, std::uint32_t cib_call) const {
  const std::string key = operation_key(result.resource, result.action, result.interval);
  const bool recurring = result.interval.ns > 0;
  LogPriority priority = LogPriority::kNotice;
  std::string text(executor::exit_code_text(result.rc, profile_));
  std::string old_end = fmt::format("rc={} call={} key={} confirmed={} cib-update={}", result.rc, result.call_id, key,
                                    !recurring, cib_call);
  // What leaves no history has no update.
  const std::string update = cib_call > 0 ? fmt::format("CIB update {}, ", cib_call) : std::string();
  std::string new_end = fmt::format("{}graph action {}confirmed; call={} key={} rc={}", update, recurring ? "un" : "",
                                    result.call_id, key, result.rc);
  if (result.status == ExecStatus::kTimedOut) {
    priority = LogPriority::kError;
    text = "Timed Out";
    if (profile_.results_name_cib_update) text += fmt::format(" after {}", executor::readable_duration(result.timeout));
    if (!result.exit_reason.empty()) text += fmt::format(" ({})", result.exit_reason);
    old_end = fmt::format("call={} key={} timeout={}ms", result.call_id, key, result.timeout.milliseconds());
    new_end = fmt::format("CIB update {}, graph action {}confirmed; call={} key={}", cib_call, recurring ? "un" : "",
                          result.call_id, key);
  } else if (result.status == ExecStatus::kCancelled) {
    priority = LogPriority::kInfo;
    text = executor::op_status_text(result.status, profile_);
    old_end = fmt::format("call={} key={} confirmed=true", result.call_id, key);
    new_end = fmt::format("graph action confirmed; call={} key={}", result.call_id, key);
  }
  log_line(host_, profile_, priority, Daemon::kController, "log_executor_event",
           fmt::format("Result of {} operation for {} on {}: {} | {}", shown_action(result.action, result.interval),
                       result.resource, node_name_, text, profile_.results_name_cib_update ? new_end : old_end));
}

// AT-1.5: what an agent wrote beside its exit reason.
void Lrm::log_output(const executor::OperationResult& result) const {
  std::string_view rest = result.error_output;
  while (!rest.empty()) {
    const auto end = rest.find('\n');
    const std::string_view line = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    if (line.empty() || line.starts_with("ocf-exit-reason:")) continue;
    log_line(
        host_, profile_, LogPriority::kNotice, Daemon::kExecutor, "operation_finished",
        fmt::format("{} error output [ {} ]", operation_key(result.resource, result.action, result.interval), line));
  }
}

void Lrm::trace_result(const executor::OperationResult& result, int target_rc) const {
  const bool probe = result.action == "monitor" && result.interval.ns == 0;
  const bool ok = result.status == ExecStatus::kDone && result.rc == target_rc;
  if (!ok && !(probe && result.status == ExecStatus::kDone && result.rc == kOcfSuccess)) {
    host_.trace(TraceKind::kOperationFailed, {{"resource", result.resource},
                                              {"operation", result.action},
                                              {"interval", result.interval.milliseconds()},
                                              {"call", result.call_id},
                                              {"rc", result.rc},
                                              {"expected", target_rc},
                                              {"text", executor::exit_code_text(result.rc, profile_)},
                                              {"status", executor::op_status_text(result.status, profile_)},
                                              {"reason", result.exit_reason}});
    return;
  }
  if (result.action == "start") host_.trace(TraceKind::kResourceStarted, {{"resource", result.resource}});
  if (result.action == "stop") host_.trace(TraceKind::kResourceStopped, {{"resource", result.resource}});
}

}  // namespace simcluster::controller
