// Agents that only keep a file: Dummy (heartbeat and pacemaker), Delay and Stateful (AT-4.1 to AT-4.4).
#pragma once

#include "engine/agents/metadata.h"
#include "engine/agents/system.h"

namespace simcluster::agents {

Task<int> heartbeat_dummy(System& system);
AgentMetadata heartbeat_dummy_metadata();

Task<int> pacemaker_dummy(System& system);
AgentMetadata pacemaker_dummy_metadata();

Task<int> delay(System& system);
AgentMetadata delay_metadata();

// Both providers' Stateful; the words in the state file follow the provider and the profile.
Task<int> stateful(System& system);
AgentMetadata heartbeat_stateful_metadata();
AgentMetadata pacemaker_stateful_metadata();

}  // namespace simcluster::agents
