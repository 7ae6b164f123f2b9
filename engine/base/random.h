// Seeded random numbers. One run has one seed; every purpose draws from a stream of its own, so that a new consumer
// does not shift the others (determinism rule 2).
#pragma once

#include <bit>
#include <cstdint>
#include <string_view>

#include "engine/base/assert.h"
#include "engine/base/time.h"

namespace simcluster {

// xoshiro256** of Blackman and Vigna ("Scrambled linear pseudorandom number generators", 2018), seeded by splitmix64.
class Random {
 public:
  // The stream of `purpose` under `seed`; the same pair always gives the same numbers.
  Random(std::uint64_t seed, std::string_view purpose);

  std::uint64_t next() {
    const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
    const std::uint64_t t = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= t;
    state_[3] = std::rotl(state_[3], 45);
    return result;
  }
  // Uniform in [0, bound); bound must not be 0. Unbiased (Lemire's method).
  std::uint64_t below(std::uint64_t bound) {
    SIMCLUSTER_ASSERT(bound != 0);
    __extension__ using Wide = unsigned __int128;
    Wide product = static_cast<Wide>(next()) * bound;
    if (auto low = static_cast<std::uint64_t>(product); low < bound) {
      const std::uint64_t threshold = (0 - bound) % bound;
      while (low < threshold) {
        product = static_cast<Wide>(next()) * bound;
        low = static_cast<std::uint64_t>(product);
      }
    }
    return static_cast<std::uint64_t>(product >> 64);
  }
  // Uniform in [low, high], both ends included.
  std::int64_t between(std::int64_t low, std::int64_t high) {
    SIMCLUSTER_ASSERT(low <= high);
    const std::uint64_t span = static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low);
    const std::uint64_t offset = span == UINT64_MAX ? next() : below(span + 1);
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(low) + offset);
  }
  Duration between(Duration low, Duration high) { return {between(low.ns, high.ns)}; }
  // True `parts` times in a million.
  bool one_in_million(std::uint32_t parts) { return below(1'000'000) < parts; }

 private:
  std::uint64_t state_[4];
};

}  // namespace simcluster
