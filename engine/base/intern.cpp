#include "engine/base/intern.h"

#include <algorithm>
#include <cstring>

namespace simcluster {

StringPool::StringPool() = default;

std::string_view StringPool::store(std::string_view text) {
  if (text.empty()) return {};
  if (capacity_ - used_ < text.size()) {
    capacity_ = std::max(kBlockSize, text.size());
    blocks_.push_back(std::make_unique<char[]>(capacity_));
    used_ = 0;
  }
  char* place = blocks_.back().get() + used_;
  std::memcpy(place, text.data(), text.size());
  used_ += text.size();
  return {place, text.size()};
}

Symbol StringPool::intern(std::string_view text) {
  if (const auto found = symbols_.find(text); found != symbols_.end()) return found->second;
  const std::string_view stored = store(text);
  const Symbol symbol(static_cast<Symbol::rep>(texts_.size()));
  texts_.push_back(stored);
  symbols_.emplace(stored, symbol);
  return symbol;
}

Symbol StringPool::find(std::string_view text) const {
  const auto found = symbols_.find(text);
  return found == symbols_.end() ? Symbol::none() : found->second;
}

}  // namespace simcluster
