// One node of a real cluster: the engine on this machine.
#pragma once

#include "tools/clusterd/setup.h"

namespace simcluster::clusterd {

// Runs until the node has stopped. Returns the exit status: 0 after a clean stop.
int run_daemon(const Setup& setup);

}  // namespace simcluster::clusterd
