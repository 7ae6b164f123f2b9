// Who takes part in the ring protocol. Up to Corosync 2 a processor is known by its ring addresses, from 3 on by its
// node id (M V-2); the lists, the order and the representative follow from that (V-3).
#pragma once

#include <algorithm>
#include <array>
#include <compare>
#include <cstdint>
#include <vector>

#include "engine/base/address.h"
#include "engine/base/ids.h"

namespace simcluster::membership {

inline constexpr std::size_t kMaxRings = 2;         // K-10, Corosync 1 and 2
inline constexpr std::size_t kMaxProcessors = 384;  // K-1

struct Processor {
  std::uint32_t node_id = 0;
  // Ring addresses; unspecified where node ids are the identity.
  std::array<IpAddress, kMaxRings> address{};

  // Ring 0's address if there is one, else the node id.
  bool operator==(const Processor& other) const {
    if (!address[0].specified() && !other.address[0].specified()) return node_id == other.node_id;
    return address[0] == other.address[0];
  }
  std::strong_ordering operator<=>(const Processor& other) const {
    if (!address[0].specified() && !other.address[0].specified()) return node_id <=> other.node_id;
    return address[0] <=> other.address[0];
  }
  ClusterNodeId id() const { return ClusterNodeId(node_id); }
};

// A ring id with the representative's full identity.
struct Ring {
  Processor representative;
  std::uint64_t sequence = 0;

  bool operator==(const Ring& other) const {
    return sequence == other.sequence && representative == other.representative;
  }
};

// Insertion ordered, no duplicates (M 5.1).
using ProcessorList = std::vector<Processor>;

inline bool contains(const ProcessorList& list, const Processor& p) {
  return std::find(list.begin(), list.end(), p) != list.end();
}

inline void add(ProcessorList& list, const Processor& p) {
  if (!contains(list, p)) list.push_back(p);
}

inline void add_all(ProcessorList& list, const ProcessorList& more) {
  for (const Processor& p : more) add(list, p);
}

inline bool subset(const ProcessorList& small, const ProcessorList& big) {
  return std::all_of(small.begin(), small.end(), [&](const Processor& p) { return contains(big, p); });
}

inline bool same_set(const ProcessorList& a, const ProcessorList& b) { return a.size() == b.size() && subset(a, b); }

// Those of `list` that are not in `without`, in the order of `list`.
inline ProcessorList difference(const ProcessorList& list, const ProcessorList& without) {
  ProcessorList result;
  for (const Processor& p : list)
    if (!contains(without, p)) result.push_back(p);
  return result;
}

}  // namespace simcluster::membership
