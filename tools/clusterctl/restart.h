// The daemon of this node begins anew while its resources run on.
#pragma once

#include <cstdint>
#include <string>

#include "engine/base/error.h"

namespace simcluster::clusterctl {

// Puts the cluster into maintenance mode (unless it is), lets the daemon leave and execute itself again, waits until it
// is a member, and takes the maintenance mode back: the resources are probed before anything is done with them. One
// node after the other: refused while another node does so. An error says in what state things were left.
// After `limit` seconds the DC ends the mode by itself, and fences the node first if it has not come back.
Result<void> restart(const std::string& socket, std::int64_t limit);

}  // namespace simcluster::clusterctl
