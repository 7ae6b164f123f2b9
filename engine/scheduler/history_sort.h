// The order of history entries (S2 chapter 10).
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "engine/scheduler/history.h"

namespace simcluster::scheduler {

// S2 O-10.2: negative when `a` is older. No strict order on odd data.
int compare_history(const HistoryEntry& a, const HistoryEntry& b);

// Reads the entries of an `lrm_resource` in the order of S2 O-10.1.
std::vector<HistoryEntry> sorted_history(const cib::Element& lrm_resource);

// S2.
struct StartStop {
  int start = -1;
  int stop = -1;
};
StartStop start_stop_indexes(std::span<const HistoryEntry> entries);

// "<action>:<transition>:<target-rc>:<uuid>".
struct TransitionKey {
  int action = -1;
  int transition = -1;
  int target_rc = -1;
  std::string_view uuid;
};
bool parse_transition_key(std::string_view text, TransitionKey& key);
// "<status>:<rc>;" followed by a transition key.
bool parse_transition_magic(std::string_view text, TransitionKey& key);

}  // namespace simcluster::scheduler
