// Loading node attributes (S2 ).
#pragma once

#include "engine/cib/document.h"
#include "engine/scheduler/node.h"

namespace simcluster::scheduler {

struct Model;

// From a `node` (permanent: existing values are kept) or from a `transient_attributes` element, which may be none
// (transient: values replace existing ones).
void load_node_attributes(Model& model, Node& node, const cib::Element& xml, bool transient);

}  // namespace simcluster::scheduler
