// What Corosync's tools print on the nodes: in the middle of a run by the scenario's own words, and on every node
// whenever a phase is over.
#pragma once

#include <vector>

#include "engine/base/time.h"
#include "sim/scenario/model.h"
#include "tools/twin/compare.h"
#include "tools/twin/recording.h"

namespace simcluster::twin {

inline constexpr const char* kLook = "corosync-quorumtool -s";

// When every node is asked by kLook, in ascending order.
std::vector<Duration> look_times(const sim::Scenario& scenario);
// The scenario with these looks in its timeline.
sim::Scenario with_looks(sim::Scenario scenario);
// Compares all screens of corosync-quorumtool and corosync-cfgtool but for dates; `only_last`: of each node and command
// only the last. A row for each that no real run has, and one for all the others. The number of a ring may be another,
// where rings merged in another order.
void compare_looks(const Recording& recording, const Lines& simulated, bool only_last, Comparison& result);

}  // namespace simcluster::twin
