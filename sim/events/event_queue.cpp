#include "sim/events/event_queue.h"

#include <algorithm>
#include <cstring>

namespace simcluster::sim {

EventQueue::EventQueue(Time start) : now_(start), lines_(16) { SIMCLUSTER_ASSERT(start.ns >= 0); }

std::uint32_t EventQueue::grow_slots() {
  SIMCLUSTER_ASSERT(slots_.size() < kSlotMask);
  slots_.emplace_back();
  return static_cast<std::uint32_t>(slots_.size() - 1);
}

void EventQueue::push_due(std::uint64_t order) {
  if (due_left_ == 0) due_.clear();
  due_.push_back(order);
  ++due_left_;
}

// Not among the earliest few, which have made way: `hole` is free, and the entry belongs there or before it.
[[gnu::noinline]] void EventQueue::insert_far(Entry entry, Entry* hole) {
  Entry* place = near_;
  for (auto left = static_cast<std::size_t>(hole - near_); left > 0;) {
    const std::size_t half = left / 2;
    const bool behind = before(entry, place[half]);
    place = behind ? place + half + 1 : place;
    left = behind ? left - half - 1 : half;
  }
  std::memmove(place + 1, place, static_cast<std::size_t>(hole - place) * sizeof(Entry));
  *place = entry;
}

// The latest of the near entries go into the heap.
[[gnu::noinline]] void EventQueue::spill() {
  constexpr std::size_t kSpilled = kNear / 4;
  for (std::size_t i = kSpilled; i-- > 0;) push_heap(near_[i]);
  near_size_ -= kSpilled;
  std::memmove(near_, near_ + kSpilled, near_size_ * sizeof(Entry));
}

[[gnu::noinline]] void EventQueue::refill() {
  std::size_t wanted = std::min(kNear / 2, end_ - kRoot);
  near_size_ = wanted;
  for (; wanted > 0; pop_heap()) near_[--wanted] = at(kRoot);
}

void EventQueue::push_heap(Entry entry) {
  if ((end_ >> 2) >= lines_.size()) lines_.resize(lines_.size() * 2);
  std::size_t hole = end_++;
  while (hole > kRoot) {
    const std::size_t parent = (hole >> 2) + 2;
    if (!before(entry, at(parent))) break;
    at(hole) = at(parent);
    hole = parent;
  }
  at(hole) = entry;
}

void EventQueue::sift_down(std::size_t hole, Entry entry) {
  while (true) {
    const std::size_t first = (hole << 2) - 8;
    if (first >= end_) break;
    std::size_t least = first;
    if (first + 4 <= end_) {
      const Entry* c = lines_[first >> 2].entries;
      const std::size_t left = before(c[1], c[0]) ? 1 : 0;
      const std::size_t right = before(c[3], c[2]) ? 3 : 2;
      least = first + (before(c[right], c[left]) ? right : left);
    } else {
      for (std::size_t i = first + 1; i < end_; ++i)
        if (before(at(i), at(least))) least = i;
    }
    if (!before(at(least), entry)) break;
    at(hole) = at(least);
    hole = least;
  }
  at(hole) = entry;
}

void EventQueue::pop_heap() {
  const Entry last = at(--end_);
  if (end_ > kRoot) sift_down(kRoot, last);
}

bool EventQueue::cancel(EventId event) {
  if (!pending(event)) return false;
  release_slot(slot_of(event.value));
  // Entries of cancelled events stay until they come to the top. When they are the greater part, all are thrown out at
  // once, so that a timer which is restarted for ever costs no memory.
  if (++cancelled_ > 64 && cancelled_ > (end_ + near_size_) / 2) compact();
  return true;
}

void EventQueue::compact() {
  std::size_t kept = kRoot;
  for (std::size_t i = kRoot; i < end_; ++i)
    if (live(at(i).order)) at(kept++) = at(i);
  cancelled_ -= end_ - kept;
  end_ = kept;
  for (std::size_t i = end_; i-- > kRoot;) sift_down(i, at(i));
  kept = 0;
  for (std::size_t i = 0; i < near_size_; ++i)
    if (live(near_[i].order)) near_[kept++] = near_[i];
  cancelled_ -= near_size_ - kept;
  near_size_ = kept;
}

// The entry that a postponed event has from now on.
EventQueue::Entry EventQueue::take_postponed(const Entry& old) {
  Slot& slot = slots_[slot_of(old.order)];
  SIMCLUSTER_ASSERT(slot.postponed_to >= old.time);
  slot.order = old.order;
  return {slot.postponed_to, old.order};
}

// The earliest entry's event was cancelled or postponed: the entry goes, or goes to where it belongs.
[[gnu::noinline]] void EventQueue::settle_top() {
  const Entry old = top();
  pop_top();
  if (live(old.order))
    push(take_postponed(old));
  else
    --cancelled_;
}

// The same for the first of due_. Returns false when that is to run now.
[[gnu::noinline]] bool EventQueue::settle_due() {
  const std::uint64_t order = due_[due_.size() - due_left_];
  if (current(order)) return false;
  --due_left_;
  if (live(order))
    push(take_postponed({static_cast<std::uint64_t>(now_.ns), order}));
  else
    --cancelled_;
  return true;
}

std::optional<Time> EventQueue::next_time() {
  while (due_left_ > 0 && settle_due()) {
  }
  while (any() && !current(top().order)) settle_top();
  if (due_left_ > 0) return now_;
  if (!any()) return std::nullopt;
  return Time{static_cast<std::int64_t>(top().time)};
}

bool EventQueue::run_next(std::uint64_t end) {
  while (true) {
    const bool due = due_left_ > 0;
    if (any()) {
      // Field by field: an entry that was just written in two halves is slow to read as a whole.
      const std::uint64_t order = top().order;
      const std::uint64_t time = top().time;
      if (!current(order)) {
        settle_top();
        continue;
      }
      if (!due || time == static_cast<std::uint64_t>(now_.ns)) {
        if (time > end) return false;
        now_.ns = static_cast<std::int64_t>(time);
        pop_top();
        run_slot(order);
        return true;
      }
    }
    if (!due) return false;
    if (settle_due()) continue;
    run_slot(due_[due_.size() - due_left_--]);
    return true;
  }
}

[[gnu::flatten]] std::uint64_t EventQueue::run_until(Time end) {
  const std::uint64_t before_run = events_run_;
  stopped_ = false;
  if (end < now_) return 0;
  while (!stopped_ && run_next(static_cast<std::uint64_t>(end.ns))) {
  }
  if (!stopped_) now_ = end;
  return events_run_ - before_run;
}

}  // namespace simcluster::sim
