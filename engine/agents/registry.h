// The native agents and programs by name.
#pragma once

#include <string_view>
#include <vector>

#include "engine/agents/metadata.h"
#include "engine/agents/system.h"
#include "engine/base/profile.h"

namespace simcluster::agents {

struct Agent {
  AgentMetadata metadata;
  // Runs the action that its environment names, like the script (AT-1.1).
  Program main = nullptr;
};

// The agent of a standard ("ocf"), provider ("heartbeat", "pacemaker") and type as the profile's release has it; null
// when there is no native one. Run it with the same profile in its environment. Static data of the registry.
const Agent* find_agent(std::string_view standard, std::string_view provider, std::string_view type,
                        const Profile& profile);

// What the profile's release has, in no order that means anything.
std::vector<const AgentMetadata*> agents_of(const Profile& profile);

}  // namespace simcluster::agents
