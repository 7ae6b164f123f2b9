// From a scenario file to scenarios that can be run.
#pragma once

#include <string>
#include <string_view>

#include "engine/base/error.h"
#include "sim/scenario/model.h"

namespace simcluster::sim {

// Reads and checks a scenario file with everything that it includes and names. Every error is one sentence with its
// place. Paths in a scenario are relative to the file that names them.
//
// How the parts are laid upon each other (see merge_yaml): included files in order, then the file itself, then for each
// variant the variants that it extends, then the variant.
Result<ScenarioFile> load_scenario(const std::string& path);

}  // namespace simcluster::sim
