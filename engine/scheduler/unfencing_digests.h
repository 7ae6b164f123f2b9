// Digests of unfencing devices, recorded in fence actions so that a changed device unfences its nodes (S2 U-18.11).
#pragma once

#include "engine/scheduler/ids.h"

namespace simcluster::scheduler {

struct Model;
struct Node;

// Adds `digests-all` and `digests-secure` to a fence action just created. False when a device's definition differs from
// what the node was unfenced with: then the action is required.
bool add_unfencing_digests(Model& model, const Node& node, ActionId action);

}  // namespace simcluster::scheduler
