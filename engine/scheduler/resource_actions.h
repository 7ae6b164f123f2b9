// The actions that take resources from their current to their next role (S5 D.1 to D.4).
#pragma once

#include "engine/scheduler/action.h"
#include "engine/scheduler/ids.h"

namespace simcluster::scheduler {

struct Model;
struct Resource;

// Actions of a resource of any variant, children included.
void create_actions(Model& model, Resource& resource);
// S5 D.3. For primitives.
void create_recurring_actions(Model& model, Resource& resource);
// S5 D-20.
bool can_migrate(const Model& model, const Resource& resource, NodeId current);
// S5 D-21.
void create_migration_actions(Model& model, Resource& resource, NodeId current);

}  // namespace simcluster::scheduler
