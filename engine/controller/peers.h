// What a controller knows of the cluster's nodes (CM-3.1, CM-3.2).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "engine/base/ids.h"
#include "engine/base/time.h"

namespace simcluster::controller {

enum class Expected : std::uint8_t { kUnknown, kMember, kDown, kPending, kBanned };
enum class JoinPhase : std::int8_t {
  kNack = -1,
  kNone = 0,
  kWelcomed = 1,
  kIntegrated = 2,
  kFinalized = 3,
  kConfirmed = 4
};

std::string_view expected_name(Expected expected);
std::string_view join_phase_name(JoinPhase phase);

struct Peer {
  ClusterNodeId id;
  std::string name;              // empty until known
  bool member = false;           // in the ring
  bool online = false;           // its controller is in the group
  bool seen = false;             // was ever a member
  std::int64_t when_member = 0;  // epoch seconds, 0: not a member, 1: a member whose controller has gone
  std::int64_t when_online = 0;
  Expected expected = Expected::kUnknown;
  JoinPhase phase = JoinPhase::kNone;

  bool active() const { return member && online; }
};

// Case-insensitive (CM-1.3).
bool same_node_name(std::string_view a, std::string_view b);

class PeerCache {
 public:
  Peer& get(ClusterNodeId id) {
    Peer& peer = peers_[id];
    peer.id = id;
    return peer;
  }
  Peer* find(ClusterNodeId id);
  const Peer* find(ClusterNodeId id) const;
  Peer* find(std::string_view name);
  const Peer* find(std::string_view name) const;

  // By ascending node id (CM-5.1).
  auto begin() { return peers_.begin(); }
  auto end() { return peers_.end(); }
  auto begin() const { return peers_.begin(); }
  auto end() const { return peers_.end(); }
  std::size_t size() const { return peers_.size(); }
  std::size_t active_count() const;
  std::size_t count(JoinPhase phase) const;

 private:
  std::map<ClusterNodeId, Peer> peers_;
};

// CM-3.2: to nack, none, or one step up.
bool phase_change_allowed(JoinPhase from, JoinPhase to);

}  // namespace simcluster::controller
