// Strong integer ids: a NodeIndex cannot be passed where a LinkIndex is wanted.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>

namespace simcluster {

// Tag is any (also incomplete) type that names the kind of id. The default value is "none".
template <class Tag, class Rep = std::uint32_t>
struct Id {
  using rep = Rep;
  static constexpr Rep kNone = std::numeric_limits<Rep>::max();

  Rep value = kNone;

  constexpr Id() = default;
  constexpr explicit Id(Rep v) : value(v) {}
  constexpr auto operator<=>(const Id&) const = default;
  constexpr bool valid() const { return value != kNone; }
  constexpr std::size_t index() const { return static_cast<std::size_t>(value); }
  static constexpr Id none() { return Id(); }
};

// A node of the simulated world (dense, 0..N-1, in the order of the scenario). `none` means the world itself.
using NodeIndex = Id<struct NodeIndexTag, std::uint16_t>;
// Ring (Corosync 1 and 2) or link (Corosync 3) number, 0..7.
using LinkIndex = Id<struct LinkIndexTag, std::uint8_t>;
// A timer that the host was asked for.
using TimerId = Id<struct TimerIdTag, std::uint64_t>;
// One run of an agent.
using AgentRunId = Id<struct AgentRunIdTag, std::uint64_t>;
// Corosync's node id: unsigned 32 bit, printed in decimal (CM-1.3).
using ClusterNodeId = Id<struct ClusterNodeIdTag, std::uint32_t>;

}  // namespace simcluster

template <class Tag, class Rep>
struct std::hash<simcluster::Id<Tag, Rep>> {
  std::size_t operator()(simcluster::Id<Tag, Rep> id) const noexcept { return static_cast<std::size_t>(id.value); }
};
