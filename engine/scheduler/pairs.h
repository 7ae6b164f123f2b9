// A small table of name/value texts in the order of insertion: meta-attributes, parameters. Texts are borrowed.
#pragma once

#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace simcluster::scheduler {

class Pairs {
 public:
  using Pair = std::pair<std::string_view, std::string_view>;

  const std::string_view* find(std::string_view name) const {
    for (const Pair& pair : pairs_) {
      if (pair.first == name) return &pair.second;
    }
    return nullptr;
  }
  std::optional<std::string_view> get(std::string_view name) const {
    const std::string_view* value = find(name);
    return value == nullptr ? std::nullopt : std::optional<std::string_view>(*value);
  }
  bool contains(std::string_view name) const { return find(name) != nullptr; }
  // Keeps an existing value; true when inserted.
  bool insert(std::string_view name, std::string_view value) {
    if (contains(name)) return false;
    pairs_.emplace_back(name, value);
    return true;
  }
  // Replaces an existing value, keeping its place.
  void set(std::string_view name, std::string_view value) {
    for (Pair& pair : pairs_) {
      if (pair.first == name) {
        pair.second = value;
        return;
      }
    }
    pairs_.emplace_back(name, value);
  }
  bool erase(std::string_view name) {
    for (auto it = pairs_.begin(); it != pairs_.end(); ++it) {
      if (it->first != name) continue;
      pairs_.erase(it);
      return true;
    }
    return false;
  }

  auto begin() const { return pairs_.begin(); }
  auto end() const { return pairs_.end(); }
  bool empty() const { return pairs_.empty(); }
  std::size_t size() const { return pairs_.size(); }
  void reserve(std::size_t n) { pairs_.reserve(n); }
  void clear() { pairs_.clear(); }

 private:
  std::vector<Pair> pairs_;
};

}  // namespace simcluster::scheduler
