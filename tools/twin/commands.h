// A scenario as a script for the real cluster (real.sh).
#pragma once

#include <string>

#include "engine/base/error.h"
#include "sim/scenario/model.h"

namespace simcluster::twin {

// The script, a command a line. An error names the first thing of the scenario that the real cluster cannot be made to
// do: an old version, a random moment, a fault without a real counterpart.
Result<std::string> real_script(const sim::Scenario& scenario);

// True when frames are lost at random in between, or a cable is out for less than a second (whether a ping falls into
// that is chance: five real runs went three ways): then nobody knows beforehand what the membership does.
bool loses_at_random(const sim::Scenario& scenario);

}  // namespace simcluster::twin
