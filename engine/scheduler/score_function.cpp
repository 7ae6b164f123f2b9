#include "engine/scheduler/score_function.h"

#include <algorithm>
#include <array>

namespace simcluster::scheduler {

ScoreFunction::ScoreFunction() = default;

ScoreFunction ScoreFunction::addition(Score delta, bool nonnegative) {
  ScoreFunction result;
  result.marker_usable_ = false;
  if (nonnegative) {
    add_pieces(result, delta);
  } else if (delta <= -kInfinity) {
    result.clamp_ = {kInfinity, kInfinity + 1, 0, kInfinity + 1};
  } else if (delta >= kInfinity) {
    result.clamp_ = {-kInfinity, -kInfinity + 1, 0, -kInfinity + 1};
  } else {
    result.clamp_.none = std::max(-kInfinity, -kInfinity - delta);
    result.clamp_.all = std::min(kInfinity, kInfinity - delta);
    result.clamp_.shift = delta;
    result.clamp_.usable = std::clamp(-delta, result.clamp_.none + 1, result.clamp_.all);
  }
  return result;
}

void ScoreFunction::add_pieces(ScoreFunction& result, Score delta) {
  // Between these the function is of one kind.
  std::array<Score, 8> ends{-kInfinity, -kInfinity - delta,    -delta - 1,    -1,
                            0,          kInfinity - delta - 1, kInfinity - 1, kInfinity};
  for (Score& end : ends) end = std::clamp(end, -kInfinity, kInfinity);
  std::sort(ends.begin(), ends.end());
  Score first = -kInfinity;
  for (const Score last : ends) {
    if (last < first) continue;
    const Score value = added(last, delta, true);
    const bool shift = first < last && added(first, delta, true) != value;
    result.append(first, {last, shift ? value - last : value, shift, value >= 0});
    first = last + 1;
  }
}

ScoreFunction ScoreFunction::revival() {
  ScoreFunction result = ScoreFunction().in_pieces();
  result.marker_ = 1;
  return result;
}

ScoreFunction::Clamp ScoreFunction::Clamp::then(const Clamp& next) const {
  if (none >= kInfinity || next.none >= kInfinity) return {kInfinity, kInfinity + 1, 0, kInfinity + 1};
  Clamp result;
  result.none = std::max(none, std::min(next.none - shift, all - 1));
  result.all = std::min(all, std::max(next.all - shift, result.none + 1));
  result.shift = result.none + 1 < result.all ? shift + next.shift : 0;
  const Score reached = next.usable <= -kInfinity ? -kInfinity : std::clamp(next.usable - shift, none + 1, all);
  result.usable = std::max(usable, reached);
  return result;
}

ScoreFunction ScoreFunction::in_pieces() const {
  if (!pieces_.empty()) return *this;
  ScoreFunction result = *this;
  std::array<Score, 4> ends{clamp_.none, clamp_.all - 1, clamp_.usable - 1, kInfinity};
  for (Score& end : ends) end = std::clamp(end, -kInfinity, kInfinity);
  std::sort(ends.begin(), ends.end());
  Score first = -kInfinity;
  for (const Score last : ends) {
    if (last < first) continue;
    const bool shift = last > clamp_.none && last < clamp_.all;
    result.append(first, {last, shift ? clamp_.shift : clamp_.at(last), shift, last >= clamp_.usable});
    first = last + 1;
  }
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
  const Result marker = next.of(marker_);
  result.marker_ = marker.score;
  result.marker_usable_ = marker_usable_ && marker.stays_usable;
  if (pieces_.empty() && next.pieces_.empty()) {
    result.clamp_ = clamp_.then(next.clamp_);
    return result;
  }
  const ScoreFunction before = in_pieces();
  const ScoreFunction after = next.in_pieces();
  Score first = -kInfinity;
  for (const Piece& piece : before.pieces_) {
    result.append_then(piece, first, after);
    first = piece.last + 1;
  }
  return result;
}

ScoreFunction::Result ScoreFunction::of(Score score) const {
  if (score == kUnusableScore) return {marker_, marker_usable_};
  if (pieces_.empty()) return {clamp_.at(score), score >= clamp_.usable};
  const auto it = std::lower_bound(pieces_.begin(), pieces_.end(), score,
                                   [](const Piece& piece, Score wanted) { return piece.last < wanted; });
  return {it->at(score), it->usable};
}

bool ScoreFunction::is_identity() const {
  if (marker_ != kUnusableScore) return false;
  if (pieces_.empty()) return clamp_.none == -kInfinity && clamp_.all == kInfinity && clamp_.shift == 0;
  return std::all_of(pieces_.begin(), pieces_.end(),
                     [](const Piece& piece) { return piece.shift ? piece.value == 0 : piece.value == piece.last; });
}

}  // namespace simcluster::scheduler
