// Location constraints put into node tables (S3 section 4.3).
#pragma once

#include "engine/scheduler/constraints.h"
#include "engine/scheduler/ids.h"

namespace simcluster::scheduler {

struct Model;
struct Resource;
class NodeTable;

// All of them, newest first (S3 ).
void apply_locations(Model& model);
// One constraint to one resource and what is below it, by variant.
void apply_location(Model& model, Resource& resource, const Location& location);
// S3: the scores only, into any table; `exclusive` tells whether the constraint made discovery exclusive.
void apply_location_scores(Model& model, NodeTable& table, const Location& location, bool& exclusive,
                           ResourceId owner = ResourceId());

}  // namespace simcluster::scheduler
