#include "engine/scheduler/score_function.h"

#include <gtest/gtest.h>

#include "engine/base/random.h"

namespace simcluster::scheduler {
namespace {

// The rules as they are written (S3 steps 4, 7 and 8).
Score add_by_rule(Score score, Score delta, bool nonnegative) {
  if (score == kUnusableScore) return score;
  const Score sum = add_scores(delta, score);
  if (nonnegative && sum < 0) {
    if (score > 0) return kUnusableScore;
    if (score == 0) return score;
  }
  return sum;
}

TEST(ScoreFunction, SequencesOfAdditionsAgreeWithTheRules) {
  static constexpr Score kScores[] = {-1000000, -999999, -1000, -51, -50, -49,   -1,     0,      1,
                                      2,        49,      50,    51,  999, 50000, 999949, 999999, 1000000};
  static constexpr Score kDeltas[] = {0, 1, -1, 2, -50, 50, 1000, -1000, 999999, -999999, 1000000, -1000000};
  Random random(1, "functions");
  for (int round = 0; round < 400; ++round) {
    const bool nonnegative = random.below(2) == 0;
    std::vector<Score> deltas;
    ScoreFunction function;
    const std::uint64_t length = 1 + random.below(12);
    for (std::uint64_t i = 0; i < length; ++i) {
      deltas.push_back(kDeltas[random.below(random.below(4) == 0 ? 12 : 8)]);
      function = function.then(ScoreFunction::addition(deltas.back(), nonnegative));
    }
    function = function.then(ScoreFunction::revival());
    for (const Score start : kScores) {
      Score score = start;
      bool usable = true;
      for (const Score delta : deltas) {
        score = add_by_rule(score, delta, nonnegative);
        usable = usable && score >= 0;
      }
      if (score == kUnusableScore) score = 1;
      EXPECT_EQ(function.of(start).score, score) << "round " << round << ", from " << start;
      EXPECT_EQ(function.of(start).stays_usable, usable) << "round " << round << ", from " << start;
    }
  }
}

TEST(ScoreFunction, Identity) {
  EXPECT_TRUE(ScoreFunction().is_identity());
  EXPECT_TRUE(ScoreFunction::addition(0, false).is_identity());
  EXPECT_FALSE(ScoreFunction::addition(1, false).is_identity());
  EXPECT_FALSE(ScoreFunction::revival().is_identity());
  EXPECT_EQ(ScoreFunction::addition(-5, false).then(ScoreFunction::addition(5, false)).of(-999998).score, -1000000);
}

}  // namespace
}  // namespace simcluster::scheduler
