#include "engine/agents/process.h"

#include <utility>

#include "engine/agents/exit_reason.h"
#include "engine/base/assert.h"

namespace simcluster::agents {

namespace {

class Flag {
 public:
  explicit Flag(bool& flag) : flag_(flag) { flag_ = true; }
  ~Flag() { flag_ = false; }
  Flag(const Flag&) = delete;
  Flag& operator=(const Flag&) = delete;

 private:
  bool& flag_;
};

}  // namespace

AgentProcess::AgentProcess(Program program, std::shared_ptr<const Environment> environment, SystemBackend& backend,
                           ProcessListener& listener)
    : environment_(std::move(environment)),
      listener_(listener),
      system_(*this, backend, *environment_),
      program_(program) {}

AgentProcess::~AgentProcess() { kill(); }

void AgentProcess::start() {
  SIMCLUSTER_ASSERT(state_ == State::kNew);
  state_ = State::kRunning;
  main_ = program_(system_);
  {
    const Flag in_step(in_step_);
    main_.start();
  }
  after_step();
}

void AgentProcess::step(std::coroutine_handle<> handle) {
  SIMCLUSTER_ASSERT(state_ == State::kRunning && !in_step_);
  {
    const Flag in_step(in_step_);
    handle.resume();
  }
  after_step();
}

// Nothing of this object is touched after the listener was called: it may be gone.
void AgentProcess::after_step() {
  if (kill_requested_) {
    kill();
    return;
  }
  if (!main_.done()) return;
  const int exit_code = main_.result();
  state_ = State::kOver;
  main_ = {};
  listener_.on_process_exit(*this, exit_code);
}

void AgentProcess::kill() {
  if (state_ != State::kRunning) return;
  if (in_step_) {
    kill_requested_ = true;
    return;
  }
  state_ = State::kOver;
  main_ = {};
}

std::string AgentProcess::exit_reason() const { return exit_reason_of(error_output_); }

AgentResult AgentProcess::result(int exit_code) const {
  AgentResult result;
  result.exit_code = exit_code;
  result.output = output_;
  result.error_output = error_output_;
  result.exit_reason = exit_reason();
  return result;
}

void PendingReply::wake() {
  if (state_ == State::kAsking) {
    state_ = State::kAnsweredInCall;
    return;
  }
  SIMCLUSTER_ASSERT(state_ == State::kWaiting);
  state_ = State::kAnswered;
  process_->step(waiting_);
}

}  // namespace simcluster::agents
