// Clusters of any size for the scheduler's benchmarks: the same shape always gives the same text.
//
// What runs already stands where the scheduler would leave it, so that the steady state needs no action at all.
// Constraints point from a resource to an earlier one; only `loops` adds some that point the other way.
#pragma once

#include <cstdint>
#include <string>

namespace simcluster::bench {

enum class ClusterState : std::uint8_t {
  kFresh,   // all nodes are up, nothing was probed or started
  kSteady,  // everything runs, nothing is to be done
  kFailed,  // steady, but the last node was lost without a word
  kHalf,    // every second primitive and group runs, the rest was found stopped
};

struct ClusterShape {
  int nodes = 8;
  int primitives = 0;
  int groups = 0;
  int group_size = 3;
  int clones = 0;
  int promotables = 0;
  int bundles = 0;  // always fresh
  // Constraints per primitive or group.
  double colocations = 0;
  double orderings = 0;
  double locations = 0;  // half of them with a rule
  double tickets = 0;
  double clone_dependents = 0;  // colocation with a clone and ordering after it
  int mandatory_percent = 50;   // of colocations and orderings
  int span = 8;                 // how far back a constraint reaches
  int loops = 0;                // colocations against the direction
  ClusterState state = ClusterState::kFresh;
  std::uint64_t seed = 1;
};

// The XML text of a CIB that Pacemaker 2.1.5 and later accept.
std::string generate_cluster(const ClusterShape& shape);

}  // namespace simcluster::bench
