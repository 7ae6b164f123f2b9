// Waits until the cluster has nothing more to do, as crm_resource --wait does.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace simcluster::clusterctl {

// Whole seconds, "30" or "30s"; none: it is no such text.
std::optional<std::chrono::seconds> seconds_of(std::string_view text);

// Returns the exit status: 0, or 124 when something is left after `limit` (no bound without it), which is printed as
// crm_resource prints it. `name` is the program's in messages. 102 when nobody answers.
int wait_idle(const std::string& socket_path, std::optional<std::chrono::seconds> limit, const std::string& name);

}  // namespace simcluster::clusterctl
