// corosync-cmapctl (TO-10).
#pragma once

#include <string>
#include <vector>

#include "engine/membership/stack_view.h"
#include "engine/membership/tools.h"

namespace simcluster::membership {

// `words`: the tool's name and its options. `view` and `control` are null where the daemon does not run.
ToolResult corosync_cmapctl(const std::vector<std::string>& words, const StackView* view, StackControl* control);

}  // namespace simcluster::membership
