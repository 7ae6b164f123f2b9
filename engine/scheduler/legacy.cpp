#include "engine/scheduler/legacy.h"

#include "engine/base/profile.h"

namespace simcluster::scheduler {

Legacy legacy_of(const Profile& profile) {
  Legacy legacy;
  legacy.last_start_hides_monitor = profile.last_start_hides_monitor;
  legacy.demote_clears_failures = profile.demote_clears_failures;
  legacy.unmanaged_role_forgotten = profile.unmanaged_role_forgotten;
  legacy.group_bans_flattened = profile.group_bans_flattened;
  legacy.probe_keeps_definition = profile.probe_keeps_definition;
  legacy.probe_keeps_failures = profile.probe_keeps_failures;
  legacy.promotion_decided_again = profile.promotion_decided_again;
  legacy.stonith_complete_early = profile.stonith_complete_early;
  return legacy;
}

}  // namespace simcluster::scheduler
