// What a sequence of additions does to the score of one node, whatever the score was before: additions saturate, may be
// left out and may leave marks (S3 ), so the result is a function in pieces, each a constant or a shift.
//
// Each piece also tells whether the score stays usable (at least 0) after each addition on the way.
#pragma once

#include <cstddef>
#include <vector>

#include "engine/scheduler/scores.h"

namespace simcluster::scheduler {

inline constexpr Score kUnusableScore = -100'000'000;  // the marker of S3

class ScoreFunction {
 public:
  struct Result {
    Score score;
    bool stays_usable;
  };

  // S3 steps 4, 7 and 8.
  static Score added(Score score, Score delta, bool nonnegative) {
    if (score == kUnusableScore) return score;
    const Score sum = add_scores(delta, score);
    if (!nonnegative || sum >= 0 || score < 0) return sum;
    return score > 0 ? kUnusableScore : score;
  }

  // Leaves every score as it is.
  ScoreFunction();
  // One addition.
  static ScoreFunction addition(Score delta, bool nonnegative);
  // Turns the marker into 1 (S3 step 4); says nothing about usability.
  static ScoreFunction revival();
  // This one first, then `next`.
  ScoreFunction then(const ScoreFunction& next) const;

  Result of(Score score) const;
  bool is_identity() const;
  std::size_t pieces() const { return pieces_.size(); }

 private:
  // Additions alone: up to `none` all becomes -INFINITY, from `all` on INFINITY, between them `shift` is added. Usable
  // from `usable` on.
  struct Clamp {
    Score none = -kInfinity;
    Score all = kInfinity;
    Score shift = 0;
    Score usable = -kInfinity;

    Score at(Score score) const { return score <= none ? -kInfinity : score >= all ? kInfinity : score + shift; }
    Clamp then(const Clamp& next) const;
  };
  // For scores up to `last` and above the piece before.
  struct Piece {
    Score last;
    Score value;  // the result, or what is added
    bool shift;
    bool usable;
    Score at(Score score) const { return shift ? score + value : value; }
  };

  void append(Score first, Piece piece);
  void append_then(const Piece& piece, Score first, const ScoreFunction& next);
  ScoreFunction in_pieces() const;
  static void add_pieces(ScoreFunction& result, Score delta);

  Clamp clamp_;                    // when there are no pieces
  std::vector<Piece> pieces_;      // where additions leave marks
  Score marker_ = kUnusableScore;  // what becomes of the marker
  bool marker_usable_ = true;
};

}  // namespace simcluster::scheduler
