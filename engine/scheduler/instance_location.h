// Where a resource is, taken as a whole (S4 CR-0.1), and which instances belong together (S5 G-25).
#pragma once

#include "engine/scheduler/ids.h"

namespace simcluster::scheduler {

struct Model;
struct Resource;

// The only node that the resource and all below it are assigned to (or active on, with `current`); none when there is
// no such node or more than one.
NodeId single_location(const Model& model, const Resource& resource, bool current);

}  // namespace simcluster::scheduler
