// What can be asked over the control socket: docs/clusterd.md describes every request.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "engine/node/node.h"
#include "tools/clusterd/control_server.h"

namespace simcluster::clusterd {

// Answers one request about `node`. `stop` is called for a shutdown.
std::string answer_request(std::string_view request, Rights rights, node::Node& node,
                           const std::function<void()>& stop);

}  // namespace simcluster::clusterd
