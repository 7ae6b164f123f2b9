// What goes with a change of the machine's state (CM B.4).
#include <fmt/core.h>

#include "engine/controller/controller_impl.h"

namespace simcluster::controller {

void Controller::Impl::on_state_change(State from, State to, const FsaInput& input) {
  const bool notable = from == State::kIdle || to == State::kIdle || from == State::kNotDc || to == State::kNotDc ||
                       from == State::kElection || from == State::kStarting;
  LogPriority priority = notable ? LogPriority::kNotice : LogPriority::kInfo;
  if (profile_.logs_with_function) priority = LogPriority::kInfo;
  if (to == State::kRecovery) priority = LogPriority::kWarning;
  const std::string change = fmt::format("State transition {} -> {}", state_name(from), state_name(to));
  const std::string detail =
      fmt::format("input={} cause={} origin={}", input_name(input.input), cause_name(input.cause), input.origin);
  log(priority, "do_state_transition",
      profile_.daemons_renamed ? fmt::format("{} | {}", change, detail) : fmt::format("{} [ {} ]", change, detail));
  if (host_.tracing(TraceKind::kControllerState)) {
    host_.trace(TraceKind::kControllerState, {{"from", state_name(from)},
                                              {"to", state_name(to)},
                                              {"input", input_name(input.input)},
                                              {"cause", cause_name(input.cause)}});
  }
  // CM-2.11 1 to 6
  if (to != State::kElection && from != State::kReleaseDc) stop_timer(kVoteTimer);
  fsa_.add(to == State::kIntegration ? Action::kIntegrateTimerStart : Action::kIntegrateTimerStop);
  fsa_.add(to == State::kFinalizeJoin ? Action::kFinalizeTimerStart : Action::kFinalizeTimerStop);
  if (to != State::kPending) fsa_.add(Action::kDcTimerStop);
  if (to != State::kIdle) stop_timer(kRecheckTimer);
  if (from == State::kFinalizeJoin && to == State::kPolicyEngine) {
    populate_nodes();
    refresh_node_states(true);
  }
  enter_state(from, to, input);
  // CM-2.11 8
  if (to == State::kRecovery) {
    fsa_.add(Action::kRecover);
  } else if (to != State::kPending) {
    fsa_.remove(Action::kRecover);
  }
}

// CM-2.11 7
void Controller::Impl::enter_state(State, State to, const FsaInput& input) {
  switch (to) {
    case State::kPending:
    case State::kElection:
      unset_dc();
      return;
    case State::kNotDc:
      dc_timer_pops_ = 0;
      cleanup_.clear();
      if (!shutting_down_) return;
      log(LogPriority::kInfo, "do_state_transition", "(Re)Issuing shutdown request now that we have a new DC");
      fsa_.add(Action::kShutdownReq);
      return;
    case State::kFinalizeJoin:
      if (input.cause == Cause::kTimerPopped) {
        log(LogPriority::kWarning, "do_state_transition",
            fmt::format("Progressed to state {} after {}", state_name(to), cause_name(input.cause)));
      }
      if (const std::size_t late = peers_.count(JoinPhase::kWelcomed); late > 0) {
        log(LogPriority::kWarning, "do_state_transition",
            fmt::format("{} cluster node{} failed to respond to join offer", late, late == 1 ? "" : "s"));
      }
      return;
    case State::kPolicyEngine:
      dc_timer_pops_ = 0;
      check_join_counts();
      return;
    case State::kStopping:
    case State::kTerminate:
      set_shutdown();
      return;
    case State::kIdle: {
      if (shutting_down_) {
        log(LogPriority::kInfo, "do_state_transition", "(Re)Issuing shutdown request now that we are the DC");
        fsa_.add(Action::kShutdownReq);
      }
      Duration recheck = options_.recheck_interval;  // CM-7.6
      if (profile_.scheduler_sets_recheck && recheck_by_ > 0) {
        Duration until = seconds(recheck_by_) - Duration{host_.now().ns};
        if (until.ns <= 0) until = milliseconds(500);
        if (recheck.ns <= 0 || until < recheck) recheck = until;
      }
      if (recheck.ns > 0) start_timer(kRecheckTimer, recheck);
      return;
    }
    default:
      return;
  }
}

}  // namespace simcluster::controller
