// One node of a real cluster: the engine on this machine.
#pragma once

#include "tools/clusterd/setup.h"

namespace simcluster::clusterd {

// The program is to be executed anew.
inline constexpr int kBeginAnew = -1;

// Runs until the node has stopped. Returns the exit status, 0 after a clean stop, or kBeginAnew.
int run_daemon(const Setup& setup);

}  // namespace simcluster::clusterd
