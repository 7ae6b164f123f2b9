// corosync-quorumtool (TO-1 to TO-6).
#pragma once

#include <string>
#include <vector>

#include "engine/membership/stack_view.h"
#include "engine/membership/tools.h"

namespace simcluster::membership {

// `words`: the tool's name and its options. `view` and `control` are null where the daemon does not run.
ToolResult corosync_quorumtool(const std::vector<std::string>& words, const Profile& profile, const StackView* view,
                               StackControl* control);

}  // namespace simcluster::membership
