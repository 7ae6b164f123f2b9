// One operation on its way through the executor: waiting, delayed, running, asleep until its next turn.
#pragma once

#include <cstdint>
#include <string>

#include "engine/base/host.h"
#include "engine/base/profile.h"
#include "engine/executor/operation.h"

namespace simcluster::executor {

class OperationRun;

// What a run tells the queue that owns it.
class RunOwner {
 public:
  // The start-delay is over: the run may go to work when it is its turn.
  virtual void on_run_ready(OperationRun& run) = 0;
  // A recurring run's interval is over: it wants to go to work again.
  virtual void on_run_due(OperationRun& run) = 0;
  // The agent has ended; outcome() is set.
  virtual void on_run_ended(OperationRun& run) = 0;

 protected:
  ~RunOwner() = default;
};

class OperationRun final : public AgentClient, public TimerClient {
 public:
  enum class State : std::uint8_t { kDelayed, kWaiting, kRunning, kAsleep, kOver };

  struct Outcome {
    ExecStatus status = ExecStatus::kDone;
    int rc = 0;
    std::string exit_reason;
    Duration exec_time;
    Duration queue_time;
    bool changed = true;
  };

  OperationRun(Host& host, const Profile& profile, RunOwner& owner, OperationRequest request, const AgentName& agent,
               int call_id);
  ~OperationRun();
  OperationRun(const OperationRun&) = delete;
  OperationRun& operator=(const OperationRun&) = delete;

  // Takes its place in a queue; the start-delay begins if there is one.
  void wait();
  // Starts the agent.
  void run();
  // Recurring, after its end: sleeps for the interval.
  void sleep();
  // Ends a run that has no agent in flight.
  void end();
  // The agent in flight is killed, or its end is waited for; the result becomes kCancelled (CM-13.22: or not).
  void cancel_in_flight();
  // Takes over what a repeated request brought; the next result counts as the first (CM-8.9).
  void renew(OperationRequest request, int call_id);

  State state() const { return state_; }
  bool recurring() const { return request_.interval.ns > 0; }
  bool matches(std::string_view action, Duration interval) const {
    return request_.interval == interval && request_.action == action;
  }
  bool cancelled() const { return cancelled_; }
  const OperationRequest& request() const { return request_; }
  int call_id() const { return call_id_; }
  const Outcome& outcome() const { return outcome_; }
  // The result as reported, with the output of the agent that ended last.
  OperationResult result(const AgentResult* agent) const;
  // The result of an operation that was cancelled before it ran or between two runs.
  OperationResult cancelled_result() const;
  const AgentResult& agent_result() const { return *agent_result_; }

  void on_agent_exit(AgentRunId run, const AgentResult& result) override;
  void on_timer(std::uint64_t cookie) override;

 private:
  enum Cookie : std::uint64_t { kStartDelay, kInterval, kTimeout, kKill, kStillThere, kKnown, kLookAgain };

  void build_agent_request(const AgentName& agent);
  void set_timer(Duration delay, Cookie cookie);
  void cancel_timer();
  bool look_again_later(const AgentResult& result);
  void finish(const AgentResult& result);
  void expire();
  void kill();
  void judge(const AgentResult& result);
  void judge_signal(int signal);
  void judge_exit_code(const AgentResult& result);
  void note_change();
  void trace_start() const;
  void trace_end() const;

  Host& host_;
  const Profile& profile_;
  RunOwner& owner_;
  OperationRequest request_;
  AgentRequest agent_request_;  // made once, used for every run
  int call_id_;
  State state_ = State::kWaiting;
  bool cancelled_ = false;
  bool timed_out_ = false;
  bool reported_ = false;  // a result was reported since the last (re)scheduling
  Time queued_at_;
  Time started_at_;
  Time last_rc_change_;
  Duration queued_uptime_;
  Duration started_uptime_;
  Outcome outcome_;
  AgentRunId run_;
  TimerId timer_;
  TimerId look_again_timer_;                   // runs beside the time-out
  const AgentResult* agent_result_ = nullptr;  // during on_run_ended only
};

// "20s", "1m", "1m30s", "500ms": as exit reasons and logs spell a time.
std::string readable_duration(Duration duration);

}  // namespace simcluster::executor
