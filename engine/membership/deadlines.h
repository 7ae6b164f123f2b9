// All timers of one node's membership layer over a single host timer. A deadline that moves away costs one store: the
// host timer is left alone until it is nearer than half of the new delay, and only then put off. Should it come too
// early all the same, it is started again for what is then the earliest. Observable firing times are exact.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>

#include "engine/base/host.h"

namespace simcluster::membership {

// M 2.3, and the timers of the layers above and below the ring protocol.
enum class Deadline : std::uint8_t {
  kTokenLoss,        // TM-1
  kTokenWarning,     // TM-2
  kTokenRetransmit,  // TM-3
  kHoldRetransmit,   // TM-4
  kJoin,             // TM-5
  kConsensus,        // TM-6
  kMergeDetect,      // TM-7
  kHeartbeat,        // TM-8
  kDelayedJoin,      // SRP-4.5
  kDiagnosis,        // LOG-2
  kTransport0,       // the transport's own
  kTransport1,
  kTransport2,
  kTransport3,
  kTransport4,
  kSelfToken,        // a token that a processor sends to itself
  kLastManStanding,  // VQ-21
  kDevice,           // VQ-18, VQ-24
  kShutdown,
};
inline constexpr std::size_t kDeadlineCount = static_cast<std::size_t>(Deadline::kShutdown) + 1;
static_assert(kDeadlineCount <= 32);

class Deadlines {
 public:
  Deadlines(Host& host, TimerClient& client, std::uint64_t cookie)
      : host_(host), client_(client), cookie_(cookie), now_{host.uptime().ns} {}
  ~Deadlines() { host_.cancel_timer(timer_); }
  Deadlines(const Deadlines&) = delete;
  Deadlines& operator=(const Deadlines&) = delete;

  // Time stands still while one input is processed. It counts from the machine's start: a jump of the wall clock moves
  // no timer (MV-42).
  void begin_input() { now_ = Time{host_.uptime().ns}; }
  Time now() const { return now_; }

  // Replaces the deadline if it is armed.
  void arm(Deadline which, Duration delay) {
    Slot& slot = slots_[static_cast<std::size_t>(which)];
    slot.at = now_ + delay;
    slot.order = ++order_;
    armed_ |= bit(which);
    soonest_ = std::min(soonest_, slot.at);
  }
  void cancel(Deadline which) { armed_ &= ~bit(which); }
  void cancel_all() { armed_ = 0; }
  bool armed(Deadline which) const { return (armed_ & bit(which)) != 0; }

  // Makes sure that the host wakes us for the earliest deadline. Once at the end of every input.
  void settle() {
    const Time awaited = slots_[static_cast<std::size_t>(timer_for_)].at;
    const bool in_vain = awaited - timer_at_ > timer_at_ - now_ && armed(timer_for_);
    if (soonest_ < timer_at_ || in_vain) restart();
  }
  // The host timer came. next_due() returns due deadlines one by one, by time, then by the order of arming (ARC-3);
  // each is over when it is returned.
  void on_host_timer() {
    expected_ = slots_[static_cast<std::size_t>(timer_for_)].at == timer_at_ ? timer_order_ : 0;
    timer_ = TimerId::none();
    timer_at_ = kNever;
    soonest_ = {};
  }
  std::optional<Deadline> next_due();
  // True when the host timer should have come longer than that ago: the node was not running.
  bool overdue(Duration by) const { return timer_at_ < now_ - by; }

 private:
  static constexpr Time kNever{std::numeric_limits<std::int64_t>::max()};
  struct Slot {
    Time at;
    std::uint64_t order = 0;
  };
  static constexpr std::uint32_t bit(Deadline which) { return std::uint32_t{1} << static_cast<unsigned>(which); }
  void restart();
  std::size_t first() const;

  Host& host_;
  TimerClient& client_;
  std::uint64_t cookie_;
  std::array<Slot, kDeadlineCount> slots_;
  std::uint64_t order_ = 0;      // grows with every arming
  std::uint64_t looked_at_ = 0;  // order_ when next_due() found that coming_ is the next
  Deadline coming_ = Deadline::kTokenLoss;
  std::uint32_t armed_ = 0;  // one bit per deadline
  Time soonest_ = kNever;    // of what was armed since the host timer was settled
  Time now_;
  TimerId timer_;
  Time timer_at_ = kNever;
  Deadline timer_for_ = Deadline::kTokenLoss;  // what the host timer was started for
  std::uint64_t timer_order_ = 0;              // and that one's order then
  std::uint64_t expected_ = 0;                 // the same when the host timer has just come for it, else 0
};

}  // namespace simcluster::membership
