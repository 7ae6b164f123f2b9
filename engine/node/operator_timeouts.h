// crm configure default-timeouts, as crmsh 4.4 does it (black-box runs).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/base/profile.h"
#include "engine/cib/document.h"
#include "engine/node/node_agents.h"

namespace simcluster::node {

struct TimeoutReport {
  std::string text;     // lines that begin with WARNING or ERROR, each with a newline
  bool failed = false;  // some id is no primitive's; the others have got theirs
};

// The operations monitor, start and stop of these primitives get the timeouts that their agents advise; start and stop
// are added where they are missing. Operations of templates stay as they are.
TimeoutReport set_default_timeouts(cib::Document& cib, const std::vector<std::string_view>& ids, const Profile& profile,
                                   const NodeAgents& agents);

}  // namespace simcluster::node
