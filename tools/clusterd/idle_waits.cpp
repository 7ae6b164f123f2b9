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

// This thread's place among them; without one it is not woken.
class Place {
 public:
  Place() {
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

 private:
  std::atomic<pid_t>* place_ = nullptr;
};

void wake(int) {}

}  // namespace

// What the C library's own does besides: a thread may be cancelled here, and a signal ends it with EINTR.
extern "C" int epoll_wait(int epoll, epoll_event* events, int most, int timeout) {
  if (timeout != kLibknetsTick) return epoll_pwait(epoll, events, most, timeout, nullptr);
  const thread_local Place place;
  const int ready = epoll_pwait(epoll, events, most, in_a_hurry > 0 ? kLibknetsTick : kLongTick, nullptr);
  return ready < 0 && errno == EINTR && in_a_hurry > 0 ? 0 : ready;
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
