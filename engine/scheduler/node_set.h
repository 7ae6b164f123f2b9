// A set of nodes as bits: one machine word for up to 64 nodes, more when needed.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/scheduler/ids.h"

namespace simcluster::scheduler {

class NodeSet {
 public:
  bool contains(NodeId node) const {
    const std::size_t i = node.index();
    if (i < 64) return (first_ >> i & 1) != 0;
    const std::size_t word = i / 64 - 1;
    return word < rest_.size() && (rest_[word] >> i % 64 & 1) != 0;
  }
  void insert(NodeId node) {
    const std::size_t i = node.index();
    if (i < 64) {
      first_ |= std::uint64_t{1} << i;
      return;
    }
    const std::size_t word = i / 64 - 1;
    if (word >= rest_.size()) rest_.resize(word + 1);
    rest_[word] |= std::uint64_t{1} << i % 64;
  }
  void erase(NodeId node) {
    const std::size_t i = node.index();
    if (i < 64) {
      first_ &= ~(std::uint64_t{1} << i);
    } else if (i / 64 - 1 < rest_.size()) {
      rest_[i / 64 - 1] &= ~(std::uint64_t{1} << i % 64);
    }
  }
  void clear() {
    first_ = 0;
    rest_.clear();
  }
  bool empty() const {
    if (first_ != 0) return false;
    for (const std::uint64_t word : rest_) {
      if (word != 0) return false;
    }
    return true;
  }

 private:
  std::uint64_t first_ = 0;
  std::vector<std::uint64_t> rest_;
};

}  // namespace simcluster::scheduler
