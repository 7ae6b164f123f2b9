#include "sim/scenario/loader.h"

#include <algorithm>
#include <filesystem>

#include <fmt/core.h>

#include "sim/scenario/assembly.h"
#include "sim/scenario/draft.h"
#include "sim/scenario/reader.h"
#include "sim/scenario/values.h"
#include "sim/scenario/yaml_tree.h"

namespace simcluster::sim {

namespace {

// Reads a file and lays it upon the files that it includes.
class TreeLoader {
 public:
  Result<YamlNode> load(const std::string& path, const SourcePlace& named_at) {
    std::error_code ignored;
    const std::string real = std::filesystem::weakly_canonical(path, ignored).generic_string();
    if (std::find(open_.begin(), open_.end(), real) != open_.end())
      return fail(fmt::format("\"{}\" includes itself{}", path,
                              open_.back() == real ? "" : fmt::format(", by way of \"{}\"", open_.back())),
                  named_at);
    auto text = read_text_file(path, kMaxYamlBytes, named_at);
    if (!text) return tl::unexpected(text.error());
    auto tree = parse_yaml(*text, path);
    if (!tree) return tree;
    open_.push_back(real);
    auto whole = with_includes(std::move(*tree));
    open_.pop_back();
    return whole;
  }

 private:
  Result<YamlNode> with_includes(YamlNode tree) {
    const YamlNode* include = tree.find("include");
    if (include == nullptr) return tree;
    YamlNode base;
    base.kind = YamlNode::Kind::kMap;
    base.place = tree.place;
    const auto lay = [&](const YamlNode& name) -> Result<void> {
      if (name.kind != YamlNode::Kind::kScalar) return fail("\"include\" takes the path of a file", name.place);
      auto part = load(path_beside(name.place.file, name.text), name.place);
      if (!part) return tl::unexpected(part.error());
      return merge_yaml(base, *part);
    };
    if (include->kind == YamlNode::Kind::kList) {
      for (const auto& name : include->items)
        if (auto laid = lay(name); !laid) return tl::unexpected(laid.error());
    } else if (auto laid = lay(*include); !laid) {
      return tl::unexpected(laid.error());
    }
    if (auto merged = merge_yaml(base, tree); !merged) return tl::unexpected(merged.error());
    return base;
  }

  std::vector<std::string> open_;
};

// The trees of the variants, each laid upon those that it extends.
class VariantTrees {
 public:
  explicit VariantTrees(const YamlNode& tree) : variants_(tree.find("variants")), base_(tree) {
    std::erase_if(base_.entries, [](const YamlEntry& e) { return e.key == "variants" || e.key == "include"; });
  }

  Result<YamlNode> tree(const YamlEntry& variant) {
    YamlNode whole = base_;
    std::vector<std::string> open;
    if (auto laid = lay(whole, variant, open); !laid) return tl::unexpected(laid.error());
    whole.place = variant.value.place;
    return whole;
  }

 private:
  Result<void> lay(YamlNode& whole, const YamlEntry& variant, std::vector<std::string>& open) {
    if (variant.value.kind == YamlNode::Kind::kNull) return {};
    if (variant.value.kind != YamlNode::Kind::kMap)
      return fail(
          fmt::format("the variant \"{}\" must be a mapping, not {}", variant.key, kind_name(variant.value.kind)),
          variant.value.place);
    YamlNode own = variant.value;
    if (const YamlNode* base = own.find("extends")) {
      if (auto laid = lay_base(whole, *base, variant.key, open); !laid) return laid;
      std::erase_if(own.entries, [](const YamlEntry& e) { return e.key == "extends"; });
    }
    for (const auto& entry : own.entries)
      if (entry.key == "variants" || entry.key == "include")
        return fail(fmt::format("\"{}\" cannot stand in a variant", entry.key), entry.key_place);
    return merge_yaml(whole, own);
  }

  Result<void> lay_base(YamlNode& whole, const YamlNode& name, const std::string& variant,
                        std::vector<std::string>& open) {
    open.push_back(variant);
    std::vector<std::string_view> names;
    for (const auto& entry : variants_->entries) names.push_back(entry.key);
    const auto found = std::find(names.begin(), names.end(), name.text);
    if (name.kind != YamlNode::Kind::kScalar || found == names.end())
      return fail(fmt::format("there is no variant \"{}\" to extend{}", name.text, did_you_mean(name.text, names)),
                  name.place);
    if (std::find(open.begin(), open.end(), name.text) != open.end())
      return fail(fmt::format("the variant \"{}\" extends itself", name.text), name.place);
    return lay(whole, variants_->entries[static_cast<std::size_t>(found - names.begin())], open);
  }

  const YamlNode* variants_;
  YamlNode base_;
};

Result<Scenario> read_one(const YamlNode& tree) {
  Reader reader(tree);
  Draft draft;
  if (!reader.error()) {
    declare_scenario(reader, draft);
    reader.finish();
  }
  if (reader.error()) return tl::unexpected(*reader.error());
  return assemble(std::move(draft), reader.names_used());
}

std::string name_of(const std::string& path) { return std::filesystem::path(path).stem().generic_string(); }

// Names of variants become parts of file names.
bool good_name(std::string_view name) {
  return !name.empty() && name.size() <= 64 && name.front() != '.' && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == '.';
  });
}

Result<void> add_variant(ScenarioFile& file, const YamlNode& tree, std::string_view variant) {
  auto scenario = read_one(tree);
  if (!scenario) return tl::unexpected(scenario.error());
  scenario->name = file.name;
  scenario->variant = variant;
  scenario->variant_title = variant.empty() || scenario->title == file.title ? std::string() : scenario->title;
  scenario->title = file.title;
  scenario->place = tree.place;
  file.variants.push_back(std::move(*scenario));
  return {};
}

}  // namespace

Result<ScenarioFile> load_scenario(const std::string& path) {
  auto tree = TreeLoader().load(path, {path, 0, 0});
  if (!tree) return tl::unexpected(tree.error());
  if (tree->kind != YamlNode::Kind::kMap) return tl::unexpected(read_one(*tree).error());
  ScenarioFile file{path, name_of(path), {}, {}};
  if (const YamlNode* title = tree->find("title")) file.title = title->text;
  const YamlNode* variants = tree->find("variants");
  if (variants == nullptr || variants->kind == YamlNode::Kind::kNull) {
    if (auto added = add_variant(file, *tree, {}); !added) return tl::unexpected(added.error());
    return file;
  }
  if (variants->kind != YamlNode::Kind::kMap || variants->entries.empty())
    return fail(fmt::format("\"variants\" must be a mapping of names to variants, not {}", kind_name(variants->kind)),
                variants->place);
  VariantTrees trees(*tree);
  for (const auto& variant : variants->entries) {
    if (!good_name(variant.key))
      return fail(
          fmt::format("\"{}\" cannot be the name of a variant: letters, digits, \"-\", \"_\" and \".\" are allowed",
                      variant.key),
          variant.key_place);
    auto whole = trees.tree(variant);
    if (!whole) return tl::unexpected(whole.error());
    if (auto added = add_variant(file, *whole, variant.key); !added) return tl::unexpected(added.error());
  }
  return file;
}

}  // namespace simcluster::sim
