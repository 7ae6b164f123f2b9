// Hooks with which a scenario makes an agent misbehave.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "engine/base/host.h"
#include "engine/base/time.h"

namespace simcluster::sim {

// Makes the next runs of an agent behave otherwise (AT-11.1, AT-4.1).
struct AgentFault {
  // "Dummy", or with class and provider, in which a `*` stands for any text: "ocf:myco:*"; empty: any.
  std::string agent;
  std::string instance;  // resource id; empty: any
  // "stop"; "monitor" with its probes, which are "probe" alone, the others "recurring-monitor"; empty: any.
  std::string action;
  std::uint32_t after = 0;       // so many runs go well before
  std::uint32_t times = 0;       // 0: until removed
  Duration delay;                // slept before the action's work, killed by the operation's timeout like any sleep
  bool hang = false;             // never ends by itself
  std::optional<int> exit_code;  // ends with this code instead of doing its work
  std::string error_output;      // with exit_code
  std::string exit_reason;       // with exit_code (AT-1.5)
};

// "ocf:heartbeat:Dummy", "systemd:httpd".
std::string agent_text(const AgentRequest& request);

// Whether the fault is about runs of this kind.
bool concerns(const AgentFault& fault, const AgentRequest& request);

}  // namespace simcluster::sim
