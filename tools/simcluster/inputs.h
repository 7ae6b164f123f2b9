// Scenario files named on the command line.
#pragma once

#include <string>
#include <vector>

#include "engine/base/error.h"
#include "sim/scenario/model.h"

namespace simcluster::tools {

// Files as they are; folders with all *.yaml below them, sorted, without those called *.inc.yaml (parts for include).
Result<std::vector<std::string>> scenario_paths(const std::vector<std::string>& named);

// Loads every file; prints the errors of those that cannot be used. `unusable`: how many.
std::vector<sim::ScenarioFile> load_all(const std::vector<std::string>& paths, int& unusable);

}  // namespace simcluster::tools
