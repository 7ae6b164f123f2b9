#include "engine/controller/fsa.h"

#include <bit>
#include <utility>

namespace simcluster::controller {

namespace {

// CM-2.3: stop and start of the same thing pending together is a restart, done before all else but the logs.
struct Restart {
  Action stop;
  Action start;
};
constexpr Restart kRestarts[] = {{Action::kLrmDisconnect, Action::kLrmConnect},
                                 {Action::kCibStop, Action::kCibStart},
                                 {Action::kPeStop, Action::kPeStart},
                                 {Action::kTeStop, Action::kTeStart}};

}  // namespace

void Fsa::append(FsaInput input) {
  if (input.input == Input::kPeCalc && !queue_.empty() && queue_.back().input == Input::kPeCalc) return;
  queue_.push_back(std::move(input));
  client_.want_run();
}

void Fsa::prepend(FsaInput input) {
  if (input.input == Input::kPeCalc && !queue_.empty() && queue_.front().input == Input::kPeCalc) return;
  queue_.push_front(std::move(input));
  client_.want_run();
}

void Fsa::raise(FsaInput input) {
  FsaInput rest;
  rest.cause = current_.cause;
  rest.origin = current_.origin;
  rest.message = current_.message;
  rest.extra = std::exchange(pending_, {});
  if (!rest.extra.empty()) queue_.push_front(std::move(rest));
  queue_.push_front(std::move(input));
  client_.want_run();
}

void Fsa::stall(Action action) {
  stalled_ = true;
  if (!current_.message) {
    pending_ = pending_ | action;
    return;
  }
  FsaInput again = current_;
  again.input = Input::kWaitForEvent;
  again.extra = std::exchange(pending_, {}) | action;
  queue_.push_back(std::move(again));
}

void Fsa::trigger() { client_.want_run(); }

void Fsa::run() {
  if (running_) return;
  running_ = true;
  stalled_ = false;
  if (queue_.empty() && !pending_.empty()) queue_.push_back({});
  while (!queue_.empty() && !stalled_) {
    FsaInput input = std::move(queue_.front());
    queue_.pop_front();
    take_input(std::move(input));
  }
  current_ = {};
  running_ = false;
}

void Fsa::take_input(FsaInput input) {
  ++inputs_taken_;
  current_ = std::move(input);
  const State from = state_;
  pending_ = pending_ | current_.extra | table_actions(current_.input, from);
  for (const Action action : {Action::kError, Action::kWarn, Action::kLog}) {
    if (!pending_.has(action)) continue;
    pending_ = pending_.without(action);
    client_.perform(action, current_);
  }
  state_ = next_state(current_.input, from);
  if (state_ == State::kStopping || shutting_down_) pending_ = pending_.without(startup_actions());
  if (state_ != from) client_.on_state_change(from, state_, current_);
  perform_pending();
}

void Fsa::perform_restarts() {
  for (const Restart& restart : kRestarts) {
    if (!pending_.has(restart.stop) || !pending_.has(restart.start)) continue;
    pending_ = pending_.without(ActionSet(restart.stop) | restart.start);
    client_.perform(restart.stop, current_);
    client_.perform(restart.start, current_);
  }
}

void Fsa::perform_pending() {
  perform_restarts();
  while (!pending_.empty() && !stalled_) {
    const auto action = static_cast<Action>(std::countr_zero(pending_.bits));
    pending_ = pending_.without(action);
    client_.perform(action, current_);
  }
}

}  // namespace simcluster::controller
