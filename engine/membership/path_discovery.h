// How a transport finds out what its paths carry (M 11.5).
#pragma once

#include <cstdint>

#include "engine/base/time.h"

namespace simcluster::membership {

struct PathDiscovery {
  Duration interval;               // KN-15
  std::uint32_t first_packet = 0;  // bytes of the largest IP packets that are sent before the first run (KN-16)
};

}  // namespace simcluster::membership
