// Which agents of a scenario are scripts.
#pragma once

#include <string>

namespace simcluster::sim {

struct AgentScript {
  std::string standard;  // ocf
  std::string provider;
  std::string type;
  std::string file;     // where it was read, for messages
  std::string content;  // of the script, as it was when the scenario was loaded
};

}  // namespace simcluster::sim
