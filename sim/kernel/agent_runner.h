// Runs agents and programs as processes of one machine.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/agents/system.h"
#include "engine/base/host.h"
#include "engine/base/ids.h"
#include "engine/base/random.h"
#include "sim/kernel/agent_fault.h"

namespace simcluster::sim {

class Kernel;
class ProgramProcess;

// Told when the first process of a run has ended, as an event of its own.
class RunListener {
 public:
  virtual void on_run_exit(AgentRunId run, const AgentResult& result) = 0;
  // A failed assertion in a program, which stands for a defect of the simulator.
  virtual void on_program_assertion(AgentRunId run, std::string_view what) = 0;

 protected:
  ~RunListener() = default;
};

// Runs agents in another way than the native one. One for each machine; must outlive the machine's runs.
class AgentSource {
 public:
  struct Found {
    agents::Program program = nullptr;
    std::shared_ptr<const agents::Environment> environment;
  };
  // Nothing: the native agent runs, if there is one.
  virtual std::optional<Found> find(const AgentRequest& request) = 0;
  // The machine has ended; none of its processes is left.
  virtual void halt() = 0;

 protected:
  ~AgentSource() = default;
};

// One run in progress, for checks and screens.
struct RunInfo {
  AgentRunId id;
  std::string_view type;
  std::string_view action;
  std::string_view instance;
  std::int32_t pid = 0;
};

class AgentRunner {
 public:
  explicit AgentRunner(Kernel& kernel);
  ~AgentRunner();
  AgentRunner(const AgentRunner&) = delete;
  AgentRunner& operator=(const AgentRunner&) = delete;

  // Starts an agent's action in a process group of its own. An unknown agent ends with 5 (not installed).
  AgentRunId run_agent(const AgentRequest& request, RunListener& listener);
  // Starts a plain program. Its standard output goes line by line into the trace (ping) or nowhere.
  AgentRunId run_program(std::string_view name, agents::Program program, std::vector<std::string> arguments,
                         bool trace_output);
  // Sends the signal to all processes of the run's group. Safe for runs that are over.
  void signal_run(AgentRunId run, int signal);
  // The listener is no longer told of anything; its runs go on.
  void forget(RunListener& listener);
  std::vector<RunInfo> runs() const;
  // Processes that have a file open at or below the directory, as `fuser -m` lists them.
  std::vector<std::int32_t> users_of(std::string_view directory) const;

  // nullptr: native agents only. Not owned.
  void set_source(AgentSource* source) { source_ = source; }
  // Whether there is such an agent on this machine.
  bool knows(const AgentRequest& request) const;

  void add_fault(AgentFault fault) { faults_.push_back(std::move(fault)); }
  void clear_faults() { faults_.clear(); }

  // For the kernel: everything ends at once; everything goes on after a freeze.
  void halt();
  void thaw();
  // Steps taken by all processes since the beginning.
  std::uint64_t steps() const { return steps_; }

 private:
  friend class ProgramProcess;

  ProgramProcess& take();
  void recycle(ProgramProcess& process);
  void child_ended(std::int32_t parent, agents::ChildExit child);
  // A configuration that came later may name an agent that nobody has described: told once.
  void tell_unknown(const AgentRequest& request);
  std::optional<AgentFault> find_fault(const AgentRequest& request);
  std::shared_ptr<const agents::Environment> environment_for(const AgentRequest& request,
                                                             std::shared_ptr<const agents::AgentModel> model);
  std::shared_ptr<const agents::Environment> plain_environment(std::string_view name,
                                                               std::vector<std::string> arguments) const;

  Kernel& kernel_;
  Random random_;
  AgentSource* source_ = nullptr;
  Random durations_;  // of agents that the scenario describes
  std::uint64_t next_run_ = 1;
  std::uint64_t steps_ = 0;
  std::vector<std::unique_ptr<ProgramProcess>> processes_;  // in use and free
  std::vector<ProgramProcess*> free_;
  std::vector<ProgramProcess*> active_;  // in the order of their start
  std::vector<ProgramProcess*> deferred_;
  std::vector<AgentFault> faults_;
  std::set<std::string> told_unknown_;
  std::vector<std::shared_ptr<const agents::Environment>> environments_;  // of the latest requests
};

}  // namespace simcluster::sim
