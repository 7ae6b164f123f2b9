// Instance parameters evaluated per node, each at most once (S1 C-9.8, S0 GU-8.8).
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "engine/cib/dates.h"
#include "engine/scheduler/key_index.h"
#include "engine/scheduler/pairs.h"

namespace simcluster::scheduler {

struct ParameterCache {
  // References stay valid.
  std::deque<Pairs> tables;
  // By ResourceId, as far as asked for: 1 and the number of the table, 0 for none. Of a resource without rules one
  // table serves every node.
  std::vector<std::uint32_t> of_resource;
  // The same of resources whose parameters have rules, by ResourceId and NodeId.
  KeyIndex<std::uint32_t> of_node;
  // Model::now as rules want it.
  std::optional<cib::DateTime> now;
};

}  // namespace simcluster::scheduler
