// How much work nodes are given while they are loaded (CM-7.13, CM-7.14).
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "engine/base/host.h"

namespace simcluster::controller {

enum class ThrottleMode : std::uint8_t { kNone, kLow, kMedium, kHigh, kExtreme };
inline constexpr std::uint8_t kThrottleModes = 5;

// As logs name it: "negligible", "low", ...
std::string_view throttle_mode_name(ThrottleMode mode);

// The worse one of what the load average and the CIB manager say. `threshold`: load-threshold, percent.
ThrottleMode throttle_mode(const HostLoad& load, int threshold, int cores);

// What nodes have told of themselves, the local one included.
class ThrottleRecords {
 public:
  void update(std::string_view node, ThrottleMode mode, int most_jobs);
  // Actions that a node may have in flight, at least 1. A node never heard from is taken for one with mode low and
  // `local_most`.
  int job_limit(std::string_view node, int local_most) const;
  // Actions that all nodes together may have in flight; 0: any number.
  int batch_limit(int configured, std::size_t peers) const;

 private:
  struct Record {
    ThrottleMode mode = ThrottleMode::kNone;
    int most_jobs = 0;
  };
  std::map<std::string, Record, std::less<>> records_;
};

}  // namespace simcluster::controller
