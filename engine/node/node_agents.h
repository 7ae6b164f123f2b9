// Which agents a node has, as far as its crm shell asks.
#pragma once

#include <functional>
#include <memory>

namespace simcluster {
struct AgentRequest;
}

namespace simcluster::agents {
class AgentModels;
}

namespace simcluster::node {

struct NodeAgents {
  // Described ones (AT-4.12); null: none.
  std::shared_ptr<const agents::AgentModels> models;
  // Whether a program for it lies on the machine; asked with class, provider and type alone. Empty: there are none.
  std::function<bool(const AgentRequest& agent)> on_disk;
  // The engine's own agents are the machine's. False: all that run are on its disk.
  bool native = true;
};

}  // namespace simcluster::node
