// Sequence numbers that wrap (SEQ-1).
#pragma once

#include <cstdint>

namespace simcluster::membership {

inline constexpr std::uint32_t kSequenceWindow = 16384;  // K-2

// a < b, total for numbers less than a window apart. Around the wrap both are moved down by 0x10000, so that 0xffff0001
// to 0x0000ffff form one increasing range.
constexpr bool sequence_less(std::uint32_t a, std::uint32_t b) {
  constexpr std::uint32_t kHalf = 0x80000000U;
  constexpr std::uint32_t kShift = 0x10000U;
  const std::uint32_t down = (a > b ? a : b) > kHalf ? kShift : 0;
  return a - down < b - down;
}

constexpr bool sequence_less_equal(std::uint32_t a, std::uint32_t b) { return a == b || sequence_less(a, b); }
constexpr std::uint32_t sequence_min(std::uint32_t a, std::uint32_t b) { return sequence_less(a, b) ? a : b; }

}  // namespace simcluster::membership
