#include "sim/scenario/yaml_tree.h"

#include <algorithm>

#include <fmt/core.h>
#include <yaml-cpp/yaml.h>

namespace simcluster::sim {

namespace {

// Copies what the parser made into our tree. Aliases are followed, and counted every time.
class Copier {
 public:
  Copier(std::string_view text, const std::string& file_name) : file_name_(file_name) {
    for (std::size_t begin = 0; begin <= text.size();) {
      const std::size_t end = std::min(text.find('\n', begin), text.size());
      lines_.push_back(text.substr(begin, end - begin));
      begin = end + 1;
    }
  }

  Result<YamlNode> copy(const YAML::Node& from, int depth) {
    YamlNode node;
    node.place = place(from.Mark());
    if (++values_ > kMaxYamlValues)
      return fail(fmt::format("the document has more than {} values when its aliases are followed", kMaxYamlValues),
                  {file_name_, 0, 0});
    if (depth > kMaxYamlDepth)
      return fail(fmt::format("values are nested more than {} deep", kMaxYamlDepth), node.place);
    if (from.IsMap()) return copy_map(from, std::move(node), depth);
    if (from.IsSequence()) return copy_list(from, std::move(node), depth);
    if (from.IsScalar()) copy_scalar(from, node);
    return node;
  }

 private:
  SourcePlace place(const YAML::Mark& mark) const { return {file_name_, mark.line + 1, mark.column + 1}; }

  void copy_scalar(const YAML::Node& from, YamlNode& node) {
    node.text = from.Scalar();
    const bool plain = from.Tag() == "?";
    if (plain && (node.text == "~" || node.text == "null" || node.text.empty())) return;
    node.kind = YamlNode::Kind::kScalar;
    node.text_place = node.place;
    const std::string_view line = line_at(node.place.line);
    const auto column = static_cast<std::size_t>(node.place.column - 1);
    if (plain || column >= line.size() || (line[column] != '|' && line[column] != '>')) return;
    node.block = true;
    node.text_place = first_line_of_block(node.place);
  }

  // The text of a block begins on the line below its indicator, at the indentation of its first line that is not blank.
  SourcePlace first_line_of_block(SourcePlace at) const {
    ++at.line;
    for (int line = at.line; static_cast<std::size_t>(line) <= lines_.size(); ++line) {
      const auto column = line_at(line).find_first_not_of(' ');
      if (column == std::string_view::npos) continue;
      at.column = static_cast<int>(column) + 1;
      break;
    }
    return at;
  }

  std::string_view line_at(int line) const {
    const auto index = static_cast<std::size_t>(line - 1);
    return index < lines_.size() ? lines_[index] : std::string_view{};
  }

  Result<YamlNode> copy_list(const YAML::Node& from, YamlNode node, int depth) {
    node.kind = YamlNode::Kind::kList;
    for (const auto& item : from) {
      auto copied = copy(item, depth + 1);
      if (!copied) return copied;
      node.items.push_back(std::move(*copied));
    }
    return node;
  }

  Result<YamlNode> copy_map(const YAML::Node& from, YamlNode node, int depth) {
    node.kind = YamlNode::Kind::kMap;
    for (const auto& entry : from) {
      if (!entry.first.IsScalar()) return fail("a key must be a plain word", place(entry.first.Mark()));
      auto copied = copy(entry.second, depth + 1);
      if (!copied) return copied;
      const std::string& key = entry.first.Scalar();
      const SourcePlace key_place = place(entry.first.Mark());
      if (const auto* twice = node.find_entry(key))
        return fail(fmt::format("the key \"{}\" stands here for the second time (first on line {})", key,
                                twice->key_place.line),
                    key_place);
      node.entries.push_back({key, key_place, std::move(*copied)});
    }
    return node;
  }

  const std::string& file_name_;
  std::vector<std::string_view> lines_;
  std::size_t values_ = 0;
};

// The parser knows neither limit nor name for these.
std::string readable(const YAML::Exception& error) {
  if (error.msg == YAML::ErrorMsg::BAD_FILE) return "values are nested too deep";
  return "this is not valid YAML: " + error.msg;
}

Result<void> append(YamlNode& base, const YamlEntry& entry) {
  const std::string key = entry.key.substr(0, entry.key.size() - 1);
  YamlEntry* target = base.find_entry(key);
  if (entry.value.kind != YamlNode::Kind::kList)
    return fail(fmt::format("\"{}\" appends to a list and must be a list", entry.key), entry.value.place);
  if (target == nullptr) {
    base.entries.push_back({key, entry.key_place, entry.value});
    return {};
  }
  if (target->value.kind != YamlNode::Kind::kList)
    return fail(fmt::format("\"{}\" cannot append: \"{}\" is {} there", entry.key, key, kind_name(target->value.kind)),
                entry.key_place);
  auto& items = target->value.items;
  items.insert(items.end(), entry.value.items.begin(), entry.value.items.end());
  return {};
}

// Marks of removal and appending have nothing to act on where the base has nothing; they are worked off all the same.
Result<YamlNode> without_marks(const YamlNode& node) {
  if (node.kind != YamlNode::Kind::kMap) return node;
  YamlNode plain = node;
  plain.entries.clear();
  if (auto merged = merge_yaml(plain, node); !merged) return tl::unexpected(merged.error());
  return plain;
}

}  // namespace

const YamlNode* YamlNode::find(std::string_view key) const {
  for (const auto& entry : entries)
    if (entry.key == key) return &entry.value;
  return nullptr;
}

YamlEntry* YamlNode::find_entry(std::string_view key) {
  for (auto& entry : entries)
    if (entry.key == key) return &entry;
  return nullptr;
}

std::string_view kind_name(YamlNode::Kind kind) {
  switch (kind) {
    case YamlNode::Kind::kNull:
      return "nothing";
    case YamlNode::Kind::kScalar:
      return "a single value";
    case YamlNode::Kind::kList:
      return "a list";
    case YamlNode::Kind::kMap:
      return "a mapping";
  }
  return {};
}

Result<YamlNode> parse_yaml(std::string_view text, const std::string& file_name) {
  if (text.size() > kMaxYamlBytes)
    return fail(fmt::format("the file has {} bytes; a scenario may have at most {}", text.size(), kMaxYamlBytes),
                {file_name, 0, 0});
  if (const auto nul = text.find('\0'); nul != std::string_view::npos)
    return fail(
        "the file has a zero byte and is no text",
        {file_name,
         static_cast<int>(std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(nul), '\n')) + 1, 0});
  try {
    const std::vector<YAML::Node> documents = YAML::LoadAll(std::string(text));
    if (documents.empty()) return fail("the file is empty; a scenario was expected", {file_name, 1, 1});
    if (documents.size() > 1)
      return fail("the file has more than one YAML document", {file_name, documents[1].Mark().line + 1, 1});
    return Copier(text, file_name).copy(documents.front(), 0);
  } catch (const YAML::Exception& error) {
    return fail(readable(error), {file_name, error.mark.line + 1, error.mark.column + 1});
  }
}

Result<void> merge_yaml(YamlNode& base, const YamlNode& over) {
  for (const auto& entry : over.entries) {
    if (entry.key.size() > 1 && entry.key.back() == '+') {
      if (auto appended = append(base, entry); !appended) return appended;
      continue;
    }
    YamlEntry* target = base.find_entry(entry.key);
    if (entry.value.kind == YamlNode::Kind::kNull && target != nullptr) {
      std::erase_if(base.entries, [&](const YamlEntry& e) { return e.key == entry.key; });
    } else if (target != nullptr && target->value.kind == YamlNode::Kind::kMap &&
               entry.value.kind == YamlNode::Kind::kMap) {
      if (auto merged = merge_yaml(target->value, entry.value); !merged) return merged;
    } else {
      // The marks in variants are for what they will be laid upon.
      auto plain = entry.key == "variants" ? Result<YamlNode>(entry.value) : without_marks(entry.value);
      if (!plain) return tl::unexpected(plain.error());
      if (target != nullptr) {
        target->key_place = entry.key_place;
        target->value = std::move(*plain);
      } else {
        base.entries.push_back({entry.key, entry.key_place, std::move(*plain)});
      }
    }
  }
  return {};
}

}  // namespace simcluster::sim
