#include "engine/membership/deadlines.h"

#include <bit>
#include <utility>

namespace simcluster::membership {

// The first of those that are armed, by time, then by the order of arming. There must be one.
std::size_t Deadlines::first() const {
  const Slot* best = &slots_[static_cast<std::size_t>(std::countr_zero(armed_))];
  Time earliest = best->at;
  for (std::uint32_t left = armed_ & (armed_ - 1); left != 0; left &= left - 1) {
    const Slot* slot = &slots_[static_cast<std::size_t>(std::countr_zero(left))];
    if (slot->at > earliest || (slot->at == earliest && slot->order > best->order)) continue;
    best = slot;
    earliest = slot->at;
  }
  return static_cast<std::size_t>(best - slots_.data());
}

void Deadlines::restart() {
  soonest_ = kNever;
  if (armed_ == 0) return;
  // Nothing was armed since next_due() looked, and what it found is still to come: it need not be looked for again.
  const bool known = looked_at_ == order_ && armed(coming_);
  timer_for_ = known ? coming_ : static_cast<Deadline>(first());
  timer_order_ = slots_[static_cast<std::size_t>(timer_for_)].order;
  const Time earliest = slots_[static_cast<std::size_t>(timer_for_)].at;
  if (earliest == timer_at_) return;
  if (earliest < timer_at_) {
    if (timer_.valid()) host_.cancel_timer(timer_);
    timer_ = host_.start_timer(earliest - now_, client_, cookie_);
  } else if (!host_.postpone_timer(timer_, earliest - now_)) {
    return;
  }
  timer_at_ = earliest;
}

std::optional<Deadline> Deadlines::next_due() {
  if (armed_ == 0) return std::nullopt;
  // What the host timer was started for, unless it was armed again or cancelled since, comes first: whatever was armed
  // for an earlier time would have restarted the timer.
  const auto awaited = static_cast<std::size_t>(timer_for_);
  const bool as_expected = std::exchange(expected_, 0) == slots_[awaited].order && armed(timer_for_);
  const std::size_t best = as_expected ? awaited : first();
  const auto which = static_cast<Deadline>(best);
  if (slots_[best].at > now_) {
    coming_ = which;
    looked_at_ = order_;
    return std::nullopt;
  }
  cancel(which);
  return which;
}

}  // namespace simcluster::membership
