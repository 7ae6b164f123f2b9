// What a changed corosync.conf means for a daemon that runs (M 14.9).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/base/profile.h"
#include "engine/membership/corosync_conf.h"
#include "engine/membership/cs_error.h"
#include "engine/membership/plan.h"
#include "engine/membership/stack.h"

namespace simcluster::membership {

struct Reload {
  CsError status = CsError::kOk;
  std::string complaint;          // the log line of a refused file
  std::vector<std::string> kept;  // keys that changed in the file and cannot change now (CF-28)
  CorosyncConf conf;
  TotemTimers timers;
  Plan plan;
};

// `text`: the file as it is now; nothing when it cannot be read.
Reload plan_reload(const CorosyncConf& running, const Plan& plan, const TotemTimers& timers,
                   const std::optional<std::string>& text, const LocalMachine& local, const Profile& profile);

}  // namespace simcluster::membership
