#include "engine/membership/deadlines.h"

#include <bit>

namespace simcluster::membership {

void Deadlines::restart() {
  unsettled_ = false;
  Time earliest = kNever;
  std::size_t which = 0;
  for (std::uint32_t left = armed_; left != 0; left &= left - 1) {
    const auto i = static_cast<std::size_t>(std::countr_zero(left));
    if (slots_[i].at >= earliest) continue;
    earliest = slots_[i].at;
    which = i;
  }
  if (earliest == kNever) return;
  timer_for_ = static_cast<Deadline>(which);
  if (earliest == timer_at_) return;
  if (earliest < timer_at_) {
    host_.cancel_timer(timer_);
    timer_ = host_.start_timer(earliest - now_, client_, cookie_);
  } else if (!host_.postpone_timer(timer_, earliest - now_)) {
    return;
  }
  timer_at_ = earliest;
}

std::optional<Deadline> Deadlines::next_due() {
  std::size_t best = kDeadlineCount;
  for (std::uint32_t left = armed_; left != 0; left &= left - 1) {
    const auto i = static_cast<std::size_t>(std::countr_zero(left));
    if (slots_[i].at > now_) continue;
    if (best == kDeadlineCount || slots_[i].at < slots_[best].at ||
        (slots_[i].at == slots_[best].at && slots_[i].order < slots_[best].order))
      best = i;
  }
  if (best == kDeadlineCount) return std::nullopt;
  const auto which = static_cast<Deadline>(best);
  cancel(which);
  return which;
}

}  // namespace simcluster::membership
