// Assignment: which node each primitive goes to (S3 chapters 6 to 8 and 10).
#pragma once

#include "engine/scheduler/ids.h"

namespace simcluster::scheduler {

struct Model;
struct Resource;

// S3 6.1, 7.2; S4. Assigns a resource of any variant and returns its node, none when it has none. `prefer` may be none.
// With `final` false a failure leaves roles and actions alone (tentative placement of clone instances).
NodeId assign(Model& model, Resource& resource, NodeId prefer, bool final);

// S3: puts a resource on a node or on none. Returns whether anything changed.
bool place(Model& model, Resource& resource, NodeId node, bool forced, bool final);
// S3, children included.
void unassign(Model& model, Resource& resource);

// S3: the score lines of a resource and its children.
void print_scores(Model& model, const Resource& resource, const char* label);

}  // namespace simcluster::scheduler
