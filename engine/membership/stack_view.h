// What the tools and the map see of a running stack, and what they may ask of it. Internal to this folder.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "engine/base/host.h"
#include "engine/base/profile.h"
#include "engine/membership/cmap.h"
#include "engine/membership/corosync_conf.h"
#include "engine/membership/cs_error.h"
#include "engine/membership/group.h"
#include "engine/membership/plan.h"
#include "engine/membership/service.h"
#include "engine/membership/srp.h"
#include "engine/membership/transport.h"
#include "engine/membership/votequorum.h"

namespace simcluster::membership {

// Messages of every service and function sent and received (`runtime.services`, M 17.4).
struct ServiceCounters {
  static constexpr std::size_t kServices = 8;
  static constexpr std::size_t kFunctions = 8;
  struct Pair {
    std::uint64_t tx = 0, rx = 0;
  };
  std::array<std::array<Pair, kFunctions>, kServices> counts{};

  // Null for a service or function that is not counted.
  Pair* find(const ServiceHeader& header) {
    const auto service = static_cast<std::size_t>(header.service);
    return service < kServices && header.function < kFunctions ? &counts[service][header.function] : nullptr;
  }
};

struct StackView {
  const Profile& profile;
  const CorosyncConf& conf;
  const Plan& plan;
  const TotemTimers& timers;
  const Srp& srp;
  const Transport& transport;
  const Votequorum* votequorum;  // null: no provider
  const Cmap& cmap;
  const ServiceCounters& services;
  Time now;             // wall clock
  Time up_since_start;  // what timers count
  ClusterNodeId own;
  RingId ring;
  std::span<const ClusterNodeId> members;  // of the last quorum notification
  bool quorate = false;
};

class StackControl {
 public:
  // Own file is read and checked first; the reload itself goes through the ring to every node (CF-27).
  virtual CsError reload() = 0;
  // `corosync-cfgtool -H` (LC-5), `-k` (LC-6), `-r` (RR-15).
  virtual CsError shut_down(bool force) = 0;
  virtual CsError kill_node(ClusterNodeId node) = 0;
  virtual void reenable_rings() = 0;
  // Client writes to the map, with their effect (T-31, VQ-9).
  virtual CsError set_key(std::string_view key, CmapValue value) = 0;
  virtual CsError erase_key(std::string_view key) = 0;
  virtual void clear_statistics() = 0;
  // VQ-26, VQ-27.
  virtual CsError set_expected_votes(std::uint32_t expected) = 0;
  virtual CsError set_votes(ClusterNodeId node, std::uint32_t votes) = 0;
  virtual CsError unregister_device() = 0;

 protected:
  ~StackControl() = default;
};

// Ring addresses of a node, link after link; empty for a node that the configuration does not name and that is not
// in the ring.
std::vector<IpAddress> node_addresses(const StackView& view, ClusterNodeId node);

// Everything that the map of configuration and run-time values shows (TO-10), stored and computed.
CmapEntries cmap_entries(const StackView& view);
// The map "stats" of Corosync 3 (TO-11); empty before.
CmapEntries stats_entries(const StackView& view);

}  // namespace simcluster::membership
