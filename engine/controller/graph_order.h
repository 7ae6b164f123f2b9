// What a graph wants before what, in the words of the cluster's log lines.
#pragma once

#include <string>

#include "engine/scheduler/graph.h"

namespace simcluster::controller {

// A line "BEFORE < AFTER" for every two actions of nodes that the graph orders with nothing but pseudo actions between
// them: "stop web on node1 < start web on node2", "fence node1 < start web on node2". Empty for graphs with more than a
// few hundred actions: nobody reads that.
std::string order_text(const scheduler::Graph& graph);

}  // namespace simcluster::controller
