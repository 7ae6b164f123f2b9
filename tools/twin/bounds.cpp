#include "tools/twin/bounds.h"

#include <cstdint>

#include "engine/membership/corosync_conf.h"

namespace simcluster::twin {

namespace {

constexpr std::int64_t kSlack = 200;         // S
constexpr std::int64_t kDaemonStart = 1000;  // B-4: 0.39 s measured, twice that on a busy machine
constexpr std::int64_t kDaemonStop = 600;    // B-3: 0.33 s measured
constexpr std::int64_t kTick = 200;          // KN-5
constexpr std::int64_t kPongs = 2;           // KN-7: pong_count
constexpr std::int64_t kJoinSync = 60;       // B-7

}  // namespace

Result<Bounds> Bounds::of(const std::string& corosync_conf, const Profile& profile) {
  const auto conf = membership::parse_corosync_conf(corosync_conf, "corosync.conf", profile);
  if (!conf) return tl::unexpected(conf.error());
  const auto timers = membership::totem_timers(*conf, profile);
  if (!timers) return tl::unexpected(timers.error());
  Bounds bounds;
  bounds.token_ = timers->token;
  bounds.consensus_ = timers->consensus;
  bounds.merge_ = timers->merge;
  bounds.hold_ = timers->hold;
  bounds.retransmit_ = timers->token_retransmit;
  bounds.knet_ = membership::effective_transport(*conf, profile) == membership::TransportKind::kKnet;
  return bounds;
}

Bound Bounds::of(Change change, std::size_t nodes, std::size_t components) const {
  const auto count = static_cast<std::int64_t>(nodes);
  const std::int64_t timeout = token_ / 2;                                            // knet_ping_timeout
  const std::int64_t interval = (token_ / (2 * kPongs) + kTick - 1) / kTick * kTick;  // KN-5
  const std::int64_t loss = token_ - hold_ - retransmit_;                             // B-1
  // B-5. The three PONGs of a starting daemon wait for the first PING of the other side, too.
  const std::int64_t link_up = knet_ ? (kPongs + 2) * interval + kSlack : 0;
  switch (change) {
    case Change::kFirstRing:
      return {0, kDaemonStart};
    case Change::kLeave:
      return {0, kDaemonStop + kSlack};
    case Change::kRemoval:  // B-2
      return {loss + consensus_, token_ + consensus_ + 2 * kSlack};
    case Change::kSameRing:  // B-9; after the consensus of a node that was away, or at once when an address is back
      return {0, token_ + consensus_ + 2 * kSlack};
    case Change::kMerge:  // B-7; MV-23 where more than two components meet
      return {0, kDaemonStart + link_up + count * merge_ + kJoinSync + kSlack + (components > 2 ? consensus_ : 0)};
    case Change::kAction:  // compared with the real times instead
      return {0, INT64_MAX};
    case Change::kLinkUp:
      return {0, kDaemonStart + link_up};
    case Change::kLinkDown:  // B-6; an ICMP error brings it down within a tick
      return {0, timeout + 2 * interval + kTick + kSlack};
    case Change::kQuorum:  // B-8, after its ring
      return {0, 20 + 2 * count + kSlack};
  }
  return {};
}

}  // namespace simcluster::twin
