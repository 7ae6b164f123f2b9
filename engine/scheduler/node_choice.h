// Choosing between nodes (S3 chapters 8 and 9).
#pragma once

#include <vector>

#include "engine/scheduler/ids.h"
#include "engine/scheduler/node_table.h"
#include "engine/scheduler/recorder.h"

namespace simcluster::scheduler {

struct Model;
struct Resource;
struct Node;

// S3; negative when `a` is better. `current` may be none. Scores are those of the entries.
int compare_nodes(const Model& model, NodeId a, Score score_a, NodeId b, Score score_b, NodeId current);
// Candidates of a table, best first, in the order of the documented sort (S3 ).
std::vector<NodeId> sorted_candidates(Model& model, const NodeTable& table, NodeId current);
// Writes down how the node of a primitive was found, where somebody records it. `chosen` may be none.
void record_decision(Model& model, const Resource& resource, NodeId chosen, DecisionKind kind);
// S3: capacity check, choice, placement.
void choose_and_place(Model& model, Resource& resource, NodeId prefer, bool final);

}  // namespace simcluster::scheduler
