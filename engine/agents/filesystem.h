// ocf:heartbeat:Filesystem (AT-4.6).
#pragma once

#include "engine/agents/metadata.h"
#include "engine/agents/system.h"

namespace simcluster::agents {

Task<int> filesystem(System& system);
AgentMetadata filesystem_metadata();

}  // namespace simcluster::agents
