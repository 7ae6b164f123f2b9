// What the daemon says when it starts (LC-2).
#pragma once

#include "engine/base/host.h"
#include "engine/base/profile.h"
#include "engine/membership/plan.h"

namespace simcluster::membership {

void log_start(Host& host, const Profile& profile, const Plan& plan, bool votequorum);

}  // namespace simcluster::membership
