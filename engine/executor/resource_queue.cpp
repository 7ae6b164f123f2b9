#include "engine/executor/resource_queue.h"

#include <algorithm>
#include <utility>

#include "engine/base/assert.h"

namespace simcluster::executor {

ResourceQueue::ResourceQueue(Host& host, const Profile& profile, QueueOwner& owner, AgentName agent)
    : host_(host), profile_(profile), owner_(owner), agent_(std::move(agent)) {}

OperationRun* ResourceQueue::find(std::string_view action, Duration interval) {
  for (const auto& run : runs_) {
    if (run->matches(action, interval) && !run->cancelled()) return run.get();
  }
  return nullptr;
}

std::unique_ptr<OperationRun> ResourceQueue::take(const OperationRun& run) {
  const auto it = std::find_if(runs_.begin(), runs_.end(), [&](const auto& r) { return r.get() == &run; });
  SIMCLUSTER_ASSERT(it != runs_.end());
  std::unique_ptr<OperationRun> taken = std::move(*it);
  runs_.erase(it);
  return taken;
}

void ResourceQueue::execute(OperationRequest request, int call_id) {
  OperationRun* known = request.interval.ns > 0 ? find(request.action, request.interval) : nullptr;
  if (known != nullptr) {  // CM-8.9: merged, runs at once
    const bool asleep = known->state() == OperationRun::State::kAsleep;
    known->renew(std::move(request), call_id);
    if (asleep) enqueue(*known);
    return;
  }
  if (request.action == "stop") cancel_recurring();  // CM-8.9
  runs_.push_back(std::make_unique<OperationRun>(host_, profile_, *this, std::move(request), agent_, call_id));
  enqueue(*runs_.back());
}

void ResourceQueue::enqueue(OperationRun& run) {
  queue_.push_back(&run);
  run.wait();
  advance();
}

// Starts the head when nothing is active; a start-delay at the head blocks those behind it (CM-8.8).
void ResourceQueue::advance() {
  if (active_ != nullptr || queue_.empty()) return;
  OperationRun* head = queue_.front();
  if (head->state() == OperationRun::State::kDelayed) return;
  if (!owner_.take_place(*this)) return;
  queue_.pop_front();
  active_ = head;
  head->run();
}

CancelOutcome ResourceQueue::cancel(std::string_view action, Duration interval) {
  OperationRun* run = find(action, interval);
  return run == nullptr ? CancelOutcome::kUnknown : cancel_run(*run);
}

CancelOutcome ResourceQueue::cancel_run(OperationRun& run) {
  if (run.state() == OperationRun::State::kRunning) {
    if (!run.recurring()) return CancelOutcome::kUnknown;
    run.cancel_in_flight();
    return CancelOutcome::kInFlight;
  }
  std::erase(queue_, &run);
  run.end();
  owner_.report_cancelled(take(run));
  advance();
  return CancelOutcome::kCancelled;
}

void ResourceQueue::cancel_recurring() {
  std::vector<OperationRun*> recurring;
  for (const auto& run : runs_) {
    if (run->recurring() && !run->cancelled()) recurring.push_back(run.get());
  }
  for (OperationRun* run : recurring) cancel_run(*run);
}

int ResourceQueue::recurring_count() const {
  const auto recurring = [](const auto& run) { return run->recurring() && !run->cancelled(); };
  return static_cast<int>(std::count_if(runs_.begin(), runs_.end(), recurring));
}

std::size_t ResourceQueue::pending_count() const {
  const auto once = [](const auto& run) { return !run->recurring(); };
  return static_cast<std::size_t>(std::count_if(runs_.begin(), runs_.end(), once));
}

void ResourceQueue::on_run_ready(OperationRun&) {
  owner_.begin_event();
  advance();
}

void ResourceQueue::on_run_due(OperationRun& run) {
  owner_.begin_event();
  enqueue(run);
}

void ResourceQueue::on_run_ended(OperationRun& run) {
  owner_.begin_event();
  SIMCLUSTER_ASSERT(active_ == &run);
  active_ = nullptr;
  owner_.free_place();
  if (run.recurring() && !run.cancelled()) {
    run.sleep();
  } else {
    owner_.retire(take(run));
  }
  advance();
  // Last: the client may call back and change everything, this queue included.
  owner_.report(run.result(&run.agent_result()));
}

}  // namespace simcluster::executor
