// Creating nodes (S2 N-3.1 to N-3.4).
#pragma once

#include <string_view>

#include "engine/scheduler/node.h"

namespace simcluster::scheduler {

struct Model;

// Adds a node to the list, in front of equal names. Texts are borrowed.
NodeId create_node(Model& model, std::string_view id, std::string_view name, NodeVariant variant, Score score);
// S2 N-3.4.
void apply_startup_fencing(const Model& model, Node& node);

}  // namespace simcluster::scheduler
