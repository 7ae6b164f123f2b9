// Hooks with which a scenario makes an agent misbehave.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "engine/base/time.h"

namespace simcluster::sim {

// Makes the next runs of an agent behave otherwise (AT-11.1, AT-4.1).
struct AgentFault {
  std::string type;              // "Dummy"; empty: any
  std::string instance;          // resource id; empty: any
  std::string action;            // "stop"; empty: any
  std::uint32_t times = 0;       // 0: until removed
  Duration delay;                // slept before the action's work, killed by the operation's timeout like any sleep
  bool hang = false;             // never ends by itself
  std::optional<int> exit_code;  // ends with this code instead of doing its work
  std::string error_output;      // with exit_code
};

}  // namespace simcluster::sim
