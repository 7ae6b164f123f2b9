// How the scheduler classes exit codes (AT-1.4), as far as logs name it.
#pragma once

namespace simcluster::controller {

// Banned from the node where it happened.
constexpr bool is_hard_error(int rc) { return rc >= 2 && rc <= 5; }
// Banned from every node.
constexpr bool is_fatal_error(int rc) { return rc == 6; }

}  // namespace simcluster::controller
