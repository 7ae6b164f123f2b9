#include "engine/membership/deadlines.h"

namespace simcluster::membership {

void Deadlines::settle() {
  Time earliest = kNever;
  for (const Slot& slot : slots_)
    if (slot.at < earliest) earliest = slot.at;
  if (earliest >= timer_at_) return;
  if (timer_.valid()) host_.cancel_timer(timer_);
  timer_at_ = earliest;
  timer_ = host_.start_timer(earliest - host_.now(), client_, cookie_);
}

std::optional<Deadline> Deadlines::next_due() {
  const Time now = host_.now();
  std::size_t best = kDeadlineCount;
  for (std::size_t i = 0; i < kDeadlineCount; ++i) {
    if (slots_[i].at > now) continue;
    if (best == kDeadlineCount || slots_[i].at < slots_[best].at ||
        (slots_[i].at == slots_[best].at && slots_[i].order < slots_[best].order))
      best = i;
  }
  if (best == kDeadlineCount) return std::nullopt;
  slots_[best].at = kNever;
  return static_cast<Deadline>(best);
}

}  // namespace simcluster::membership
