// The state of nodes from `node_state` elements (S2 chapters 6 and 7).
#pragma once

#include "engine/cib/document.h"
#include "engine/scheduler/node.h"

namespace simcluster::scheduler {

struct Model;

// S2 S-6.3 to S-6.11: first pass.
void unpack_node_state(Model& model, Node& node, const cib::Element& state);
// S2 P-7.4.
void determine_remote_online(Model& model, Node& node);
// S2 P-7.5.
void unpack_remote_node_state(Model& model, Node& node, const cib::Element& state);
// S2.
bool is_shutdown_requested(const Node& node);

}  // namespace simcluster::scheduler
