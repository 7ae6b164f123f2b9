#include "engine/controller/standstill.h"

#include <utility>

namespace simcluster::controller {

Standstill::~Standstill() { end(); }

void Standstill::forget() {
  still_ = false;
  waiting_.clear();
}

void Standstill::end() {
  forget();
  for (const auto& [number, timer] : timers_) host_.cancel_timer(timer.inner);
  timers_.clear();
  runs_.clear();
  numbers_.clear();
}

void Standstill::go_on() {
  still_ = false;
  while (!waiting_.empty() && !still_) {
    const std::function<void()> next = std::move(waiting_.front());
    waiting_.pop_front();
    next();
  }
}

bool Standstill::puts_off(std::function<void()> call) {
  if (still_) waiting_.push_back(std::move(call));
  return still_;
}

TimerId Standstill::start_timer(Duration delay, TimerClient& client, std::uint64_t cookie) {
  const std::uint64_t number = ++last_number_;
  timers_[number] = {&client, cookie, host_.start_timer(delay, *this, number)};
  return TimerId(number);
}

bool Standstill::postpone_timer(TimerId timer, Duration delay) {
  const auto found = timers_.find(timer.value);
  return found != timers_.end() && host_.postpone_timer(found->second.inner, delay);
}

void Standstill::cancel_timer(TimerId timer) {
  const auto found = timers_.find(timer.value);
  if (found == timers_.end()) return;
  host_.cancel_timer(found->second.inner);
  timers_.erase(found);
}

void Standstill::on_timer(std::uint64_t number) {
  if (still_) {
    waiting_.emplace_back([this, number] { on_timer(number); });
    return;
  }
  const auto found = timers_.find(number);
  if (found == timers_.end()) return;  // cancelled while it waited
  const Timer timer = found->second;
  timers_.erase(found);
  timer.client->on_timer(timer.cookie);
}

AgentRunId Standstill::run_agent(const AgentRequest& request, AgentClient& client) {
  const std::uint64_t number = ++last_number_;
  runs_[number].client = &client;
  if (!puts_off([this, number, request] { start_run(number, request); })) start_run(number, request);
  return AgentRunId(number);
}

void Standstill::start_run(std::uint64_t number, const AgentRequest& request) {
  const auto found = runs_.find(number);
  if (found == runs_.end()) return;
  found->second.inner = host_.run_agent(request, *this);
  numbers_[found->second.inner] = number;
}

void Standstill::signal_agent(AgentRunId run, int signal) {
  const auto found = runs_.find(run.value);
  if (found != runs_.end() && found->second.inner.valid()) host_.signal_agent(found->second.inner, signal);
}

void Standstill::on_agent_exit(AgentRunId inner, const AgentResult& result) {
  if (still_) {
    waiting_.emplace_back([this, inner, result] { on_agent_exit(inner, result); });
    return;
  }
  const auto number = numbers_.find(inner);
  if (number == numbers_.end()) return;
  const auto run = runs_.find(number->second);
  AgentClient* const client = run->second.client;
  const AgentRunId known(number->second);
  runs_.erase(run);
  numbers_.erase(number);
  client->on_agent_exit(known, result);
}

}  // namespace simcluster::controller
