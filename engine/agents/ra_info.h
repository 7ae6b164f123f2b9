// `crm ra info`: an agent's description of itself for people (AT-1.8).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/agents/metadata.h"

namespace simcluster::agents {

// How the shell explains its marks: the one of Pacemaker's own releases, or crmsh.
enum class RaInfoWords : std::uint8_t { kOld, kCurrent };

// What `crm ra info` prints about the agent, parameters and advised time-outs included.
std::string ra_info(const AgentMetadata& metadata, RaInfoWords words);

// "IPaddr2", "ocf:heartbeat:IPaddr2" or "stonith:fence_vbox" in its parts; a missing class is ocf, a missing provider
// of that class heartbeat (AT-7.2). The parts are borrowed from `name`.
struct AgentName {
  std::string_view standard = "ocf";
  std::string_view provider;
  std::string_view type;
};
AgentName agent_name(std::string_view name);

}  // namespace simcluster::agents
