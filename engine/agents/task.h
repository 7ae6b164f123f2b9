// Task<T>: a coroutine that runs when it is awaited and gives back a T. Agents are written with it, so that they read
// from top to bottom like the shell scripts they stand for and can still be suspended at every step.
//
//   Task<int> monitor(System& system) {
//     const bool there = co_await system.file_exists(path);   // one step
//     co_return there ? kOcfSuccess : kOcfNotRunning;
//   }
//
// A Task owns its frame: dropping the Task drops the frame and everything that it awaits, at whatever step it stands.
// An exception is a failed assertion; it leaves through the call that resumed the coroutine.
//
// Put the result of co_await into a variable before it is asked: GCC 12 compiles `if (co_await ...)` wrongly (the body
// is skipped). conditions_test.cpp looks for it.
#pragma once

#include <coroutine>
#include <cstddef>
#include <optional>
#include <utility>

#include "engine/agents/frame_pool.h"
#include "engine/base/assert.h"

namespace simcluster::agents {

template <class T = void>
class Task;

namespace task_detail {

// Back to the coroutine that awaits this one; at the top back to the caller of resume().
struct FinalAwaiter {
  bool await_ready() const noexcept { return false; }
  template <class Promise>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> handle) const noexcept {
    return handle.promise().continuation;
  }
  void await_resume() const noexcept {}
};

struct PromiseBase {
  std::coroutine_handle<> continuation = std::noop_coroutine();

  static void* operator new(std::size_t size) { return allocate_frame(size); }
  static void operator delete(void* frame, std::size_t size) noexcept { release_frame(frame, size); }

  std::suspend_always initial_suspend() const noexcept { return {}; }
  FinalAwaiter final_suspend() const noexcept { return {}; }
  [[noreturn]] void unhandled_exception() const { throw; }
};

template <class T>
struct Promise : PromiseBase {
  std::optional<T> value;

  Task<T> get_return_object() noexcept;
  template <class U>
  void return_value(U&& result) {
    value.emplace(std::forward<U>(result));
  }
  T take() {
    SIMCLUSTER_ASSERT(value.has_value());
    return std::move(*value);
  }
};

template <>
struct Promise<void> : PromiseBase {
  Task<void> get_return_object() noexcept;
  void return_void() const noexcept {}
  void take() const noexcept {}
};

}  // namespace task_detail

template <class T>
class [[nodiscard]] Task {
 public:
  using promise_type = task_detail::Promise<T>;
  using Handle = std::coroutine_handle<promise_type>;

  Task() = default;
  explicit Task(Handle handle) noexcept : handle_(handle) {}
  Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Task& operator=(Task&& other) noexcept {
    if (this != &other) {
      drop();
      handle_ = std::exchange(other.handle_, nullptr);
    }
    return *this;
  }
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;
  ~Task() { drop(); }

  // Runs the coroutine up to its first suspension, or to its end. Only for the outermost task of a process.
  void start() { handle_.resume(); }
  bool done() const { return handle_ && handle_.done(); }
  // What it returned; only after done().
  T result() { return handle_.promise().take(); }
  explicit operator bool() const { return static_cast<bool>(handle_); }

  // Awaiting starts it; the awaiting coroutine goes on when it is over.
  bool await_ready() const noexcept { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiting) noexcept {
    handle_.promise().continuation = awaiting;
    return handle_;
  }
  T await_resume() { return handle_.promise().take(); }

 private:
  void drop() noexcept {
    if (handle_) std::exchange(handle_, nullptr).destroy();
  }

  Handle handle_ = nullptr;
};

namespace task_detail {

template <class T>
Task<T> Promise<T>::get_return_object() noexcept {
  return Task<T>(std::coroutine_handle<Promise<T>>::from_promise(*this));
}

inline Task<void> Promise<void>::get_return_object() noexcept {
  return Task<void>(std::coroutine_handle<Promise<void>>::from_promise(*this));
}

}  // namespace task_detail
}  // namespace simcluster::agents
