// The answer to one question that an agent asked its host. Replies live in the coroutine frame of the asking agent:
// nothing is allocated for a step.
#pragma once

#include <coroutine>
#include <cstdint>
#include <tuple>
#include <utility>

namespace simcluster::agents {

class AgentProcess;
class SystemBackend;

// The untyped part. A backend may keep a pointer to it until it answers, or until it is told to forget it.
class PendingReply {
 public:
  PendingReply(const PendingReply&) = delete;
  PendingReply& operator=(const PendingReply&) = delete;

  // The process that waits.
  AgentProcess& process() const { return *process_; }

  // For the backend: for example the number of the queued event that will answer.
  std::uint64_t cookie = 0;

 protected:
  explicit PendingReply(AgentProcess& process) : process_(&process) {}
  ~PendingReply() = default;
  // Lets the agent go on. When called from inside the asking call itself, the agent goes on after that call.
  void wake();

  enum class State : std::uint8_t { kIdle, kAsking, kAnsweredInCall, kWaiting, kAnswered };

  AgentProcess* process_;
  std::coroutine_handle<> waiting_;
  State state_ = State::kIdle;
};

template <class T>
class Reply : public PendingReply {
 public:
  // Gives the answer; once. Neither the reply nor the arguments of the question may be touched afterwards: the agent
  // runs on, inside this call, up to its next question or its end (which is reported to the process's listener).
  void complete(T value) {
    value_ = std::move(value);
    wake();
  }

 protected:
  using PendingReply::PendingReply;
  ~Reply() = default;

  T value_{};
};

// For questions whose answer is only that it is done.
struct Done {};

// The awaitable of one backend call. Arguments are kept as given (views and references are borrowed, so that
// temporaries of the awaiting expression stay alive until the answer).
template <auto Method, class T, class... Args>
class [[nodiscard]] Call final : public Reply<T> {
 public:
  Call(AgentProcess& process, SystemBackend& backend, Args... args)
      : Reply<T>(process), backend_(backend), args_(std::forward<Args>(args)...) {}
  // Dropped while it waits: the agent was killed. The backend forgets the question.
  ~Call();

  bool await_ready() const noexcept { return false; }
  // False when the backend answered inside the call: then the step took no time.
  bool await_suspend(std::coroutine_handle<> handle);
  T await_resume() { return std::move(this->value_); }

 private:
  SystemBackend& backend_;
  std::tuple<Args...> args_;
};

}  // namespace simcluster::agents
