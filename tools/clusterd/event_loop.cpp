#include "tools/clusterd/event_loop.h"

#include <array>
#include <cerrno>
#include <ctime>

#include <sys/epoll.h>
#include <sys/timerfd.h>

#include "engine/base/assert.h"
#include "tools/clusterd/system_error.h"

namespace simcluster::clusterd {

namespace {

constexpr int kBatch = 64;
constexpr Duration kMuch = milliseconds(20);

epoll_event event_of(int fd, std::uint32_t generation, std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = std::uint64_t{generation} << 32 | static_cast<std::uint32_t>(fd);
  return event;
}

}  // namespace

Result<std::unique_ptr<EventLoop>> EventLoop::create() {
  FileDescriptor epoll(epoll_create1(EPOLL_CLOEXEC));
  if (!epoll) return system_failure("create an epoll descriptor");
  FileDescriptor timer(timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK | TFD_CLOEXEC));
  if (!timer) return system_failure("create a timer descriptor");
  std::unique_ptr<EventLoop> loop(new EventLoop(std::move(epoll), std::move(timer)));
  loop->watch(loop->timer_.get(), EPOLLIN, [fd = loop->timer_.get(), raw = loop.get()](std::uint32_t) {
    std::uint64_t count = 0;
    static_cast<void>(::read(fd, &count, sizeof count));
    raw->armed_ = Duration::max();
  });
  return loop;
}

Duration EventLoop::uptime() {
  timespec now{};
  clock_gettime(CLOCK_BOOTTIME, &now);
  return seconds(now.tv_sec) + nanoseconds(now.tv_nsec);
}

void EventLoop::watch(int fd, std::uint32_t events, Ready ready) {
  Watch& watch = watches_[fd];
  watch.generation = ++generation_;
  watch.ready = std::make_shared<Ready>(std::move(ready));
  epoll_event event = event_of(fd, watch.generation, events);
  const int done = epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event);
  SIMCLUSTER_ASSERT(done == 0);
}

void EventLoop::change(int fd, std::uint32_t events) {
  const auto it = watches_.find(fd);
  SIMCLUSTER_ASSERT(it != watches_.end());
  epoll_event event = event_of(fd, it->second.generation, events);
  const int done = epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event);
  SIMCLUSTER_ASSERT(done == 0);
}

void EventLoop::forget(int fd) {
  if (watches_.erase(fd) > 0) epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
}

TimerId EventLoop::start_timer(Duration delay, TimerClient& client, std::uint64_t cookie) {
  const std::uint64_t id = next_timer_++;
  const Duration due = uptime() + delay;
  timers_[id] = {due, &client, cookie};
  order_.emplace(due, id);
  return TimerId(id);
}

bool EventLoop::postpone_timer(TimerId timer, Duration delay) {
  const auto it = timers_.find(timer.value);
  if (it == timers_.end()) return false;
  order_.erase({it->second.due, timer.value});
  it->second.due = uptime() + delay;
  order_.emplace(it->second.due, timer.value);
  return true;
}

void EventLoop::cancel_timer(TimerId timer) {
  const auto it = timers_.find(timer.value);
  if (it == timers_.end()) return;
  order_.erase({it->second.due, timer.value});
  timers_.erase(it);
}

void EventLoop::defer(std::function<void()> call) { deferred_.push_back(std::move(call)); }

// A timer that was put off by little leaves the descriptor as it is: a wake-up in vain now and then costs less than a
// system call each time. By much, as the token's on an idle ring: the wake-up costs more.
void EventLoop::set_timer_fd() {
  if (order_.empty()) return;
  const Duration due = order_.begin()->first;
  if (due >= armed_ && due - armed_ < kMuch) return;
  armed_ = due;
  itimerspec spec{};
  const std::int64_t at = std::max<std::int64_t>(armed_.ns, 1);
  spec.it_value.tv_sec = at / 1'000'000'000;
  spec.it_value.tv_nsec = at % 1'000'000'000;
  timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &spec, nullptr);
}

void EventLoop::run_due() {
  const Duration now = uptime();
  while (!stopped_ && !order_.empty() && order_.begin()->first <= now) {
    const std::uint64_t id = order_.begin()->second;
    order_.erase(order_.begin());
    const Timer timer = timers_.at(id);
    timers_.erase(id);
    timer.client->on_timer(timer.cookie);
  }
}

void EventLoop::run_deferred() {
  std::vector<std::function<void()>> calls;
  calls.swap(deferred_);
  for (const auto& call : calls)
    if (!stopped_) call();
}

void EventLoop::round() {
  set_timer_fd();
  std::array<epoll_event, kBatch> events;
  const int count = epoll_wait(epoll_.get(), events.data(), kBatch, deferred_.empty() ? -1 : 0);
  SIMCLUSTER_ASSERT(count >= 0 || errno == EINTR);
  for (int i = 0; i < count && !stopped_; ++i) {
    const std::uint64_t data = events[static_cast<std::size_t>(i)].data.u64;
    const auto it = watches_.find(static_cast<int>(data & 0xffff'ffff));
    if (it == watches_.end() || it->second.generation != data >> 32) continue;
    const std::shared_ptr<Ready> ready = it->second.ready;
    (*ready)(events[static_cast<std::size_t>(i)].events);
  }
  run_deferred();
  // A full batch: more may have arrived before what is due.
  if (count < kBatch) run_due();
}

int EventLoop::run() {
  stopped_ = false;
  while (!stopped_) round();
  return exit_code_;
}

void EventLoop::stop(int exit_code) {
  stopped_ = true;
  exit_code_ = exit_code;
}

}  // namespace simcluster::clusterd
