#include "engine/cib/names.h"

#include <array>
#include <cstring>

namespace simcluster::cib {
namespace {

constexpr std::array kFixedTexts = {
#define SIMCLUSTER_CIB_NAME_TEXT(constant, text) std::string_view(text),
    SIMCLUSTER_CIB_NAMES(SIMCLUSTER_CIB_NAME_TEXT)
#undef SIMCLUSTER_CIB_NAME_TEXT
};

const std::unordered_map<std::string_view, Name>& fixed_names() {
  static const auto table = [] {
    std::unordered_map<std::string_view, Name> names;
    for (std::size_t i = 0; i < kFixedTexts.size(); ++i) names.emplace(kFixedTexts[i], Name(static_cast<Name::rep>(i)));
    return names;
  }();
  return table;
}

}  // namespace

NameTable::NameTable() : texts_(kFixedTexts.begin(), kFixedTexts.end()) {}

NameTable::NameTable(const NameTable& other) : NameTable() {
  for (std::size_t i = kFixedTexts.size(); i < other.texts_.size(); ++i) intern(other.texts_[i]);
}

Name NameTable::find(std::string_view text) const {
  const auto& fixed = fixed_names();
  if (const auto found = fixed.find(text); found != fixed.end()) return found->second;
  const auto found = extra_.find(text);
  return found == extra_.end() ? Name::none() : found->second;
}

Name NameTable::intern(std::string_view text) {
  if (const Name known = find(text); known.valid()) return known;
  own_.push_back(std::make_unique<char[]>(text.size() + 1));
  std::memcpy(own_.back().get(), text.data(), text.size());
  const std::string_view stored(own_.back().get(), text.size());
  const Name name(static_cast<Name::rep>(texts_.size()));
  texts_.push_back(stored);
  extra_.emplace(stored, name);
  return name;
}

}  // namespace simcluster::cib
