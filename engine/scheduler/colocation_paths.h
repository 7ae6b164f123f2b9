// The same result as walking every path of dependents, by counting paths (S0 GU-8.5): dense optional colocations have
// exponentially many.
#pragma once

#include <cstdint>

#include "engine/scheduler/constraints.h"
#include "engine/scheduler/node_table.h"

namespace simcluster::scheduler {

struct Model;
struct Resource;

// Adds what `source` and all its dependents, their dependents and so on prefer to `table`, as S3 with the flag
// "active" alone does. Returns false, with the table unchanged, when counting might not give the same: there are loops,
// sums might saturate, nothing might stay available, or there are fewer than `worth` paths. Where nobody behind
// `source` has any score it returns at once.
bool merge_by_counting(Model& model, const Resource& source, const Resource& target, NodeTable& table,
                       const Colocation& colocation, float factor, std::uint64_t worth);

}  // namespace simcluster::scheduler
