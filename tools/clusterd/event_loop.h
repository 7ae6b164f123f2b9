// The daemon's event loop: file descriptors (epoll), timers (timerfd on the clock that runs on during suspend) and
// calls put off to the next round. One thread. In each round what has arrived goes before what is due (M ARC-3): a
// process that stood still first reads its datagrams, then learns that its timers ran out.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/base/error.h"
#include "engine/base/host.h"
#include "engine/base/time.h"
#include "tools/clusterd/file_descriptor.h"

namespace simcluster::clusterd {

class EventLoop {
 public:
  // `events`: EPOLLIN and so on, as epoll reports them.
  using Ready = std::function<void(std::uint32_t events)>;

  static Result<std::unique_ptr<EventLoop>> create();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  // Calls `ready` whenever `fd` is ready. The caller keeps `fd` and forgets it here before it closes it.
  void watch(int fd, std::uint32_t events, Ready ready);
  void change(int fd, std::uint32_t events);
  void forget(int fd);

  // Since the machine was switched on.
  static Duration uptime();
  // `delay` from now; 0 or less: in the next round.
  TimerId start_timer(Duration delay, TimerClient& client, std::uint64_t cookie);
  // Puts a pending timer off; false when it is over.
  bool postpone_timer(TimerId timer, Duration delay);
  void cancel_timer(TimerId timer);

  // Calls `call` in the next round, in the order of asking.
  void defer(std::function<void()> call);

  // Until stop(). Returns what stop() was given; may be called again. Exceptions of callbacks pass through.
  int run();
  void stop(int exit_code);

 private:
  EventLoop(FileDescriptor epoll, FileDescriptor timer) : epoll_(std::move(epoll)), timer_(std::move(timer)) {}
  struct Watch {
    std::uint32_t generation = 0;
    std::shared_ptr<Ready> ready;  // shared: it may be forgotten while it runs
  };
  struct Timer {
    Duration due;
    TimerClient* client = nullptr;
    std::uint64_t cookie = 0;
  };
  void set_timer_fd();
  void round();
  void run_due();
  void run_deferred();

  FileDescriptor epoll_;
  FileDescriptor timer_;
  std::unordered_map<int, Watch> watches_;
  std::uint32_t generation_ = 0;
  std::uint64_t next_timer_ = 0;
  std::unordered_map<std::uint64_t, Timer> timers_;
  std::set<std::pair<Duration, std::uint64_t>> order_;
  Duration armed_ = Duration::max();  // what the timer descriptor is set to
  std::vector<std::function<void()>> deferred_;
  bool stopped_ = false;
  int exit_code_ = 0;
};

}  // namespace simcluster::clusterd
