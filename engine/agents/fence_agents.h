// The fence agents and STONITH plugins.
#pragma once

#include <string>
#include <string_view>

#include "engine/agents/metadata.h"
#include "engine/agents/system.h"

namespace simcluster::agents {

// fence_vbox: virtual machines of VirtualBox, through ssh to their host (AT-5.7).
Task<int> fence_vbox(System& system);
AgentMetadata fence_vbox_metadata();

// fence_ipmilan: the management controller of one machine, through ipmitool (AT-5.8).
Task<int> fence_ipmilan(System& system);
AgentMetadata fence_ipmilan_metadata();

// fence_scsi: the keys of nodes on shared disks; who has none cannot write (AT-5.9).
Task<int> fence_scsi(System& system);
AgentMetadata fence_scsi_metadata();

// external/ipmi of cluster-glue below its adapter fence_legacy (AT-5.11, AT-5.12).
Task<int> external_ipmi(System& system);
AgentMetadata external_ipmi_metadata();

// external/stonith-helper: the first level of a topology. It finds out whether the target is dead already, and holds a
// node back that does not run the service (AT-5.13).
Task<int> external_stonith_helper(System& system);
AgentMetadata external_stonith_helper_metadata();

// meatware: waits until a human has said that he has reset the machine (AT-5.13).
Task<int> meatware(System& system);
AgentMetadata meatware_metadata();
// Where `meatclient -c HOST` leaves word.
std::string meatware_answer_file(std::string_view host);

// null: always succeeds.
Task<int> null_plugin(System& system);
AgentMetadata null_plugin_metadata();

}  // namespace simcluster::agents
