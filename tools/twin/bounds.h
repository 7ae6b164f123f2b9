// Within what time the protocol makes a change, from the timers of a corosync.conf (M 20.2).
#pragma once

#include <cstdint>

#include "engine/base/error.h"
#include "engine/base/profile.h"
#include "tools/twin/observed.h"

namespace simcluster::twin {

// Milliseconds after what caused the change.
struct Bound {
  std::int64_t least = 0;
  std::int64_t most = 0;
};

class Bounds {
 public:
  static Result<Bounds> of(const std::string& corosync_conf, const Profile& profile);

  // `nodes`: members of the cluster.
  // `components`: of a merge, how many parts there may have been.
  Bound of(Change change, std::size_t nodes, std::size_t components = 2) const;
  std::int64_t consensus() const { return consensus_; }
  // Without news for so long, nodes that do not hear each other have parted, even if one of them came late.
  std::int64_t settled() const { return token_ + 2 * consensus_ + 1000; }

 private:
  std::int64_t token_ = 0;
  std::int64_t consensus_ = 0;
  std::int64_t merge_ = 0;
  std::int64_t hold_ = 0;
  std::int64_t retransmit_ = 0;
  bool knet_ = false;
};

}  // namespace simcluster::twin
