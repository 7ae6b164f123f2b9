#include "engine/executor/operation_run.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/core.h>

#include "engine/base/assert.h"
#include "engine/executor/exit_codes.h"

namespace simcluster::executor {

namespace {

constexpr int kSigKill = 9;
constexpr int kSigTerm = 15;
constexpr Duration kKillGrace = seconds(5);  // AT-1.1, CM-8.11

constexpr std::array<std::string_view, 16> kSignalNames = {
    "",       "SIGHUP",  "SIGINT",  "SIGQUIT", "SIGILL",  "SIGTRAP", "SIGABRT", "SIGBUS",
    "SIGFPE", "SIGKILL", "SIGUSR1", "SIGSEGV", "SIGUSR2", "SIGPIPE", "SIGALRM", "SIGTERM"};

std::string signal_name(int signal) {
  if (signal > 0 && static_cast<std::size_t>(signal) < kSignalNames.size()) {
    return std::string(kSignalNames[static_cast<std::size_t>(signal)]);
  }
  return fmt::format("{}", signal);
}

bool blocks_on_failure(const Parameters& parameters) {
  for (const auto& [name, value] : parameters)
    if (name == "CRM_meta_on_fail") return value == "block";
  return false;
}

// What systemd says of a unit on its way from one state to the other.
bool in_between(std::string_view output) {
  return output.starts_with("activating") || output.starts_with("deactivating") || output.starts_with("reloading");
}

}  // namespace

std::string readable_duration(Duration duration) {
  std::int64_t ms = duration.milliseconds();
  if (ms % 1000 != 0) return fmt::format("{}ms", ms);
  std::int64_t left = ms / 1000;
  std::string text;
  for (const auto& [size, unit] :
       {std::pair{std::int64_t{86400}, 'd'}, {std::int64_t{3600}, 'h'}, {std::int64_t{60}, 'm'}}) {
    if (left >= size) text += fmt::format("{}{}", left / size, unit);
    left %= size;
  }
  if (left > 0 || text.empty()) text += fmt::format("{}s", left);
  return text;
}

OperationRun::OperationRun(Host& host, const Profile& profile, RunOwner& owner, OperationRequest request,
                           const AgentName& agent, int call_id)
    : host_(host), profile_(profile), owner_(owner), request_(std::move(request)), call_id_(call_id) {
  build_agent_request(agent);
}

OperationRun::~OperationRun() {
  if (timer_.valid()) host_.cancel_timer(timer_);
  if (look_again_timer_.valid()) host_.cancel_timer(look_again_timer_);
}

void OperationRun::build_agent_request(const AgentName& agent) {
  agent_request_.standard = agent.standard;
  agent_request_.provider = agent.provider;
  agent_request_.type = agent.type;
  agent_request_.action = request_.agent_action.empty() ? request_.action : request_.agent_action;
  agent_request_.instance = request_.resource;
  agent_request_.parameters = request_.parameters;
  agent_request_.interval = request_.interval;
  agent_request_.spares_children = blocks_on_failure(request_.parameters);
}

void OperationRun::wait() {
  queued_at_ = host_.now();
  queued_uptime_ = host_.uptime();
  if (request_.start_delay.ns > 0 && !reported_) {
    state_ = State::kDelayed;
    set_timer(request_.start_delay, kStartDelay);
    return;
  }
  state_ = State::kWaiting;
}

void OperationRun::run() {
  SIMCLUSTER_ASSERT(state_ == State::kWaiting);
  state_ = State::kRunning;
  timed_out_ = false;
  started_at_ = host_.now();
  started_uptime_ = host_.uptime();
  if (host_.tracing(TraceKind::kOperationStart)) trace_start();
  if (request_.known_rc) {
    set_timer({}, kKnown);
    return;
  }
  if (request_.timeout.ns > 0) set_timer(request_.timeout, kTimeout);
  run_ = host_.run_agent(agent_request_, *this);
}

void OperationRun::sleep() {
  state_ = State::kAsleep;
  set_timer(request_.interval, kInterval);
}

void OperationRun::end() {
  SIMCLUSTER_ASSERT(state_ != State::kRunning);
  cancel_timer();
  state_ = State::kOver;
}

void OperationRun::cancel_in_flight() {
  SIMCLUSTER_ASSERT(state_ == State::kRunning);
  cancelled_ = true;
  // CM-13.22: the executor of cluster-glue lets it end.
  if (profile_.terminate_before_kill) {
    reported_ = false;
  } else {
    kill();
  }
}

void OperationRun::renew(OperationRequest request, int call_id) {
  AgentName agent{agent_request_.standard, agent_request_.provider, agent_request_.type};
  request_ = std::move(request);
  call_id_ = call_id;
  reported_ = false;
  build_agent_request(agent);
  if (state_ == State::kAsleep) cancel_timer();
}

void OperationRun::set_timer(Duration delay, Cookie cookie) { timer_ = host_.start_timer(delay, *this, cookie); }

void OperationRun::cancel_timer() {
  if (!timer_.valid()) return;
  host_.cancel_timer(timer_);
  timer_ = TimerId::none();
}

void OperationRun::on_timer(std::uint64_t cookie) {
  if (cookie == kLookAgain) {
    look_again_timer_ = TimerId::none();
    run_ = host_.run_agent(agent_request_, *this);
    return;
  }
  timer_ = TimerId::none();
  switch (static_cast<Cookie>(cookie)) {
    case kStartDelay:
      state_ = State::kWaiting;
      owner_.on_run_ready(*this);
      return;
    case kInterval:
      owner_.on_run_due(*this);
      return;
    case kTimeout:
      expire();
      return;
    case kKill:
      kill();
      return;
    case kKnown: {
      AgentResult known;
      known.exit_code = request_.known_rc.value_or(kOcfErrGeneric);
      finish(known);
      return;
    }
    case kLookAgain:
      return;
    case kStillThere:
      host_.log(LogPriority::kWarning, "lrmd",
                fmt::format("{}_{}_{} process will not die!", request_.resource, request_.action,
                            request_.interval.milliseconds()));
      return;
  }
}

void OperationRun::expire() {
  timed_out_ = true;
  if (!profile_.terminate_before_kill || !run_.valid()) {
    kill();
    return;
  }
  host_.signal_agent(run_, kSigTerm);
  set_timer(kKillGrace, kKill);
}

void OperationRun::kill() {
  cancel_timer();
  if (!run_.valid()) {  // the answer was known, or is looked for later
    set_timer({}, kKnown);
    return;
  }
  set_timer(kKillGrace, kStillThere);
  host_.signal_agent(run_, kSigKill);
}

void OperationRun::on_agent_exit(AgentRunId run, const AgentResult& result) {
  SIMCLUSTER_ASSERT(run == run_);
  if (!look_again_later(result)) finish(result);
}

// CM-8.15: a unit on its way from one state to the other is asked again, as long as the time-out allows.
bool OperationRun::look_again_later(const AgentResult& result) {
  constexpr Duration kPause = seconds(2);
  const bool unit = agent_request_.standard == "systemd" || agent_request_.standard == "service";
  if (!unit || agent_request_.action != "monitor" || timed_out_ || cancelled_ || !in_between(result.output))
    return false;
  run_ = AgentRunId::none();
  const Duration tenth{request_.timeout.ns / 10};
  const Duration pause = request_.timeout.ns > 0 ? std::min(kPause, tenth) : kPause;
  look_again_timer_ = host_.start_timer(pause, *this, kLookAgain);
  return true;
}

void OperationRun::finish(const AgentResult& result) {
  SIMCLUSTER_ASSERT(state_ == State::kRunning);
  cancel_timer();
  if (look_again_timer_.valid()) host_.cancel_timer(look_again_timer_);
  look_again_timer_ = TimerId::none();
  run_ = AgentRunId::none();
  Duration now = host_.uptime();
  // Only the first run after an operation was scheduled is measured: whoever looks at a failed monitor reads
  // "queued=0ms, exec=0ms" (AT-8.6).
  outcome_.exec_time = reported_ ? Duration{} : now - started_uptime_;
  outcome_.queue_time = reported_ ? Duration{} : started_uptime_ - queued_uptime_;
  ExecStatus old_status = outcome_.status;
  int old_rc = outcome_.rc;
  judge(result);
  outcome_.changed = !reported_ || old_status != outcome_.status || old_rc != outcome_.rc;
  if (outcome_.changed) note_change();
  state_ = State::kOver;
  agent_result_ = &result;
  if (host_.tracing(TraceKind::kOperationEnd)) trace_end();
  owner_.on_run_ended(*this);
}

void OperationRun::note_change() {
  reported_ = true;
  // CM-8.16: for operations that run once this is when they were started.
  last_rc_change_ = recurring() ? host_.now() : started_at_;
}

void OperationRun::judge(const AgentResult& result) {
  if (!outcome_.exit_reason.empty()) outcome_.exit_reason.clear();
  if (cancelled_ && !(profile_.terminate_before_kill && profile_.cancelled_in_flight_is_done)) {
    outcome_.status = ExecStatus::kCancelled;
    outcome_.rc = 0;
    return;
  }
  if (timed_out_) {
    outcome_.status = ExecStatus::kTimedOut;
    outcome_.rc = kOcfErrGeneric;
    if (profile_.timeout_exit_reason) {
      outcome_.exit_reason =
          fmt::format("Resource agent did not complete within {}", readable_duration(request_.timeout));
    }
    return;
  }
  if (result.signal != 0) {
    judge_signal(result.signal);
    return;
  }
  judge_exit_code(result);
}

void OperationRun::judge_signal(int signal) {
  outcome_.status = ExecStatus::kError;
  outcome_.rc = kOcfErrGeneric;
  outcome_.exit_reason = fmt::format("Resource agent interrupted by {} signal", signal_name(signal));
}

void OperationRun::judge_exit_code(const AgentResult& result) {
  outcome_.status = ExecStatus::kDone;
  outcome_.rc = to_ocf_exit_code(agent_request_.standard, request_.action, result.exit_code);
  if (!result.exit_reason.empty()) outcome_.exit_reason = result.exit_reason;
}

OperationResult OperationRun::result(const AgentResult* agent) const {
  OperationResult r = answer_to(request_, call_id_);
  r.status = outcome_.status;
  r.rc = outcome_.rc;
  r.exec_time = outcome_.exec_time;
  r.queue_time = outcome_.queue_time;
  r.started_at = started_at_;
  r.last_rc_change = last_rc_change_;
  r.exit_reason = outcome_.exit_reason;
  r.changed = outcome_.changed;
  if (agent != nullptr) {
    r.output = agent->output;
    r.error_output = agent->error_output;
  }
  return r;
}

OperationResult OperationRun::cancelled_result() const {
  OperationResult r = result(nullptr);
  r.status = ExecStatus::kCancelled;
  r.rc = 0;
  r.exit_reason = {};
  r.changed = true;
  return r;
}

void OperationRun::trace_start() const {
  host_.trace(TraceKind::kOperationStart, {{"resource", request_.resource},
                                           {"operation", request_.action},
                                           {"interval", request_.interval.milliseconds()},
                                           {"call", call_id_}});
}

void OperationRun::trace_end() const {
  host_.trace(TraceKind::kOperationEnd, {{"resource", request_.resource},
                                         {"standard", agent_request_.standard},
                                         {"operation", request_.action},
                                         {"interval", request_.interval.milliseconds()},
                                         {"call", call_id_},
                                         {"rc", outcome_.rc},
                                         {"status", static_cast<int>(outcome_.status)},
                                         {"exec_ms", outcome_.exec_time.milliseconds()},
                                         {"reason", outcome_.exit_reason}});
}

}  // namespace simcluster::executor
