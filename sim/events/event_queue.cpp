#include "sim/events/event_queue.h"

namespace simcluster::sim {

EventQueue::EventQueue(Time start) : now_(start), lines_(16) { SIMCLUSTER_ASSERT(start.ns >= 0); }

std::uint32_t EventQueue::grow_slots() {
  SIMCLUSTER_ASSERT(slots_.size() < kSlotMask);
  slots_.emplace_back();
  return static_cast<std::uint32_t>(slots_.size() - 1);
}

void EventQueue::push_due(std::uint64_t order) {
  if (due_head_ == due_.size()) {
    due_.clear();
    due_head_ = 0;
  }
  due_.push_back(order);
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
  if (++cancelled_ > 64 && cancelled_ > end_ / 2) compact();
  return true;
}

void EventQueue::compact() {
  std::size_t kept = kRoot;
  for (std::size_t i = kRoot; i < end_; ++i)
    if (live(at(i).order)) at(kept++) = at(i);
  cancelled_ -= end_ - kept;
  end_ = kept;
  for (std::size_t i = end_; i-- > kRoot;) sift_down(i, at(i));
}

void EventQueue::drop_cancelled() {
  while (end_ > kRoot && !live(at(kRoot).order)) {
    pop_heap();
    --cancelled_;
  }
  while (due_head_ < due_.size() && !live(due_[due_head_])) {
    ++due_head_;
    --cancelled_;
  }
}

std::optional<Time> EventQueue::next_time() {
  drop_cancelled();
  if (due_head_ < due_.size()) return now_;
  if (end_ == kRoot) return std::nullopt;
  return Time{static_cast<std::int64_t>(at(kRoot).time)};
}

void EventQueue::run_slot(std::uint64_t order) {
  const Slot slot = slots_[slot_of(order)];
  release_slot(slot_of(order));
  ++events_run_;
  slot.handler->on_event(slot.cookie);
}

bool EventQueue::run_next(std::uint64_t end) {
  while (true) {
    const bool due = due_head_ < due_.size();
    if (end_ > kRoot) {
      const Entry top = at(kRoot);
      if (!live(top.order)) {
        pop_heap();
        --cancelled_;
        continue;
      }
      if (!due || top.time == static_cast<std::uint64_t>(now_.ns)) {
        if (top.time > end) return false;
        now_.ns = static_cast<std::int64_t>(top.time);
        pop_heap();
        run_slot(top.order);
        return true;
      }
    }
    if (!due) return false;
    const std::uint64_t order = due_[due_head_++];
    if (!live(order)) {
      --cancelled_;
      continue;
    }
    run_slot(order);
    return true;
  }
}

std::uint64_t EventQueue::run_until(Time end) {
  const std::uint64_t before_run = events_run_;
  stopped_ = false;
  if (end < now_) return 0;
  while (!stopped_ && run_next(static_cast<std::uint64_t>(end.ns))) {
  }
  if (!stopped_) now_ = end;
  return events_run_ - before_run;
}

}  // namespace simcluster::sim
