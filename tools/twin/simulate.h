// The same scenario in the simulator.
#pragma once

#include "engine/base/error.h"
#include "sim/scenario/model.h"
#include "tools/twin/recording.h"

namespace simcluster::twin {

// What the simulated nodes log of membership, quorum and links, what was done, and what tools printed.
Result<Lines> simulate(const sim::Scenario& scenario);

}  // namespace simcluster::twin
