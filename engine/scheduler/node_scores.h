// Changes of a resource's node table that reach down to its children (S3 3.2).
#pragma once

#include "engine/scheduler/ids.h"
#include "engine/scheduler/scores.h"

namespace simcluster::scheduler {

struct Model;
struct Resource;

// S3 for one node: children first, then the resource; a missing entry is made from the node with its base score.
void adjust_score(Model& model, ResourceId resource, NodeId node, Score score);
// S3 for every node of the node list. -INFINITY also drops an assignment made.
void adjust_score_everywhere(Model& model, ResourceId resource, Score score);
// S3: 0 for every node, except under exclusive discovery and for nodes that are never probed.
void add_symmetric_default(Model& model, ResourceId resource);
// Replaces the table (not the children's) by all nodes at -INFINITY (S3 ).
void forbid_everywhere(Model& model, Resource& resource);

}  // namespace simcluster::scheduler
