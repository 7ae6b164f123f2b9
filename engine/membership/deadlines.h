// All timers of one node's membership layer over a single host timer. A deadline that moves away costs one store: the
// host timer is left alone, wakes up too early once and is started again for what is then the earliest. Observable
// firing times are exact.
#pragma once

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
  kTransport5,
  kSelfToken,        // a token that a processor sends to itself
  kFlush,            // sends that wait for a callback to return
  kLastManStanding,  // VQ-21
  kQuorumDevice,     // VQ-24
  kShutdown,
};
inline constexpr std::size_t kDeadlineCount = static_cast<std::size_t>(Deadline::kShutdown) + 1;

class Deadlines {
 public:
  Deadlines(Host& host, TimerClient& client, std::uint64_t cookie) : host_(host), client_(client), cookie_(cookie) {}
  ~Deadlines() { host_.cancel_timer(timer_); }
  Deadlines(const Deadlines&) = delete;
  Deadlines& operator=(const Deadlines&) = delete;

  // Replaces the deadline if it is armed.
  void arm(Deadline which, Duration delay) {
    Slot& slot = slots_[static_cast<std::size_t>(which)];
    slot.at = host_.now() + delay;
    slot.order = ++order_;
  }
  void cancel(Deadline which) { slots_[static_cast<std::size_t>(which)].at = kNever; }
  void cancel_all() {
    for (Slot& slot : slots_) slot.at = kNever;
  }
  bool armed(Deadline which) const { return slots_[static_cast<std::size_t>(which)].at != kNever; }

  // Makes sure that the host wakes us for the earliest deadline. Once at the end of every input.
  void settle();
  // The host timer came. Returns due deadlines one by one, by time, then by the order of arming (ARC-3); each is over
  // when it is returned.
  void on_host_timer() {
    timer_ = TimerId::none();
    timer_at_ = kNever;
  }
  std::optional<Deadline> next_due();
  // When the host timer should have come, if that is past: the node was not running.
  std::optional<Time> overdue_since() const {
    if (timer_at_ < host_.now()) return timer_at_;
    return std::nullopt;
  }

 private:
  static constexpr Time kNever{std::numeric_limits<std::int64_t>::max()};
  struct Slot {
    Time at = kNever;
    std::uint64_t order = 0;
  };

  Host& host_;
  TimerClient& client_;
  std::uint64_t cookie_;
  std::array<Slot, kDeadlineCount> slots_;
  std::uint64_t order_ = 0;
  TimerId timer_;
  Time timer_at_ = kNever;
};

}  // namespace simcluster::membership
