// What migrations in the history mean for where a resource is active (S2 chapter 14).
#pragma once

#include "engine/scheduler/history_processor.h"

namespace simcluster::scheduler {

// S2 G-14.3: a migrate_to that ended well, on the source node.
void migrated_to(HistoryProcessor& processor, const HistoryEntry& entry);
// S2 G-14.4.
void failed_to_migrate_to(HistoryProcessor& processor, const HistoryEntry& entry);
// S2 G-14.5.
void failed_to_migrate_from(HistoryProcessor& processor, const HistoryEntry& entry);

}  // namespace simcluster::scheduler
