// ocf:heartbeat:IPaddr2, a virtual address on an interface, in three generations (AT part C). The switches
// ipaddr2_findif_binary, ipaddr2_reads_proc_net_dev and ipaddr2_checks_interface_by_ip choose the generation.
#pragma once

#include "engine/agents/metadata.h"
#include "engine/agents/system.h"

namespace simcluster::agents {

Task<int> ipaddr2(System& system);
AgentMetadata ipaddr2_metadata();
// With the parameters of the releases that tell why they fail (switch ocf_exit_reason).
AgentMetadata ipaddr2_current_metadata();
// With the parameters of the newest releases (switch ipaddr2_checks_link_status).
AgentMetadata ipaddr2_newest_metadata();

}  // namespace simcluster::agents
