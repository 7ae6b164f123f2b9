// What the log says about failed operations in the history (S2 E-11).
#pragma once

#include "engine/scheduler/model.h"

namespace simcluster::scheduler {

// A failure that will be recovered from. `stopped`: the resource stays stopped for it.
void tell_unexpected_result(const Model& model, const HistoryEntry& entry, int rc, const Resource& resource,
                            const Node& node, bool stopped);
// A failure that the configuration says to ignore.
void tell_pretended(const Model& model, const HistoryEntry& entry, const Resource& resource, const Node& node);
// A failure that says to ignore, and cannot be ignored.
void tell_found_by_probe(const Model& model, const HistoryEntry& entry, const Resource& resource, const Node& node,
                         bool promoted);
void tell_missing_agent(const Model& model, const HistoryEntry& entry, const Resource& resource, const Node& node);
// A failure that bans the resource from the node, or `anywhere`.
void tell_ban(const Model& model, const HistoryEntry& entry, int rc, const Resource& resource, const Node& node,
              bool anywhere);

}  // namespace simcluster::scheduler
