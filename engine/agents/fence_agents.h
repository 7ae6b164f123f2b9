// The fence agents and STONITH plugins.
#pragma once

#include "engine/agents/metadata.h"
#include "engine/agents/system.h"

namespace simcluster::agents {

// fence_vbox: virtual machines of VirtualBox, through ssh to their host (AT-5.7).
Task<int> fence_vbox(System& system);
AgentMetadata fence_vbox_metadata();

// fence_ipmilan: the management controller of one machine, through ipmitool (AT-5.8).
Task<int> fence_ipmilan(System& system);
AgentMetadata fence_ipmilan_metadata();

// external/ipmi of cluster-glue below its adapter fence_legacy (AT-5.11, AT-5.12).
Task<int> external_ipmi(System& system);
AgentMetadata external_ipmi_metadata();

}  // namespace simcluster::agents
