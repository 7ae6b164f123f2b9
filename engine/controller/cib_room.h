// How large the CIB of a cluster may be.
#pragma once

#include <cstddef>

namespace simcluster::controller {

// In bytes; 0: any.
struct CibRoom {
  std::size_t least = 0;     // what every member allows
  std::size_t in_force = 0;  // the same, or a multiple of it where the CIB had more already
};

}  // namespace simcluster::controller
