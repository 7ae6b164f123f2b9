// A node as its daemon tells of it.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "engine/base/error.h"
#include "engine/base/profile.h"
#include "engine/cib/document.h"

namespace simcluster::clusterctl {

struct NodeView {
  nlohmann::json status;  // the answer to the request "status" (docs/clusterd.md)
  cib::Document cib;
  Profile profile;  // of the releases whose words the node speaks
};

// Asks for both. An error says that nobody answers, or what was refused.
Result<NodeView> look_at_node(const std::string& socket_path);

}  // namespace simcluster::clusterctl
