#include "engine/scheduler/profile_options.h"

#include "engine/base/profile.h"

namespace simcluster::scheduler {

Options options_of(const Profile& profile, std::int64_t now) {
  Options options;
  options.now = now;
  options.old_fail_counts = !profile.failcount_per_operation;
  options.legacy = legacy_of(profile);
  return options;
}

}  // namespace simcluster::scheduler
