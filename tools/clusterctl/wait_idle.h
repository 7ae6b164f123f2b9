// Waits until the cluster has nothing more to do, as crm_resource --wait does.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tools/clusterctl/node_view.h"

namespace simcluster::clusterctl {

// What the scheduler would still have done with the CIB of this view, and what is under way, in crm_resource's words:
// "Action 2: d_start_0	on node1". Empty: nothing.
std::vector<std::string> pending_actions(const NodeView& view);

// Operations that an executor was asked for and has not answered yet (CM-8.6), in the same words.
std::vector<std::string> running_operations(const cib::Document& cib);

// Whole seconds, "30" or "30s"; none: it is no such text.
std::optional<std::chrono::seconds> seconds_of(std::string_view text);

// Returns the exit status: 0, or 124 when something is left after `limit` (no bound without it), which is printed as
// crm_resource prints it. `name` is the program's in messages. 102 when nobody answers.
int wait_idle(const std::string& socket_path, std::optional<std::chrono::seconds> limit, const std::string& name);

}  // namespace simcluster::clusterctl
