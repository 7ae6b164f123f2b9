// The scheduler as a release of Pacemaker has it.
#pragma once

#include <cstdint>

#include "engine/scheduler/scheduler.h"

namespace simcluster {
struct Profile;
}

namespace simcluster::scheduler {

// `now` in seconds since 1970. All that does not depend on the release is as ever.
Options options_of(const Profile& profile, std::int64_t now);

}  // namespace simcluster::scheduler
