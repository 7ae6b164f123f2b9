// Explanations for programs.
#pragma once

#include <string>
#include <vector>

#include "engine/scheduler/explanation.h"

namespace simcluster::tools {

// A JSON array, one object for each explanation: resource, title, facts, nodes (with the steps of each), choice,
// changes, actions, parts. Scores are numbers; INFINITY is 1000000.
std::string explanation_json(const std::vector<scheduler::Explanation>& explanations);

}  // namespace simcluster::tools
