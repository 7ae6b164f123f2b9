// A string-keyed table whose iteration order is the documented one (S1 chapter 3, S0 GU-6.1): results that depend on
// the order of node, attribute or utilization tables come out alike everywhere.
//
// Keys are borrowed: their texts must outlive the table. Copying a table object keeps the slots; reinserted() is the
// copy that rules call "table copied", which may iterate differently.
#pragma once

#include <bit>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace simcluster::scheduler {

// S1 C-3.1: 31-polynomial over the bytes as signed numbers; never 0 or 1.
constexpr std::uint32_t ordered_hash(std::string_view key) {
  std::uint32_t h = 0;
  for (const char c : key)
    h = h * 31 + static_cast<std::uint32_t>(static_cast<std::int32_t>(static_cast<signed char>(c)));
  return h < 2 ? 2 : h;
}

// Which slot a key gets and when the table is rebuilt (S1 C-3.2 to C-3.5), without keys and values: shared by
// OrderedTable and the node shapes of node_table.h. A slot holds a number that the user understands.
class SlotLayout {
 public:
  static constexpr std::uint32_t kFree = 0xffffffff;
  static constexpr std::uint32_t kTombstone = 0xfffffffe;

  // Slots in iteration order; skip kFree and kTombstone.
  const std::vector<std::uint32_t>& slots() const { return slots_; }
  std::size_t size() const { return live_; }

  // Finds the number for which `same(number)` holds; kFree when there is none.
  template <class Same>
  std::uint32_t find(std::uint32_t hash, Same same) const {
    if (slots_.empty()) return kFree;
    std::size_t slot = home(hash);
    for (std::size_t step = 1;; ++step) {
      const std::uint32_t number = slots_[slot];
      if (number == kFree) return kFree;
      if (number != kTombstone && same(number)) return number;
      slot = (slot + step) & (slots_.size() - 1);
    }
  }

  // `number` must be new. `hash_of(number)` gives the hash of any number inserted, this one included.
  template <class HashOf>
  void insert(std::uint32_t number, HashOf hash_of) {
    if (slots_.empty()) slots_.assign(8, kFree);
    std::size_t slot = home(hash_of(number));
    std::size_t tombstone = slots_.size();
    for (std::size_t step = 1; slots_[slot] != kFree; ++step) {
      if (slots_[slot] == kTombstone && tombstone == slots_.size()) tombstone = slot;
      slot = (slot + step) & (slots_.size() - 1);
    }
    ++live_;
    if (tombstone != slots_.size()) {
      slots_[tombstone] = number;
      return;
    }
    slots_[slot] = number;
    ++occupied_;
    maybe_rebuild(hash_of);
  }

  // `number` must be present.
  template <class HashOf>
  void remove(std::uint32_t number, HashOf hash_of) {
    std::size_t slot = home(hash_of(number));
    for (std::size_t step = 1; slots_[slot] != number; ++step) slot = (slot + step) & (slots_.size() - 1);
    slots_[slot] = kTombstone;
    --live_;
    maybe_rebuild(hash_of);
  }

 private:
  static constexpr std::uint32_t kPrimes[] = {7,    13,   31,    61,    127,   251,    509,    1021,   2039,
                                              4093, 8191, 16381, 32749, 65521, 131071, 262139, 524287, 1048573};

  std::size_t home(std::uint32_t hash) const {
    const int bits = std::countr_zero(slots_.size());
    return (hash * 11) % kPrimes[bits - 3];
  }

  template <class HashOf>
  void maybe_rebuild(HashOf hash_of) {
    const std::size_t size = slots_.size();
    if (!((size > 4 * live_ && size > 8) || size <= occupied_ + occupied_ / 16)) return;
    // floor(n * 1.333) in integers, so that no rounding mode matters.
    const auto wanted = static_cast<std::uint64_t>(live_) * 1333 / 1000;
    const int bits = static_cast<int>(std::bit_width(wanted));
    rebuild(std::size_t{1} << (bits < 3 ? 3 : bits), hash_of);
  }

  template <class HashOf>
  void rebuild(std::size_t new_size, HashOf hash_of) {
    const std::size_t old_size = slots_.size();
    if (new_size > old_size) slots_.resize(new_size, kFree);
    std::vector<bool> placed(slots_.size(), false);
    const int bits = std::countr_zero(new_size);
    for (std::size_t i = 0; i < old_size; ++i) {
      if (placed[i]) continue;
      std::uint32_t moving = std::exchange(slots_[i], kFree);
      if (moving == kTombstone) moving = kFree;
      while (moving != kFree) {
        std::size_t slot = (hash_of(moving) * 11) % kPrimes[bits - 3];
        for (std::size_t step = 1; placed[slot]; ++step) slot = (slot + step) & (new_size - 1);
        placed[slot] = true;
        const std::uint32_t evicted = std::exchange(slots_[slot], moving);
        moving = evicted == kTombstone ? kFree : evicted;
      }
    }
    slots_.resize(new_size);
    occupied_ = live_;
  }

  std::vector<std::uint32_t> slots_;
  std::size_t live_ = 0;
  std::size_t occupied_ = 0;  // live and tombstones
};

template <class Value>
class OrderedTable {
 public:
  struct Entry {
    std::string_view key;
    Value value;
  };

  // Inserts, or replaces the value of an existing key, which keeps its slot. True when the key is new.
  bool set(std::string_view key, Value value) {
    if (Value* existing = find(key)) {
      *existing = std::move(value);
      return false;
    }
    add(key, std::move(value));
    return true;
  }
  // Inserts unless the key exists. True when inserted.
  bool insert(std::string_view key, Value value) {
    if (find(key) != nullptr) return false;
    add(key, std::move(value));
    return true;
  }
  Value* find(std::string_view key) {
    const std::uint32_t number = number_of(key);
    return number == SlotLayout::kFree ? nullptr : &entries_[number].value;
  }
  const Value* find(std::string_view key) const {
    const std::uint32_t number = number_of(key);
    return number == SlotLayout::kFree ? nullptr : &entries_[number].value;
  }
  bool contains(std::string_view key) const { return find(key) != nullptr; }
  bool remove(std::string_view key) {
    const std::uint32_t number = number_of(key);
    if (number == SlotLayout::kFree) return false;
    layout_.remove(number, [&](std::uint32_t n) { return hashes_[n]; });
    return true;
  }
  std::size_t size() const { return layout_.size(); }
  bool empty() const { return layout_.size() == 0; }
  void clear() { *this = OrderedTable(); }

  // Calls `visit(const Entry&)` in iteration order.
  template <class Visit>
  void for_each(Visit visit) const {
    for (const std::uint32_t number : layout_.slots()) {
      if (number < SlotLayout::kTombstone) visit(entries_[number]);
    }
  }
  std::vector<std::string_view> keys() const {
    std::vector<std::string_view> result;
    for_each([&](const Entry& entry) { result.push_back(entry.key); });
    return result;
  }
  // A fresh table, filled in iteration order (S0 GU-6.1 "copy").
  OrderedTable reinserted() const {
    OrderedTable result;
    for_each([&](const Entry& entry) { result.add(entry.key, entry.value); });
    return result;
  }

 private:
  std::uint32_t number_of(std::string_view key) const {
    const std::uint32_t hash = ordered_hash(key);
    return layout_.find(hash, [&](std::uint32_t n) { return hashes_[n] == hash && entries_[n].key == key; });
  }

  void add(std::string_view key, Value value) {
    entries_.push_back(Entry{key, std::move(value)});
    hashes_.push_back(ordered_hash(key));
    layout_.insert(static_cast<std::uint32_t>(entries_.size() - 1), [&](std::uint32_t n) { return hashes_[n]; });
  }

  SlotLayout layout_;
  std::vector<Entry> entries_;  // by number; removed ones stay as garbage
  std::vector<std::uint32_t> hashes_;
};

}  // namespace simcluster::scheduler
