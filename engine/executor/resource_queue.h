// The operations of one resource: a queue in order of request with at most one active operation, and the recurring
// ones that sleep between two runs (CM H.2).
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "engine/executor/executor.h"
#include "engine/executor/operation_run.h"

namespace simcluster::executor {

class ResourceQueue;

// What the queues of one executor share.
class QueueOwner {
 public:
  // Takes one of the places for running operations (CM-8.6). False: there is none; `queue` is asked to advance when
  // one is free.
  virtual bool take_place(ResourceQueue& queue) = 0;
  virtual void free_place() = 0;
  // Called at the start of every event: what the last event left behind can be freed now.
  virtual void begin_event() = 0;
  virtual void report(const OperationResult& result) = 0;
  // A run that was cancelled inside a call: its result is told afterwards.
  virtual void report_cancelled(std::unique_ptr<OperationRun> run) = 0;
  // Keeps a run that is over until the next event.
  virtual void retire(std::unique_ptr<OperationRun> run) = 0;

 protected:
  ~QueueOwner() = default;
};

class ResourceQueue final : public RunOwner {
 public:
  ResourceQueue(Host& host, const Profile& profile, QueueOwner& owner, AgentName agent);

  void execute(OperationRequest request, int call_id);
  CancelOutcome cancel(std::string_view action, Duration interval);
  void cancel_recurring();
  int recurring_count() const;

  // Starts the operation whose turn it is, if there is one.
  void advance();

  bool busy() const { return active_ != nullptr || !queue_.empty(); }
  // All, also the recurring ones that sleep.
  std::size_t operations() const { return runs_.size(); }
  // Operations with interval 0 that wait or run.
  std::size_t pending_count() const;

  void on_run_ready(OperationRun& run) override;
  void on_run_due(OperationRun& run) override;
  void on_run_ended(OperationRun& run) override;

 private:
  OperationRun* find(std::string_view action, Duration interval);
  std::unique_ptr<OperationRun> take(const OperationRun& run);
  void enqueue(OperationRun& run);
  CancelOutcome cancel_run(OperationRun& run);

  Host& host_;
  const Profile& profile_;
  QueueOwner& owner_;
  AgentName agent_;
  std::vector<std::unique_ptr<OperationRun>> runs_;
  std::deque<OperationRun*> queue_;  // the active one is not in it
  OperationRun* active_ = nullptr;
};

}  // namespace simcluster::executor
