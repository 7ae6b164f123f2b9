#include "tools/clusterd/idle_waits.h"

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>

#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace {

constexpr int kLibknetsTick = 200;  // milliseconds
constexpr int kLongTick = 10'000;
constexpr int kWake = SIGURG;  // nobody else uses it here, and it does no harm to who gets it late

std::atomic<int> in_a_hurry = 0;
std::array<std::atomic<pid_t>, 32> waiting;  // threads that wait longer than they wished

// This thread's place among them; without one it is not woken. The signal comes through only while the thread waits:
// one that was sent just before ends the wait at once.
class Place {
 public:
  Place() {
    sigset_t wake_alone;
    sigemptyset(&wake_alone);
    sigaddset(&wake_alone, kWake);
    pthread_sigmask(SIG_BLOCK, &wake_alone, &blocked_);
    sigdelset(&blocked_, kWake);
    const auto self = static_cast<pid_t>(syscall(SYS_gettid));
    for (auto& place : waiting) {
      pid_t nobody = 0;
      if (!place.compare_exchange_strong(nobody, self)) continue;
      place_ = &place;
      return;
    }
  }
  ~Place() {
    if (place_ != nullptr) place_->store(0);
  }
  // Of signals, while the thread waits.
  const sigset_t& blocked() const { return blocked_; }

 private:
  std::atomic<pid_t>* place_ = nullptr;
  sigset_t blocked_{};
};

void wake(int) {}

}  // namespace

// What the C library's own does besides: a thread may be cancelled here. A signal ends a tick as its time does.
extern "C" int epoll_wait(int epoll, epoll_event* events, int most, int timeout) {
  if (timeout != kLibknetsTick) return epoll_pwait(epoll, events, most, timeout, nullptr);
  const thread_local Place place;
  const int ready = epoll_pwait(epoll, events, most, in_a_hurry > 0 ? kLibknetsTick : kLongTick, &place.blocked());
  return ready < 0 && errno == EINTR ? 0 : ready;
}

namespace simcluster::clusterd {

NoIdleWaits::NoIdleWaits() {
  struct sigaction action {};
  action.sa_handler = wake;
  sigaction(kWake, &action, nullptr);
  ++in_a_hurry;
  for (const auto& place : waiting)
    if (const pid_t thread = place; thread != 0) syscall(SYS_tgkill, getpid(), thread, kWake);
}

NoIdleWaits::~NoIdleWaits() { --in_a_hurry; }

}  // namespace simcluster::clusterd
