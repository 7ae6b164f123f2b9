// Fail counts of resources on nodes (S2 chapter 12).
#pragma once

#include <cstdint>

#include "engine/scheduler/ids.h"
#include "engine/scheduler/scores.h"

namespace simcluster::scheduler {

struct Model;
struct Node;
struct Resource;
struct HistoryEntry;

struct FailCount {
  Score count = 0;
  std::int64_t last_failure = 0;  // seconds since 1970, 0 unless count > 0
};

struct FailCountOptions {
  bool effective = false;               // expired failures do not count
  bool launched = false;                // resources launched by this one count too
  const HistoryEntry* entry = nullptr;  // looks only at this entry for blocking failures
};

// S2 C-12.3. A blocking failure turns the resource's failure expiry off for good, hence not const.
FailCount fail_count(Model& model, Resource& resource, const Node& node, const FailCountOptions& options);

// S2 C-12.8: the required action `<rsc>_clear_failcount_0` on the node, created once.
ActionId clear_fail_count(Model& model, ResourceId resource, NodeId node, std::string_view reason);
// Whether that action exists for exactly this node.
bool is_clearing_fail_count(const Model& model, const Resource& resource, NodeId node);

}  // namespace simcluster::scheduler
