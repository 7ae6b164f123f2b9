// Timers of the controller, and what happens when they fire (CM B.6).
#include <fmt/core.h>

#include "engine/controller/controller_impl.h"

namespace simcluster::controller {

namespace {
constexpr int kLoopLimit = 5;  // CM-2.12
}

void Controller::Impl::start_timer(Timer timer, Duration delay) {
  stop_timer(timer);
  timers_[timer] = host_.start_timer(delay, *this, timer);
}

bool Controller::Impl::stop_timer(Timer timer) {
  if (!timers_[timer].valid()) return false;
  host_.cancel_timer(timers_[timer]);
  timers_[timer] = TimerId::none();
  return true;
}

void Controller::Impl::on_timer(std::uint64_t cookie) {
  if (ended_ && cookie != kEndTimer) return;
  if (cookie >= kPendingTimer) {
    pending_too_long(ClusterNodeId(static_cast<std::uint32_t>(cookie - kPendingTimer)));
    return;
  }
  if (cookie >= kActionTimer) {
    const auto index = static_cast<std::uint32_t>(cookie - kActionTimer);
    action_timers_.erase(index);
    action_lost(index);
    return;
  }
  timers_[cookie] = TimerId::none();
  timer_popped(static_cast<Timer>(cookie));
}

void Controller::Impl::log_popped(std::string_view name, Input input, Duration period) const {
  log(LogPriority::kInfo, "crm_timer_popped",
      fmt::format("{} just popped | input={} time={}ms", name, input_name(input), period.milliseconds()));
}

void Controller::Impl::log_overdue(std::string_view name, Input input, Duration period) const {
  log(LogPriority::kError, "crm_timer_popped",
      fmt::format("{} just popped in state {}! | input={} time={}ms", name, state_name(fsa_.state()), input_name(input),
                  period.milliseconds()));
}

void Controller::Impl::timer_popped(Timer timer) {
  switch (timer) {
    case kRunTimer:
      fsa_.run();
      return;
    case kGraphTimer:
      // Last of everything at this instant (CM-2.6).
      if (timer_running(kRunTimer)) {
        start_timer(kGraphTimer, {});
      } else {
        transition_.run();
      }
      return;
    case kDcTimer:
      log_popped("Election Trigger", Input::kDcTimeout, options_.dc_deadtime);
      if (++dc_timer_pops_ > kLoopLimit) {
        log(LogPriority::kNotice, "crm_timer_popped", "We appear to be in an election loop, something may be wrong");
        dc_timer_pops_ = 0;
      }
      queue(Input::kDcTimeout, Cause::kTimerPopped, "crm_timer_popped");
      return;
    case kIntegrationTimer:
      log_overdue("Integration Timer", Input::kIntegrated, options_.integration_timeout);
      if (peers_.count(JoinPhase::kWelcomed) > 0) {
        queue_first(Input::kIntegrated, Cause::kTimerPopped, "crm_timer_popped");
      } else {
        raise(Input::kElection, Cause::kTimerPopped, "crm_timer_popped");
      }
      return;
    case kFinalizationTimer:
      if (fsa_.state() != State::kFinalizeJoin) return;
      log_popped("Finalization Timer", Input::kElection, options_.finalization_timeout);
      queue(Input::kElection, Cause::kTimerPopped, "crm_timer_popped");
      return;
    case kDelayTimer:
      log_popped("New Transition Timer", Input::kPeCalc, options_.transition_delay);
      queue(Input::kPeCalc, Cause::kTimerPopped, "crm_timer_popped");
      return;
    case kRecheckTimer:
      if (fsa_.state() != State::kIdle) return;
      log_popped(profile_.daemons_renamed ? "Cluster Recheck Timer" : "PEngine Recheck Timer", Input::kPeCalc,
                 options_.recheck_interval);
      queue(Input::kPeCalc, Cause::kTimerPopped, "crm_timer_popped");
      return;
    case kEscalationTimer:
      log_overdue("Shutdown Escalation", Input::kStop, options_.shutdown_escalation);
      queue(Input::kStop, Cause::kTimerPopped, "crm_timer_popped");
      return;
    case kVoteTimer:
      if (election_ && election_->on_timeout()) queue(Input::kElectionDc, Cause::kFsaInternal, "election_win_cb");
      return;
    case kQuorumTimer:
      abort_transition(kInfinity, CompletionAction::kRestart, "Quorum gained");
      return;
    case kJoinPauseTimer:
      paused_ = false;
      pause_over_ = true;
      want_run();
      return;
    case kCibPauseTimer:
      paused_ = false;
      want_run();
      return;
    case kSchedulerRetryTimer:
      if (fsa_.state() != State::kPolicyEngine) return;
      fsa_.add(Action::kPeInvoke);
      want_run();
      return;
    case kQueryTimer:
      calculate();
      return;
    case kThrottleTimer:
      sample_load();
      return;
    case kHistoryTimer:
      daemons_.fencer().share_history();
      return;
    case kReplyTimer:
      scheduler_answered();
      return;
    case kEndTimer:
      client_.on_manager_ended(0, "clean stop");
      return;
    case kTimerCount:
    case kActionTimer:
    case kPendingTimer:
      return;
  }
}

}  // namespace simcluster::controller
