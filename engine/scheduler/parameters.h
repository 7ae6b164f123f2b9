// Instance parameters evaluated per node, each at most once (S1 C-9.8, S0 GU-8.8).
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <unordered_set>

#include "engine/cib/dates.h"
#include "engine/scheduler/ids.h"
#include "engine/scheduler/pairs.h"

namespace simcluster::scheduler {

struct ParameterCache {
  // Key: resource and node, or resource alone when no rule can tell nodes apart.
  std::unordered_map<std::uint64_t, Pairs> tables;
  // Resources whose parameters have rules: one table per node.
  std::unordered_set<ResourceId> depends_on_node;
  // Model::now as rules want it.
  std::optional<cib::DateTime> now;
};

}  // namespace simcluster::scheduler
