// Seeded random numbers. One run has one seed; every purpose draws from a stream of its own, so that a new consumer
// does not shift the others (determinism rule 2).
#pragma once

#include <cstdint>
#include <string_view>

#include "engine/base/time.h"

namespace simcluster {

// xoshiro256** of Blackman and Vigna ("Scrambled linear pseudorandom number generators", 2018), seeded by splitmix64.
class Random {
 public:
  // The stream of `purpose` under `seed`; the same pair always gives the same numbers.
  Random(std::uint64_t seed, std::string_view purpose);

  std::uint64_t next();
  // Uniform in [0, bound); bound must not be 0. Unbiased (Lemire's method).
  std::uint64_t below(std::uint64_t bound);
  // Uniform in [low, high], both ends included.
  std::int64_t between(std::int64_t low, std::int64_t high);
  Duration between(Duration low, Duration high) { return {between(low.ns, high.ns)}; }
  // True `parts` times in a million.
  bool one_in_million(std::uint32_t parts) { return below(1'000'000) < parts; }

 private:
  std::uint64_t state_[4];
};

}  // namespace simcluster
