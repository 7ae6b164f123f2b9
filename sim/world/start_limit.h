// How often a service manager starts a service before it gives up (CM-11.11, CM-11.13).
#pragma once

#include <cstddef>
#include <vector>

#include "engine/base/profile.h"
#include "engine/base/time.h"

namespace simcluster::sim {

class StartLimit {
 public:
  // systemd: five times in ten seconds; upstart, of the releases before it: ten times in five.
  explicit StartLimit(const Profile& profile)
      : most_(profile.upstart ? 10 : 5), within_(seconds(profile.upstart ? 5 : 10)) {}

  // Counts a start at `now`; false when it would be one too many, and is not made.
  bool allows(Time now) {
    std::erase_if(starts_, [&](Time at) { return now - at >= within_; });
    if (starts_.size() >= most_) return false;
    starts_.push_back(now);
    return true;
  }
  // The machine boots.
  void forget() { starts_.clear(); }

 private:
  const std::size_t most_;
  const Duration within_;
  std::vector<Time> starts_;
};

}  // namespace simcluster::sim
