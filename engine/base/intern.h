// Interned strings: equal texts get equal symbols, so that comparing and hashing cost one integer operation.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "engine/base/ids.h"

namespace simcluster {

using Symbol = Id<struct SymbolTag>;

// Owns the texts of its symbols. Symbols are dense and handed out in the order of first use. Not thread-safe; symbols
// of different pools must not be mixed. The views stay valid as long as the pool.
class StringPool {
 public:
  StringPool();
  StringPool(const StringPool&) = delete;
  StringPool& operator=(const StringPool&) = delete;
  StringPool(StringPool&&) noexcept = default;
  StringPool& operator=(StringPool&&) noexcept = default;

  // Returns the symbol of `text`, making it when new.
  Symbol intern(std::string_view text);
  // Returns the symbol of `text`, or none when it was never interned.
  Symbol find(std::string_view text) const;
  std::string_view text(Symbol symbol) const { return texts_[symbol.index()]; }
  std::size_t size() const { return texts_.size(); }
  // Copies `text` into the pool's arena without making a symbol. For values that are stored once and compared rarely.
  std::string_view store(std::string_view text);

 private:
  // Of the hash index: open addressing over symbols, with the hash beside them so that few texts are looked at.
  struct Slot {
    std::uint32_t hash = 0;
    Symbol symbol;
  };
  static constexpr std::size_t kSmallestBlock = std::size_t{4} * 1024;
  static constexpr std::size_t kLargestBlock = std::size_t{64} * 1024;

  void grow();

  std::vector<std::unique_ptr<char[]>> blocks_;
  std::size_t used_ = 0;      // in the last block
  std::size_t capacity_ = 0;  // of the last block
  std::vector<std::string_view> texts_;
  std::vector<Slot> slots_;  // a power of two, never full
};

}  // namespace simcluster
