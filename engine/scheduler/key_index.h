// A hash index from two 64-bit words to a small value: open addressing, no iteration, no removal. For lookups only, so
// that no order can leak from it.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

namespace simcluster::scheduler {

template <class Value>
class KeyIndex {
 public:
  const Value* find(std::uint64_t a, std::uint64_t b) const {
    if (slots_.empty()) return nullptr;
    for (std::size_t i = mix(a, b) & (slots_.size() - 1);; i = (i + 1) & (slots_.size() - 1)) {
      const Slot& slot = slots_[i];
      if (!slot.used) return nullptr;
      if (slot.a == a && slot.b == b) return &slot.value;
    }
  }
  // The value of the key, made from `Value()` when new.
  Value& operator()(std::uint64_t a, std::uint64_t b) {
    if (slots_.size() < 16 || used_ * 3 >= slots_.size() * 2) grow();
    Slot& slot = place(a, b);
    if (!slot.used) {
      slot.used = true;
      slot.a = a;
      slot.b = b;
      ++used_;
    }
    return slot.value;
  }
  std::size_t size() const { return used_; }

 private:
  struct Slot {
    std::uint64_t a = 0;
    std::uint64_t b = 0;
    Value value{};
    bool used = false;
  };

  static std::size_t mix(std::uint64_t a, std::uint64_t b) {
    std::uint64_t h = a * 0x9e3779b97f4a7c15ULL ^ (b + 0x7f4a7c159e3779b9ULL) * 0xc2b2ae3d27d4eb4fULL;
    h ^= h >> 29;
    h *= 0xbf58476d1ce4e5b9ULL;
    return static_cast<std::size_t>(h ^ h >> 32);
  }
  Slot& place(std::uint64_t a, std::uint64_t b) {
    std::size_t i = mix(a, b) & (slots_.size() - 1);
    while (slots_[i].used && (slots_[i].a != a || slots_[i].b != b)) i = (i + 1) & (slots_.size() - 1);
    return slots_[i];
  }
  void grow() {
    std::vector<Slot> old(slots_.empty() ? 16 : slots_.size() * 2);
    old.swap(slots_);
    for (Slot& slot : old) {
      if (slot.used) place(slot.a, slot.b) = std::move(slot);
    }
  }

  std::vector<Slot> slots_;
  std::size_t used_ = 0;
};

}  // namespace simcluster::scheduler
