// Where nobody knows beforehand what the membership does.
#pragma once

#include <vector>

#include "engine/base/time.h"
#include "sim/scenario/model.h"

namespace simcluster::twin {

// For the boot, and for each time at which something is done: whether what follows is chance. It is while frames are
// lost at random, and when a cable was out for less than a second (whether a ping falls into that is chance: five real
// runs went three ways), until nothing more has happened for `settled`.
std::vector<bool> left_to_chance(const sim::Scenario& scenario, Duration settled);

}  // namespace simcluster::twin
