// Agents that watch the network and keep a node attribute: ocf:pacemaker:ping and the older pingd (AT-4.5, CM-9.12).
#pragma once

#include "engine/agents/metadata.h"
#include "engine/agents/system.h"

namespace simcluster::agents {

// Pings every host at every monitor.
Task<int> ping_agent(System& system);
AgentMetadata ping_agent_metadata();

// Starts a daemon that pings every second.
Task<int> pingd_agent(System& system);
AgentMetadata heartbeat_pingd_metadata();
AgentMetadata pacemaker_pingd_metadata();

// The daemon. arguments: NAME MULTIPLIER DAMPEN_MS HOST...
Task<int> pingd_daemon(System& system);

}  // namespace simcluster::agents
