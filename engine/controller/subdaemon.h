// The daemons of the cluster manager, in the order of their start (CM-11.6).
#pragma once

#include <cstdint>

namespace simcluster::controller {

enum class Subdaemon : std::uint8_t { kCib, kFencer, kExecutor, kAttributes, kScheduler, kController };

}  // namespace simcluster::controller
