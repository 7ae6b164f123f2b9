// Which actions go into the graph and which relations become inputs there (S5 I-4 to I-6).
#pragma once

#include "engine/scheduler/ids.h"

namespace simcluster::scheduler {

struct Model;

// S5 I-4 without the de-duplication: whether the action gets a synapse.
bool belongs_in_graph(const Model& model, ActionId action);
// S5 I-5: whether relation `r` of `action` is listed as an input. May disable the relation; marks it graphed when
// listed.
bool is_graph_input(Model& model, ActionId action, RelationId r);
// S5 I-6: sorts the inputs by action id and joins doubles, once per action.
void deduplicate_inputs(Model& model, ActionId action);

}  // namespace simcluster::scheduler
