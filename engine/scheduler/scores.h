// Scores: integers that saturate at plus and minus 1000000 (S1 C-2.4, C-2.5; S3 ).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace simcluster::scheduler {

using Score = std::int32_t;
inline constexpr Score kInfinity = 1'000'000;

// S3: -INFINITY wins over everything, then +INFINITY; sums are clipped. Not associative.
constexpr Score add_scores(Score a, Score b) {
  if (a <= -kInfinity || b <= -kInfinity) return -kInfinity;
  if (a >= kInfinity || b >= kInfinity) return kInfinity;
  const Score sum = a + b;
  if (sum >= kInfinity) return kInfinity;
  if (sum <= -kInfinity) return -kInfinity;
  return sum;
}

// What the words red, yellow and green are worth as scores under the health strategy (S1 C-5.7).
struct HealthScores {
  Score red = 0;
  Score yellow = 0;
  Score green = 0;
};

// S1 C-2.4. Nothing when the text is not a score.
std::optional<Score> parse_score(std::string_view text, const HealthScores& health);

}  // namespace simcluster::scheduler
