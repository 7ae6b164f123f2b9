// What a resource's history on one node means for the resource (S2 chapter 15).
#pragma once

#include "engine/scheduler/history.h"
#include "engine/scheduler/model.h"

namespace simcluster::scheduler {

// S2: the recurring operations that are running there become optional actions.
void create_existing_recurring(Model& model, const Resource& resource, const Node& node,
                               const ResourceHistory& history);
// S2.
void process_resource_state(Model& model, Resource& resource, Node& node, OnFail policy);
// S2: adds a node where the resource is active.
void add_active_node(Model& model, Resource& resource, NodeId node, bool failed);
// S2 and the start of the next history: `before` is the role that other nodes gave.
void settle_roles(const Model& model, Resource& resource, Role before);

}  // namespace simcluster::scheduler
