#include "engine/controller/controller.h"

#include <array>
#include <utility>

#include <fmt/core.h>

#include "engine/base/assert.h"
#include "engine/controller/controller_impl.h"

namespace simcluster::controller {

namespace {

// Exit statuses (CM part M).
constexpr int kError = 1;    // it is started again
constexpr int kFatal = 100;  // it stays down

constexpr Duration kJoinPause = seconds(1);     // CM-2.15
constexpr Duration kConnectPause = seconds(1);  // CM-2.14

}  // namespace

std::uint32_t Controller::Impl::process_id() const {
  return kControllerProcess + config_.generation * kProcessesPerLife;
}

Controller::Impl::Impl(Host& host, const Profile& profile, membership::GroupService& service, Daemons& daemons,
                       ControllerConfig config, ControllerClient& client)
    : process_(host),
      host_(process_),
      profile_(profile),
      service_(service),
      config_(std::move(config)),
      client_(client),
      daemons_(daemons),
      cib_(daemons.cib()),
      lrm_(host, process_, profile, cib_, daemons.executor_memory(), *this),
      fsa_(*this),
      transition_(*this) {
  if (const SchedulerInputs* inputs = host.scheduler_inputs())
    for (std::size_t i = 0; i < last_inputs_.size(); ++i)
      last_inputs_[i] = inputs->last_number(static_cast<InputSeries>(i));
}

Controller::Impl::~Impl() {
  for (const TimerId timer : timers_) {
    if (timer.valid()) host_.cancel_timer(timer);
  }
  for (const auto& [action, timer] : action_timers_) host_.cancel_timer(timer);
  for (const auto& [node, timer] : pending_timers_) host_.cancel_timer(timer);
}

void Controller::Impl::start() {
  crmd_.deliver = [this](const membership::GroupMember& sender, std::span<const std::byte> bytes) {
    on_crmd_message(sender, bytes);
  };
  crmd_.configure = [this](const membership::GroupConfiguration& configuration) {
    on_crmd_configuration(configuration);
  };
  if (!profile_.fixed_batch_limit_30) start_timer(kThrottleTimer, kThrottlePeriod);
  queue(Input::kStartup, Cause::kStartup, "crmd_init");
}

// CM-11.2
void Controller::Impl::request_stop() {
  if (ended_ || process_.puts_off([this] { request_stop(); })) return;
  if (shutting_down_) {
    log(LogPriority::kError, "crmd_shutdown", "Escalating shutdown");
    raise(Input::kError, Cause::kShutdown, "crmd_shutdown");
    return;
  }
  set_shutdown();
  log(LogPriority::kNotice, "crmd_shutdown",
      fmt::format("Initiating controller shutdown sequence | limit={}ms", options_.shutdown_escalation.milliseconds()));
  queue(Input::kShutdown, Cause::kShutdown, "crmd_shutdown");
  start_timer(kEscalationTimer, options_.shutdown_escalation);
}

void Controller::Impl::set_shutdown() {
  shutting_down_ = true;
  fsa_.set_shutting_down();
}

void Controller::Impl::log(LogPriority priority, std::string_view function, std::string_view text) const {
  log_line(host_, profile_, priority, Daemon::kController, function, text);
}

// --- inputs ---

void Controller::Impl::queue(Input input, Cause cause, std::string_view origin, ActionSet extra,
                             std::shared_ptr<const Message> message) {
  fsa_.append({input, cause, origin, extra, std::move(message)});
}

void Controller::Impl::queue_first(Input input, Cause cause, std::string_view origin) {
  fsa_.prepend({input, cause, origin, {}, {}});
}

void Controller::Impl::raise(Input input, Cause cause, std::string_view origin) {
  fsa_.raise({input, cause, origin, {}, {}});
}

void Controller::Impl::want_run() {
  if (!paused_ && !ended_ && !timer_running(kRunTimer)) start_timer(kRunTimer, {});
}

// --- actions ---

void Controller::Impl::perform(Action action, const FsaInput& input) {
  if (ended_) return;
  switch (action) {
    case Action::kClJoinResult:
      join_result(input);
      return;
    case Action::kClJoinRequest:
      join_request(input);
      return;
    case Action::kClJoinQuery:
      query_join();
      return;
    case Action::kClJoinAnnounce:
      announce_join();
      return;
    case Action::kElectionVote:
    case Action::kElectionStart:
      vote();
      return;
    case Action::kElectionCount:
      count_vote(input);
      return;
    case Action::kElectionCheck:
      check_election();
      return;
    case Action::kDcTakeover:
      take_over();
      return;
    case Action::kDcRelease:
      release_dc(input);
      return;
    case Action::kDcJoinFinal:
      join_final();
      return;
    case Action::kDcJoinOfferAll:
      offer_all();
      return;
    case Action::kDcJoinOfferOne:
      offer_one(input);
      return;
    case Action::kDcJoinProcessReq:
      process_request(input);
      return;
    case Action::kDcJoinProcessAck:
      process_confirm(input);
      return;
    case Action::kDcJoinFinalize:
      finalize_join();
      return;
    case Action::kTeHalt:
      halt_transition(action);
      return;
    case Action::kTeCancel:
      cancel_transition(action);
      return;
    case Action::kPeInvoke:
      invoke_scheduler();
      return;
    case Action::kTeInvoke:
      start_transition(input);
      return;
    default:
      perform_basic(action, input);
      return;
  }
}

void Controller::Impl::perform_basic(Action action, const FsaInput& input) {
  switch (action) {
    case Action::kError:
      log_input(LogPriority::kError, input);
      return;
    case Action::kWarn:
      log_input(LogPriority::kWarning, input);
      return;
    case Action::kLog:
      log_input(LogPriority::kInfo, input);
      return;
    case Action::kExit1:
      exit(kError, "fatal error");
      return;
    case Action::kCibStart:
      connect_cib();
      return;
    case Action::kHaConnect: {
      auto joined = service_.join("crmd", process_id(), crmd_);
      SIMCLUSTER_ASSERT(joined);
      crmd_.group = std::move(*joined);
      service_.track_quorum(*this);
      return;
    }
    case Action::kReadConfig:
      read_config();
      return;
    case Action::kTeStart:
      transition_.load_blank();
      return;
    case Action::kPeStart:
      scheduler_connected_ = true;
      return;
    case Action::kPeStop:
      scheduler_connected_ = false;
      return;
    case Action::kTeStop:
      transition_.drop();
      return;
    case Action::kDcTimerStop:
      stop_timer(kDcTimer);
      return;
    case Action::kDcTimerStart:
      dc_timer_start();
      return;
    case Action::kIntegrateTimerStop:
      stop_timer(kIntegrationTimer);
      return;
    case Action::kIntegrateTimerStart:
      start_timer(kIntegrationTimer, options_.integration_timeout);
      return;
    case Action::kFinalizeTimerStop:
      stop_timer(kFinalizationTimer);
      return;
    case Action::kFinalizeTimerStart:
      start_timer(kFinalizationTimer, options_.finalization_timeout);
      return;
    case Action::kRecover:
      log(LogPriority::kWarning, "do_recover", "Fast-tracking shutdown in response to errors");
      in_recovery_ = true;
      queue(Input::kTerminate, Cause::kFsaInternal, "do_recover");
      return;
    case Action::kShutdownReq:
      shutdown_request();
      return;
    case Action::kStarted:
      finish_start();
      return;
    case Action::kDcReleased:
      if (fsa_.state() != State::kStopping && fsa_.state() != State::kTerminate) {
        queue(Input::kReleaseSuccess, Cause::kFsaInternal, "do_dc_release");
      }
      return;
    case Action::kLrmDisconnect:
      disconnect_lrm();
      return;
    case Action::kHaDisconnect:
      if (lost_) return;
      service_.untrack_quorum(*this);
      if (crmd_.group) crmd_.group->leave();
      return;
    case Action::kExit0:
      if (in_recovery_) log(LogPriority::kError, "crmd_fast_exit", "Could not recover from internal error");
      exit(in_recovery_ ? kError : 0, in_recovery_ ? "internal error" : "clean stop");  // CM part M
      return;
    default:  // connections to daemons that are parts of this object
      return;
  }
}

void Controller::Impl::log_input(LogPriority priority, const FsaInput& input) {
  log(priority, "do_log",
      fmt::format("Input {} received in state {} from {}", input_name(input.input), state_name(fsa_.state()),
                  input.origin));
}

// CM-2.14
void Controller::Impl::finish_start() {
  std::string_view missing;
  if (!have_membership_) {
    missing = "no membership data";
  } else if (!cib_.connected()) {
    missing = "not connected to CIB manager";
  } else if (!config_read_) {
    missing = "config not read";
  } else if (!have_peer_data_) {
    missing = "no peer data";
  }
  if (!missing.empty()) {
    log(LogPriority::kInfo, "do_started", fmt::format("Delaying start: {}", missing));
    fsa_.stall(Action::kStarted);
    return;
  }
  if (profile_.daemons_renamed) {
    log(LogPriority::kNotice, "do_started", "Pacemaker controller successfully started and accepting connections");
  } else {
    log(profile_.logs_with_function ? LogPriority::kInfo : LogPriority::kNotice, "do_started",
        "The local CRM is operational");
  }
  queue(Input::kPending, Cause::kFsaInternal, "do_started");
}

// CM-2.15: a pause in which nothing is processed, so that a DC can join our membership.
void Controller::Impl::query_join() {
  if (!pause_over_) {
    paused_ = true;
    stop_timer(kRunTimer);
    fsa_.stall(Action::kClJoinQuery);
    start_timer(kJoinPauseTimer, kJoinPause);
    return;
  }
  pause_over_ = false;
  unset_dc();
  announce_join();
}

// CM-2.14: a CIB manager that starts with the controller does not answer yet when it is first asked; the second attempt
// comes a second later.
void Controller::Impl::connect_cib() {
  if (daemons_.cib_is_new() && !cib_asked_) {
    cib_asked_ = true;
    paused_ = true;
    stop_timer(kRunTimer);
    fsa_.stall(Action::kCibStart);
    start_timer(kCibPauseTimer, kConnectPause);
    return;
  }
  if (!cib_.connected()) fsa_.stall(Action::kCibStart);
}

void Controller::Impl::announce_join() {
  Message message;
  message.task = Task::kJoinAnnounce;
  send(std::move(message));
}

void Controller::Impl::dc_timer_start() {
  if (the_dc_) {
    queue(Input::kElection, Cause::kFsaInternal, "do_dc_timer");
    return;
  }
  start_timer(kDcTimer, options_.dc_deadtime);
}

void Controller::Impl::shutdown_request() {
  log(LogPriority::kInfo, "do_shutdown_req",
      fmt::format("Sending shutdown request to all peers (DC is {})", dc_name_.empty() ? "not set" : dc_name_));
  Message message;
  message.task = Task::kShutdownRequest;
  send(std::move(message));
}

// CM-11.3: waits for operations in flight.
void Controller::Impl::disconnect_lrm() {
  lrm_.cancel_all_recurring();
  if (const std::size_t pending = lrm_.pending_operations(); pending > 0 && !lost_) {
    log(LogPriority::kInfo, "lrm_state_verify_stopped", fmt::format("{} pending operations at shutdown", pending));
    leaving_ = true;
    fsa_.stall(Action::kLrmDisconnect);
    return;
  }
  const std::vector<std::string> active = lrm_.history().active_resources();
  if (active.empty()) return;
  log(LogPriority::kError, "lrm_state_verify_stopped",
      fmt::format("{} resource{} active at shutdown", active.size(), active.size() == 1 ? "" : "s"));
}

void Controller::Impl::exit(int exit_code, std::string_view reason) {
  if (stay_down_.empty()) {
    end(exit_code, reason);
  } else {
    end(kFatal, stay_down_);
  }
}

void Controller::Impl::end(int exit_code, std::string_view reason) {
  if (ended_) return;
  ended_ = true;
  for (std::size_t timer = 0; timer < timers_.size(); ++timer) stop_timer(static_cast<Timer>(timer));
  if (lost_) return;  // what else goes with that is the supervisor's business
  if (exit_code == kError) {
    crmd_.group.reset();  // only the controller: the others go on
    lrm_.die();
  } else {
    daemons_.stop();
  }
  if (exit_code == 0) {
    start_timer(kEndTimer, {});
    return;
  }
  client_.on_manager_ended(exit_code, reason);
}

// In the words of 2.1.5; older ones are not known.
void Controller::Impl::lose(std::string_view text, std::string_view origin) {
  if (ended_ || process_.still() || !profile_.daemons_renamed) return;
  lost_ = true;
  log(LogPriority::kCritical, origin, text);
  raise(Input::kError, Cause::kFsaInternal, origin);
  fsa_.run();
}

void Controller::Impl::die() {
  cib_.set_primary(false);
  ended_ = true;
  for (std::size_t timer = 0; timer < timers_.size(); ++timer) stop_timer(static_cast<Timer>(timer));
  process_.forget();
  crmd_.group.reset();
  transition_.drop();
  lrm_.die();
  service_.untrack_quorum(*this);
}

void Controller::Impl::read_config() {
  options_ = read_options(cib_.document(), profile_, host_.now());
  config_read_ = true;
  update_devices();
  check_watchdog();
}

}  // namespace simcluster::controller
