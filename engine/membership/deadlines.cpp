#include "engine/membership/deadlines.h"

#include <bit>

namespace simcluster::membership {

// The first of those that are armed, by time, then by the order of arming. There must be one.
std::size_t Deadlines::first() const {
  auto best = static_cast<std::size_t>(std::countr_zero(armed_));
  for (std::uint32_t left = armed_ & (armed_ - 1); left != 0; left &= left - 1) {
    const auto i = static_cast<std::size_t>(std::countr_zero(left));
    const Slot& slot = slots_[i];
    if (slot.at > slots_[best].at || (slot.at == slots_[best].at && slot.order > slots_[best].order)) continue;
    best = i;
  }
  return best;
}

void Deadlines::restart() {
  unsettled_ = false;
  if (armed_ == 0) return;
  // Nothing was armed since next_due() looked, and what it found is still to come: it need not be looked for again.
  const bool known = looked_at_ == order_ && armed(coming_);
  timer_for_ = known ? coming_ : static_cast<Deadline>(first());
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
  const std::size_t best = first();
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
