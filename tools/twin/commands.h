// A scenario as a script for the real cluster (real.sh).
#pragma once

#include <string>

#include "engine/base/error.h"
#include "sim/scenario/model.h"

namespace simcluster::twin {

// The script, a command a line. An error names the first thing of the scenario that the real cluster cannot be made to
// do: an old version, a random moment, a fault without a real counterpart.
Result<std::string> real_script(const sim::Scenario& scenario);

}  // namespace simcluster::twin
