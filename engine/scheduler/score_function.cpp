#include "engine/scheduler/score_function.h"

#include <algorithm>
#include <array>

namespace simcluster::scheduler {

namespace {

// S3 steps 4, 7 and 8.
Score added(Score score, Score delta, bool nonnegative) {
  const Score sum = add_scores(delta, score);
  if (!nonnegative || sum >= 0 || score < 0) return sum;
  return score > 0 ? kUnusableScore : score;
}

}  // namespace

ScoreFunction::ScoreFunction() : pieces_{{kInfinity, 0, true, true}} {}

ScoreFunction ScoreFunction::addition(Score delta, bool nonnegative) {
  ScoreFunction result;
  result.pieces_.clear();
  result.marker_usable_ = false;
  // Between these the function is of one kind.
  std::array<Score, 8> ends{-kInfinity, -kInfinity - delta,    -delta - 1,    -1,
                            0,          kInfinity - delta - 1, kInfinity - 1, kInfinity};
  for (Score& end : ends) end = std::clamp(end, -kInfinity, kInfinity);
  std::sort(ends.begin(), ends.end());
  Score first = -kInfinity;
  for (const Score last : ends) {
    if (last < first) continue;
    const Score value = added(last, delta, nonnegative);
    const bool shift = first < last && added(first, delta, nonnegative) != value;
    result.append(first, {last, shift ? value - last : value, shift, value >= 0});
    first = last + 1;
  }
  return result;
}

ScoreFunction ScoreFunction::revival() {
  ScoreFunction result;
  result.marker_ = 1;
  return result;
}

// Joins with the piece before where both are one.
void ScoreFunction::append(Score first, Piece piece) {
  const bool single = first == piece.last;
  if (!pieces_.empty()) {
    Piece& before = pieces_.back();
    const bool same = before.usable == piece.usable && ((before.shift == piece.shift && before.value == piece.value) ||
                                                        (single && before.at(piece.last) == piece.at(piece.last)));
    if (same) {
      before.last = piece.last;
      return;
    }
  }
  if (single && piece.shift) piece = {piece.last, piece.at(piece.last), false, piece.usable};
  pieces_.push_back(piece);
}

void ScoreFunction::append_then(const Piece& piece, Score first, const ScoreFunction& next) {
  if (!piece.shift) {
    const Result result = next.of(piece.value);
    append(first, {piece.last, result.score, false, piece.usable && result.stays_usable});
    return;
  }
  const Score low = piece.at(first);
  auto it = std::lower_bound(next.pieces_.begin(), next.pieces_.end(), low,
                             [](const Piece& p, Score score) { return p.last < score; });
  for (; first <= piece.last; ++it) {
    const Score last = std::min(piece.last, it->last - piece.value);
    append(first, {last, it->shift ? piece.value + it->value : it->value, it->shift, piece.usable && it->usable});
    first = last + 1;
  }
}

ScoreFunction ScoreFunction::then(const ScoreFunction& next) const {
  ScoreFunction result;
  result.pieces_.clear();
  Score first = -kInfinity;
  for (const Piece& piece : pieces_) {
    result.append_then(piece, first, next);
    first = piece.last + 1;
  }
  const Result marker = next.of(marker_);
  result.marker_ = marker.score;
  result.marker_usable_ = marker_usable_ && marker.stays_usable;
  return result;
}

ScoreFunction::Result ScoreFunction::of(Score score) const {
  if (score == kUnusableScore) return {marker_, marker_usable_};
  const auto it = std::lower_bound(pieces_.begin(), pieces_.end(), score,
                                   [](const Piece& piece, Score wanted) { return piece.last < wanted; });
  return {it->at(score), it->usable};
}

bool ScoreFunction::is_identity() const {
  return marker_ == kUnusableScore && std::all_of(pieces_.begin(), pieces_.end(), [](const Piece& piece) {
           return piece.shift ? piece.value == 0 : piece.value == piece.last;
         });
}

}  // namespace simcluster::scheduler
