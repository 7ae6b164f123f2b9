// A running program: the outermost coroutine, its environment and what it printed.
#pragma once

#include <coroutine>
#include <memory>
#include <string>
#include <string_view>

#include "engine/agents/environment.h"
#include "engine/agents/system.h"
#include "engine/agents/task.h"
#include "engine/base/host.h"

namespace simcluster::agents {

class ProcessListener {
 public:
  // The program has returned. May destroy the process. Not called for a process that was killed.
  virtual void on_process_exit(AgentProcess& process, int exit_code) = 0;

 protected:
  ~ProcessListener() = default;
};

// Backend and listener must outlive it. The environment is shared, since many runs have the same one; the backend may
// read it.
class AgentProcess {
 public:
  AgentProcess(Program program, std::shared_ptr<const Environment> environment, SystemBackend& backend,
               ProcessListener& listener);
  // Kills it when it runs. Must not be called from inside a step of this very process.
  ~AgentProcess();
  AgentProcess(const AgentProcess&) = delete;
  AgentProcess& operator=(const AgentProcess&) = delete;

  // Runs up to the first step that waits. The exit may be reported from inside this call. Once.
  void start();
  // SIGKILL: the process is gone at the step where it stands; what it did so far stays done. The open question is taken
  // back with SystemBackend::forget(). When called from inside a step of this process, it happens at the end of that
  // step. Does nothing when it is over.
  void kill();
  // True from start() until the program has returned or was killed.
  bool running() const { return state_ == State::kRunning; }
  // SIGTERM would not end it (the program traps it).
  bool ignores_termination() const { return ignores_termination_ || unkillable_; }
  // The signal that ends this one, beside SIGKILL and SIGTERM; 0: none.
  int own_end_signal() const { return own_end_signal_; }
  // No signal would.
  bool unkillable() const { return unkillable_; }

  const Environment& environment() const { return *environment_; }
  // What it printed, each the first 64 KiB at most.
  const std::string& output() const { return output_; }
  const std::string& error_output() const { return error_output_; }
  // The rest of the last `ocf-exit-reason:` line on standard error (AT-1.5).
  std::string exit_reason() const;
  // What the executor is told after an exit.
  AgentResult result(int exit_code) const;

 private:
  friend class System;
  friend class PendingReply;
  enum class State : unsigned char { kNew, kRunning, kOver };

  void step(std::coroutine_handle<> handle);
  void after_step();

  std::shared_ptr<const Environment> environment_;
  ProcessListener& listener_;
  System system_;
  Program program_;
  Task<int> main_;
  State state_ = State::kNew;
  bool in_step_ = false;
  bool kill_requested_ = false;
  bool ignores_termination_ = false;
  bool unkillable_ = false;
  int own_end_signal_ = 0;
  std::string output_;
  std::string error_output_;
};

}  // namespace simcluster::agents
