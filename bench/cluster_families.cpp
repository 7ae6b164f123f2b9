#include "bench/cluster_families.h"

#include <array>

namespace simcluster::bench {

namespace {

ClusterShape primitives(int count, ClusterState state) {
  ClusterShape shape;
  shape.primitives = count;
  shape.state = state;
  return shape;
}

ClusterShape dense(int count, int mandatory_percent, ClusterState state) {
  ClusterShape shape = primitives(count, state);
  shape.colocations = 4;
  shape.mandatory_percent = mandatory_percent;
  return shape;
}

ClusterShape looped(int count) {
  ClusterShape shape = dense(count, 30, ClusterState::kSteady);
  shape.loops = count / 20;
  return shape;
}

ClusterShape many_nodes(int count) {
  ClusterShape shape = primitives(count, ClusterState::kFresh);
  shape.nodes = 64;
  return shape;
}

ClusterShape groups(int count, ClusterState state) {
  ClusterShape shape = primitives(0, state);
  shape.groups = count / 4;
  shape.group_size = 4;
  return shape;
}

ClusterShape clones(int count, ClusterState state) {
  ClusterShape shape = primitives(count / 4, state);
  shape.clones = count * 3 / 4 / shape.nodes;
  shape.clone_dependents = 1;
  return shape;
}

ClusterShape promotables(int count, ClusterState state) {
  ClusterShape shape = primitives(0, state);
  shape.promotables = count / shape.nodes;
  return shape;
}

ClusterShape bundles(int count) {
  ClusterShape shape = primitives(0, ClusterState::kFresh);
  shape.bundles = count / 9;  // three replicas of container, connection and resource
  return shape;
}

ClusterShape ordered(int count, ClusterState state) {
  ClusterShape shape = primitives(count, state);
  shape.orderings = 4;
  return shape;
}

ClusterShape located(int count) {
  ClusterShape shape = primitives(count, ClusterState::kHalf);
  shape.locations = 4;
  shape.tickets = 1;
  return shape;
}

using enum ClusterState;
constexpr std::array kFamilies{
    ClusterFamily{"fresh", [](int n) { return primitives(n, kFresh); }},
    ClusterFamily{"fresh_64_nodes", many_nodes},
    ClusterFamily{"steady", [](int n) { return primitives(n, kSteady); }},
    ClusterFamily{"failed", [](int n) { return primitives(n, kFailed); }},
    ClusterFamily{"half", [](int n) { return primitives(n, kHalf); }},
    ClusterFamily{"groups_fresh", [](int n) { return groups(n, kFresh); }},
    ClusterFamily{"groups_failed", [](int n) { return groups(n, kFailed); }},
    ClusterFamily{"clones_fresh", [](int n) { return clones(n, kFresh); }},
    ClusterFamily{"clones_failed", [](int n) { return clones(n, kFailed); }},
    ClusterFamily{"promotables_fresh", [](int n) { return promotables(n, kFresh); }},
    ClusterFamily{"promotables_failed", [](int n) { return promotables(n, kFailed); }},
    ClusterFamily{"bundles_fresh", bundles},
    ClusterFamily{"optional_colocations_fresh", [](int n) { return dense(n, 0, kFresh); }},
    ClusterFamily{"dense_colocations_steady", [](int n) { return dense(n, 30, kSteady); }},
    ClusterFamily{"looped_colocations_steady", looped},
    ClusterFamily{"orderings_fresh", [](int n) { return ordered(n, kFresh); }},
    ClusterFamily{"orderings_failed", [](int n) { return ordered(n, kFailed); }},
    ClusterFamily{"locations_tickets_half", located},
};

}  // namespace

std::span<const ClusterFamily> cluster_families() { return kFamilies; }

}  // namespace simcluster::bench
