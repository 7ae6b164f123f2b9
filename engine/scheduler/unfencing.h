// Resource actions that must wait for their node to be unfenced (S5 E-9).
#pragma once

#include "engine/scheduler/action.h"
#include "engine/scheduler/ids.h"

namespace simcluster::scheduler {

struct Model;
struct Resource;

// Whether actions of the resource depend on unfencing: fence devices when unfencing is in use, and resources that
// require it.
bool depends_on_unfencing(const Model& model, const Resource& resource);
// S5 E-9: relates the node's unfencing to `action`; makes it required on a node that was never unfenced.
void relate_unfencing(Model& model, Resource& resource, NodeId node, ActionId action, RelationFlags flags);

}  // namespace simcluster::scheduler
