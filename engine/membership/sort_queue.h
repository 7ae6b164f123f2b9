// The messages of one window of sequence numbers (SEQ-2).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "engine/base/assert.h"
#include "engine/membership/sequence.h"
#include "engine/membership/srp_messages.h"

namespace simcluster::membership {

// A multicast as it was on the wire; shared by queues, never changed.
struct StoredMessage {
  McastHeader header;
  std::vector<std::byte> frame;
  std::size_t payload_offset = 0;

  std::span<const std::byte> payload() const { return std::span(frame).subspan(payload_offset); }
};
using MessagePointer = std::shared_ptr<const StoredMessage>;

class SortQueue {
 public:
  // Empties the queue; the window starts at `head`.
  void reset(std::uint32_t head) {
    for (Slot& slot : slots_) slot = {};
    head_ = head;
  }
  bool in_range(std::uint32_t seq) const { return seq - head_ < kSequenceWindow; }
  bool in_use(std::uint32_t seq) const { return get(seq) != nullptr; }
  // The message, or null where there is none or the number is outside the window.
  const MessagePointer& get(std::uint32_t seq) const {
    static const MessagePointer kNone;
    if (!in_range(seq) || seq - head_ >= slots_.size()) return kNone;
    return slots_[index(seq)].message;
  }
  void add(std::uint32_t seq, MessagePointer message) {
    Slot& slot = slot_of(seq);
    slot.message = std::move(message);
    slot.misses = 0;
  }
  // Increments and returns the slot's miss count.
  std::uint32_t miss(std::uint32_t seq) { return ++slot_of(seq).misses; }
  // Frees everything up to and including `seq`.
  void release_up_to(std::uint32_t seq) {
    if (!in_range(seq)) return;
    while (head_ != seq + 1) {
      if (!slots_.empty()) slots_[index(head_)] = {};
      ++head_;
    }
  }
  std::uint32_t head() const { return head_; }

 private:
  struct Slot {
    MessagePointer message;
    std::uint32_t misses = 0;
  };

  // slots_.size() is 0 or a power of two, so that a number keeps its slot while the window moves.
  std::size_t index(std::uint32_t seq) const { return seq & (slots_.size() - 1); }
  Slot& slot_of(std::uint32_t seq) {
    SIMCLUSTER_ASSERT(in_range(seq));
    if (seq - head_ >= slots_.size()) grow(seq - head_ + 1);
    return slots_[index(seq)];
  }
  // Most rings never have more than a few messages under way: the window is paid for when it is used.
  void grow(std::size_t needed) {
    std::size_t size = slots_.empty() ? 64 : slots_.size();
    while (size < needed) size *= 2;
    std::vector<Slot> bigger(size);
    for (std::size_t i = 0; i < slots_.size(); ++i) {
      const std::uint32_t seq = head_ + static_cast<std::uint32_t>(i);
      bigger[seq & (size - 1)] = std::move(slots_[index(seq)]);
    }
    slots_ = std::move(bigger);
  }

  std::vector<Slot> slots_;
  std::uint32_t head_ = 0;
};

}  // namespace simcluster::membership
