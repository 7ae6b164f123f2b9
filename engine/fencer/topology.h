// Which devices must be used, in which order, to fence a node (CM-10.13).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/fencer/fencer.h"

namespace simcluster::fencer {

// The devices of each level for this node, by ascending index; empty: no topology. Levels that name the node itself go
// before expressions, of which the first that fits counts.
std::vector<std::vector<std::string>> levels_for(const std::vector<TopologyLevel>& topology, std::string_view node);

}  // namespace simcluster::fencer
