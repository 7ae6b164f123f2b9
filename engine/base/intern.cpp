#include "engine/base/intern.h"

#include <algorithm>
#include <cstring>

#include "engine/base/hash.h"

namespace simcluster {

namespace {

std::uint32_t short_hash(std::string_view text) {
  const std::uint64_t hash = hash_text(text);
  return static_cast<std::uint32_t>(hash ^ hash >> 32);
}

}  // namespace

StringPool::StringPool() = default;

std::string_view StringPool::store(std::string_view text) {
  if (text.empty()) return {};
  if (capacity_ - used_ < text.size()) {
    const std::size_t next = blocks_.empty() ? kSmallestBlock : std::min(capacity_ * 2, kLargestBlock);
    capacity_ = std::max(next, text.size());
    blocks_.push_back(std::make_unique_for_overwrite<char[]>(capacity_));
    used_ = 0;
  }
  char* place = blocks_.back().get() + used_;
  std::memcpy(place, text.data(), text.size());
  used_ += text.size();
  return {place, text.size()};
}

Symbol StringPool::intern(std::string_view text) {
  if (texts_.size() * 2 >= slots_.size()) grow();
  const std::uint32_t hash = short_hash(text);
  std::size_t at = hash & (slots_.size() - 1);
  for (; slots_[at].symbol.valid(); at = (at + 1) & (slots_.size() - 1)) {
    if (slots_[at].hash == hash && texts_[slots_[at].symbol.index()] == text) return slots_[at].symbol;
  }
  const Symbol symbol(static_cast<Symbol::rep>(texts_.size()));
  texts_.push_back(store(text));
  slots_[at] = {hash, symbol};
  return symbol;
}

Symbol StringPool::find(std::string_view text) const {
  if (slots_.empty()) return Symbol::none();
  const std::uint32_t hash = short_hash(text);
  for (std::size_t at = hash & (slots_.size() - 1); slots_[at].symbol.valid(); at = (at + 1) & (slots_.size() - 1)) {
    if (slots_[at].hash == hash && texts_[slots_[at].symbol.index()] == text) return slots_[at].symbol;
  }
  return Symbol::none();
}

void StringPool::grow() {
  std::vector<Slot> old(slots_.empty() ? 64 : slots_.size() * 2);
  old.swap(slots_);
  for (const Slot& slot : old) {
    if (!slot.symbol.valid()) continue;
    std::size_t at = slot.hash & (slots_.size() - 1);
    while (slots_[at].symbol.valid()) at = (at + 1) & (slots_.size() - 1);
    slots_[at] = slot;
  }
}

}  // namespace simcluster
