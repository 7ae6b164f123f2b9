// The virtual clock and everything that is yet to happen.
//
// Events run in the order of (time, class, insertion): whatever was scheduled first runs first, and at one instant
// arriving datagrams run before everything else (M ARC-3). Time moves only from event to event.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "engine/base/assert.h"
#include "engine/base/ids.h"
#include "engine/base/time.h"

namespace simcluster::sim {

// Who is told that an event is due. The handler must outlive the event or cancel it.
class EventHandler {
 public:
  virtual void on_event(std::uint64_t cookie) = 0;

 protected:
  ~EventHandler() = default;
};

// One scheduled event. Never used twice, so a stale id is harmless.
using EventId = Id<struct EventIdTag, std::uint64_t>;

enum class EventClass : std::uint8_t { kDatagram, kNormal };

class EventQueue {
 public:
  explicit EventQueue(Time start = {});
  EventQueue(const EventQueue&) = delete;
  EventQueue& operator=(const EventQueue&) = delete;

  Time now() const { return now_; }

  // Calls handler.on_event(cookie) once at `at`; a time that has passed means now, after what is due already.
  EventId schedule(Time at, EventHandler& handler, std::uint64_t cookie, EventClass event_class = EventClass::kNormal) {
    if (at < now_) at = now_;
    const std::uint32_t slot = take_slot();
    SIMCLUSTER_ASSERT(next_sequence_ < kSequenceLimit);
    const std::uint64_t order =
        std::uint64_t{event_class == EventClass::kNormal} << 63 | next_sequence_++ << kSlotBits | slot;
    Slot& taken = slots_[slot];
    taken.handler = &handler;
    taken.cookie = cookie;
    taken.order = order;
    if (at == now_ && event_class == EventClass::kNormal)
      push_due(order);
    else
      push({static_cast<std::uint64_t>(at.ns), order});
    return EventId(order);
  }
  EventId schedule_in(Duration delay, EventHandler& handler, std::uint64_t cookie,
                      EventClass event_class = EventClass::kNormal) {
    return schedule(now_ + delay, handler, cookie, event_class);
  }

  // Moves an event that is still to come to `at`, which must not be before its present time; costs much less than
  // cancelling it and scheduling another. Among the events of that time it keeps its place by insertion. Returns false
  // when it is not pending.
  bool postpone(EventId event, Time at) {
    if (!pending(event)) return false;
    Slot& slot = slots_[slot_of(event.value)];
    slot.postponed_to = static_cast<std::uint64_t>(at.ns);
    slot.order |= kPostponed;
    return true;
  }
  // Forgets the event. Returns false when it ran already, was cancelled or is none.
  bool cancel(EventId event);
  bool pending(EventId event) const {
    return event.valid() && slot_of(event.value) < slots_.size() &&
           (slots_[slot_of(event.value)].order & ~kPostponed) == event.value;
  }

  // Events that will still run.
  std::size_t size() const { return live_; }
  // Events that have run since the start.
  std::uint64_t events_run() const { return events_run_; }
  // When the next event is due; none when there is nothing to come.
  std::optional<Time> next_time();

  // Runs the next event. Returns false when there is none.
  bool run_one() { return run_next(kNever); }
  // Runs everything due up to and including `end`; afterwards the clock stands at `end`, unless stop() was called.
  // Returns how many events ran. An exception from a handler leaves the queue usable.
  std::uint64_t run_until(Time end);
  // Makes run_until return after the current event.
  void stop() { stopped_ = true; }
  bool stopped() const { return stopped_; }

 private:
  struct Entry {
    std::uint64_t time;
    std::uint64_t order;  // class, sequence, slot: also the event's id
  };
  struct Slot {
    EventHandler* handler = nullptr;
    std::uint64_t cookie = 0;        // next free slot while unused
    std::uint64_t order = kFree;     // of its entry, and whether it was postponed
    std::uint64_t postponed_to = 0;  // if so
  };
  struct alignas(64) Line {
    Entry entries[4];
  };

  static constexpr unsigned kSlotBits = 24;
  static constexpr std::uint64_t kSlotMask = (std::uint64_t{1} << kSlotBits) - 1;
  static constexpr std::uint64_t kSequenceLimit = std::uint64_t{1} << (62 - kSlotBits);
  static constexpr std::uint64_t kPostponed = std::uint64_t{1} << 62;
  static constexpr std::uint64_t kFree = ~std::uint64_t{0};
  static constexpr std::uint64_t kNever = ~std::uint64_t{0};
  static constexpr std::uint32_t kNoSlot = ~std::uint32_t{0};
  // The heap's root stands at 3, so that the four children of every entry fill one cache line.
  static constexpr std::size_t kRoot = 3;
  static constexpr std::size_t kNear = 64;

  static std::uint32_t slot_of(std::uint64_t order) { return static_cast<std::uint32_t>(order & kSlotMask); }
  static bool before(const Entry& a, const Entry& b) {
    __extension__ using Wide = unsigned __int128;
    return (static_cast<Wide>(a.time) << 64 | a.order) < (static_cast<Wide>(b.time) << 64 | b.order);
  }
  Entry& at(std::size_t i) { return lines_[i >> 2].entries[i & 3]; }
  // The event is to run at its entry's time: neither cancelled nor postponed.
  bool current(std::uint64_t order) const { return slots_[slot_of(order)].order == order; }
  bool live(std::uint64_t order) const { return (slots_[slot_of(order)].order & ~kPostponed) == order; }
  std::uint32_t take_slot() {
    ++live_;
    if (free_slot_ == kNoSlot) return grow_slots();
    const std::uint32_t slot = free_slot_;
    free_slot_ = static_cast<std::uint32_t>(slots_[slot].cookie);
    return slot;
  }
  void release_slot(std::uint32_t slot) {
    slots_[slot].order = kFree;
    slots_[slot].cookie = free_slot_;
    free_slot_ = slot;
    --live_;
  }
  std::uint32_t grow_slots();
  void push_due(std::uint64_t order);
  void push(Entry entry) {
    if (near_size_ == kNear) spill();
    if (end_ > kRoot && !before(entry, at(kRoot))) return push_heap(entry);
    // The earliest few make way one by one until its place is found.
    constexpr std::size_t kFew = 4;
    const std::size_t size = near_size_++;
    Entry* place = near_ + size;
    for (Entry* end = near_ + (size > kFew ? size - kFew : 0); place != end; --place) {
      if (before(entry, place[-1])) {
        *place = entry;
        return;
      }
      *place = place[-1];
    }
    insert_far(entry, place);
  }
  void insert_far(Entry entry, Entry* place);
  void spill();
  void push_heap(Entry entry);
  void pop_heap();
  void sift_down(std::size_t hole, Entry entry);
  void compact();
  // Whether there are entries besides those that are due_; if so, top() is the earliest of them.
  bool any() {
    if (near_size_ == 0 && end_ > kRoot) refill();
    return near_size_ > 0;
  }
  const Entry& top() const { return near_[near_size_ - 1]; }
  void pop_top() { --near_size_; }
  void refill();
  void settle_top();
  bool settle_due();
  Entry take_postponed(const Entry& old);
  bool run_next(std::uint64_t end);
  void run_slot(std::uint64_t order) {
    EventHandler* handler = slots_[slot_of(order)].handler;
    const std::uint64_t cookie = slots_[slot_of(order)].cookie;
    release_slot(slot_of(order));
    ++events_run_;
    handler->on_event(cookie);
  }

  Time now_;
  bool stopped_ = false;
  std::uint64_t next_sequence_ = 0;
  std::uint64_t events_run_ = 0;
  std::size_t live_ = 0;
  std::size_t cancelled_ = 0;  // entries whose slot is gone
  std::size_t end_ = kRoot;    // one past the last heap entry
  // The next entries, before all of the heap's, the earliest last. A small cluster's fit in here, and cost no heap: a
  // place is found by halves, and what stands behind it is moved in one go. A datagram on its way, nearly always the
  // next event or the next but one, is put at the end.
  std::size_t near_size_ = 0;
  Entry near_[kNear];
  std::vector<Line> lines_;
  std::vector<Slot> slots_;
  std::uint32_t free_slot_ = kNoSlot;
  // Events for this very instant, in order. They come after all heap entries of this instant, which are older.
  std::vector<std::uint64_t> due_;
  std::size_t due_left_ = 0;  // the last so many of them are still to run
};

}  // namespace simcluster::sim
