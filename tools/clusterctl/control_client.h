// Asks the daemon on this node over its control socket.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "engine/base/error.h"

namespace simcluster::clusterctl {

// Sends one request and waits for its answer. An error says that nobody answers, or what the daemon refused.
Result<nlohmann::json> ask(const std::string& socket_path, const nlohmann::json& request);

}  // namespace simcluster::clusterctl
