// A transition on its way: walks a graph of the scheduler, action by action (CM part G). Owned by the DC's controller,
// which does what fire() asks and reports what came of it.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/time.h"
#include "engine/scheduler/graph.h"

namespace simcluster::controller {

inline constexpr int kInfinity = 1'000'000;

// What to do when the graph has ended; the greater one wins (CM-7.21).
enum class CompletionAction : std::uint8_t { kDone, kWait, kRestart, kShutdown };
std::string_view completion_action_name(CompletionAction action);

struct RunCounts {
  int completed = 0;
  int pending = 0;
  int fired = 0;
  int skipped = 0;
  int incomplete = 0;
};

enum class FireOutcome : std::uint8_t {
  kSent,       // wait for its result
  kConfirmed,  // done at once, or nobody waits for it
  kFailed,     // could not be initiated (CM-7.11)
};

enum class GraphStatus : std::uint8_t { kActive, kComplete, kStopped, kTerminated };
std::string_view graph_status_name(GraphStatus status);

class TransitionClient {
 public:
  // Initiates an action that is not a pseudo-event.
  virtual FireOutcome fire(std::uint32_t action) = 0;
  virtual void start_action_timer(std::uint32_t action, Duration delay) = 0;
  virtual void cancel_action_timer(std::uint32_t action) = 0;
  // run() should be called when nothing else is to be done at this instant (CM-2.6).
  virtual void want_graph_run() = 0;
  // How many actions a node may have in flight (CM-7.13); 0: any number.
  virtual int job_limit(std::string_view node) = 0;
  // How many actions may be in flight altogether, given what is configured (CM-7.14); 0: any number.
  virtual int batch_limit(int configured) = 0;
  // After every run (CM-7.9).
  virtual void on_graph_run(const RunCounts& counts, GraphStatus status) = 0;

 protected:
  ~TransitionClient() = default;
};

class Transition {
 public:
  explicit Transition(TransitionClient& client) : client_(client) {}

  // Takes a new graph; the old one is forgotten, its timers are cancelled.
  void load(scheduler::Graph graph, int batch_limit, int migration_limit, Duration network_delay);
  // The graph of a DC that has just taken over: complete, to be restarted (CM-4.9).
  void load_blank();
  void drop();

  bool loaded() const { return loaded_; }
  bool complete() const { return complete_; }
  // Something was sent, and has not been answered.
  bool anything_pending() const;
  const scheduler::Graph& graph() const { return graph_; }
  int id() const { return graph_.transition_id; }
  bool has_action(int action_id) const { return index_of(action_id) != kNoAction; }

  static constexpr std::uint32_t kNoAction = std::numeric_limits<std::uint32_t>::max();
  std::uint32_t index_of(int action_id) const;
  const scheduler::GraphAction& action(std::uint32_t index) const { return graph_.actions[index]; }
  bool executed(std::uint32_t action) const { return states_[action].executed; }
  bool confirmed(std::uint32_t action) const { return states_[action].confirmed; }
  bool failed(std::uint32_t action) const { return states_[action].failed; }
  int priority(std::uint32_t action) const;
  Duration network_delay() const { return network_delay_; }

  // One scan (CM-7.7). Reports through on_graph_run().
  void run();
  // The action's result is there (CM-7.20, CM-7.23).
  void confirm(std::uint32_t action);
  void fail(std::uint32_t action);
  // Every unfinished action of a lost node fails (CM-7.19). `each` is told the action and whether it was sent.
  template <class F>
  bool fail_actions_of(std::string_view node_id, F each);
  // The executed action that takes this node down, kNoAction when there is none (CM-3.5).
  std::uint32_t down_event(std::string_view node_id) const;

  // CM-7.21. True when it changed a running graph.
  bool abort(int priority, CompletionAction action, std::string_view reason);
  CompletionAction completion_action() const { return completion_; }
  void set_completion(CompletionAction action, std::string_view reason);
  const std::string& completion_reason() const { return reason_; }
  // CM-7.22: completion action back to done, reason cleared.
  void clear_completion();

 private:
  struct ActionState {
    std::uint32_t synapse = kNoAction;
    bool executed = false;
    bool confirmed = false;
    bool failed = false;
    bool counted = false;                   // a job of its node
    std::vector<std::uint32_t> dependants;  // synapses that wait for it
  };
  struct SynapseState {
    std::uint32_t missing = 0;  // inputs not confirmed yet
    bool executed = false;
    bool confirmed = false;
    bool failed = false;
  };

  bool fireable(std::uint32_t synapse, RunCounts& counts);
  bool within_limits(std::uint32_t action);
  void fire(std::uint32_t synapse, RunCounts& counts);
  void count_job(std::uint32_t action);
  void release_job(std::uint32_t action);
  void update_dependants(std::uint32_t action);
  GraphStatus status_of(const RunCounts& counts) const;
  void fail_lost(std::uint32_t action);
  static bool is_migration(const scheduler::GraphAction& action);
  static std::vector<std::string_view> job_nodes(const scheduler::GraphAction& action);
  void change_jobs(const scheduler::GraphAction& action, int by);
  static std::string_view target_of(const scheduler::GraphAction& action);

  TransitionClient& client_;
  scheduler::Graph graph_;
  std::vector<ActionState> states_;
  std::vector<SynapseState> synapses_;
  std::map<int, std::uint32_t> by_id_;
  std::map<std::string, int, std::less<>> jobs_;
  std::map<std::string, int, std::less<>> migrations_;
  bool loaded_ = false;
  bool complete_ = true;
  int batch_limit_ = 0;
  int migration_limit_ = -1;
  Duration network_delay_;
  int abort_priority_ = 0;
  CompletionAction completion_ = CompletionAction::kDone;
  std::string reason_;
};

template <class F>
bool Transition::fail_actions_of(std::string_view node_id, F each) {
  bool any = false;
  for (std::uint32_t s = 0; s < synapses_.size(); ++s) {
    const std::uint32_t index = graph_.synapses[s].action;
    const scheduler::GraphAction& act = graph_.actions[index];
    const ActionState& state = states_[index];
    if (synapses_[s].confirmed || synapses_[s].failed || state.confirmed) continue;
    if (act.kind == scheduler::GraphActionKind::kPseudo || act.operation == "stonith") continue;
    if (act.node_id != node_id) continue;
    each(act, state.executed);
    fail_lost(index);
    any = true;
  }
  return any;
}

}  // namespace simcluster::controller
