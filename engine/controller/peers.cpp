#include "engine/controller/peers.h"

#include <algorithm>

namespace simcluster::controller {

namespace {
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
}  // namespace

std::string_view expected_name(Expected expected) {
  switch (expected) {
    case Expected::kUnknown:
      return "";
    case Expected::kMember:
      return "member";
    case Expected::kDown:
      return "down";
    case Expected::kPending:
      return "pending";
    case Expected::kBanned:
      return "banned";
  }
  return "";
}

std::string_view join_phase_name(JoinPhase phase) {
  switch (phase) {
    case JoinPhase::kNack:
      return "nack";
    case JoinPhase::kNone:
      return "none";
    case JoinPhase::kWelcomed:
      return "welcomed";
    case JoinPhase::kIntegrated:
      return "integrated";
    case JoinPhase::kFinalized:
      return "finalized";
    case JoinPhase::kConfirmed:
      return "confirmed";
  }
  return "";
}

bool same_node_name(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return lower(x) == lower(y); });
}

Peer* PeerCache::find(ClusterNodeId id) {
  const auto it = peers_.find(id);
  return it == peers_.end() ? nullptr : &it->second;
}

const Peer* PeerCache::find(ClusterNodeId id) const {
  const auto it = peers_.find(id);
  return it == peers_.end() ? nullptr : &it->second;
}

Peer* PeerCache::find(std::string_view name) {
  for (auto& [id, peer] : peers_) {
    if (!peer.name.empty() && same_node_name(peer.name, name)) return &peer;
  }
  return nullptr;
}

const Peer* PeerCache::find(std::string_view name) const { return const_cast<PeerCache*>(this)->find(name); }

std::size_t PeerCache::active_count() const {
  return static_cast<std::size_t>(
      std::count_if(peers_.begin(), peers_.end(), [](const auto& entry) { return entry.second.active(); }));
}

std::size_t PeerCache::count(JoinPhase phase) const {
  return static_cast<std::size_t>(
      std::count_if(peers_.begin(), peers_.end(), [&](const auto& entry) { return entry.second.phase == phase; }));
}

bool phase_change_allowed(JoinPhase from, JoinPhase to) {
  if (to == JoinPhase::kNack || to == JoinPhase::kNone || to == from) return true;
  return static_cast<int>(to) == static_cast<int>(from) + 1;
}

}  // namespace simcluster::controller
