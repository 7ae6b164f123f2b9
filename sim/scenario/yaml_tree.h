// YAML as a plain tree with places, read with limits, so that no input can exhaust the machine.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/base/error.h"

namespace simcluster::sim {

struct YamlEntry;

struct YamlNode {
  enum class Kind : unsigned char { kNull, kScalar, kList, kMap };

  Kind kind = Kind::kNull;
  bool block = false;  // a scalar in literal or folded style (| or >)
  std::string text;    // of scalars
  SourcePlace place;
  SourcePlace text_place;          // of blocks: where the first line of the text stands
  std::vector<YamlNode> items;     // of lists
  std::vector<YamlEntry> entries;  // of maps, in the order of the file

  const YamlNode* find(std::string_view key) const;
  YamlEntry* find_entry(std::string_view key);
};

struct YamlEntry {
  std::string key;
  SourcePlace key_place;
  YamlNode value;
};

// "a list", "a mapping", ...: for error messages.
std::string_view kind_name(YamlNode::Kind kind);

inline constexpr std::size_t kMaxYamlBytes = std::size_t{4} * 1024 * 1024;
inline constexpr std::size_t kMaxYamlValues = 100'000;  // with every alias counted as often as it is used
inline constexpr int kMaxYamlDepth = 64;

// Parses one document. Errors: syntax, a key twice, more than one document, one of the limits above.
Result<YamlNode> parse_yaml(std::string_view text, const std::string& file_name);

// Lays `over` upon `base`: mappings are merged key by key, everything else is replaced. In `over`
//   key: ~      removes what the base has under `key`,
//   key+: list  appends to the list that the base has under `key`.
// A "key+" without a list to append to, or with something else than a list, is an error.
Result<void> merge_yaml(YamlNode& base, const YamlNode& over);

}  // namespace simcluster::sim
