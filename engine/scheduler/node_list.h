// Creating nodes (S2 N-3.1 to N-3.4).
#pragma once

#include <string_view>

#include "engine/scheduler/node.h"

namespace simcluster::scheduler {

struct Model;

// Adds a node to the list, in front of equal names. Texts are borrowed.
NodeId create_node(Model& model, std::string_view id, std::string_view name, NodeVariant variant, Score score);
// Adds the node of a bundle's replica, which only that bundle knows (S4 CR-10.27).
NodeId create_bundle_node(Model& model, std::string_view id);
// S2 N-3.4.
void apply_startup_fencing(const Model& model, Node& node);

}  // namespace simcluster::scheduler
