// Parameters and meta-attributes that a graph action carries (S5 I-10).
#pragma once

#include <vector>

#include "engine/scheduler/graph.h"

namespace simcluster::scheduler {

struct Model;
struct Action;

// Fills attributes (sorted) and named_parameters of `out`; texts go into `texts`.
void add_graph_attributes(Model& model, Action& action, StringPool& texts, GraphAction& out);

}  // namespace simcluster::scheduler
