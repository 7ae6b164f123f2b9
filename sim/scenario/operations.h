// What an operator does in a timeline: commands typed, notes, looks at a screen.
#pragma once

#include <span>

#include "sim/faults/action.h"

namespace simcluster::sim {

std::span<const ActionType> operation_types();

}  // namespace simcluster::sim
