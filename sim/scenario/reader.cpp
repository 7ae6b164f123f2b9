#include "sim/scenario/reader.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <tuple>

#include <fmt/format.h>

#include "engine/base/trace.h"
#include "sim/scenario/values.h"

namespace simcluster::sim {

namespace {

constexpr std::size_t kMaxFile = std::size_t{64} * 1024 * 1024;

std::string in_quotes(std::string_view text) {
  constexpr std::size_t kShown = 60;
  if (text.size() <= kShown) return fmt::format("\"{}\"", text);
  return fmt::format("\"{}...\"", text.substr(0, kShown));
}

bool before(const SourcePlace& a, const SourcePlace& b) {
  return a.file == b.file && std::tie(a.line, a.column) < std::tie(b.line, b.column);
}

template <class Names>
std::vector<std::string_view> views(const Names& names) {
  return {names.begin(), names.end()};
}

// The first of the names, each once: a file has some keys to choose from, a timeline has fifty.
std::string enumerated(std::span<const std::string_view> names) {
  constexpr std::size_t kListed = 12;
  std::vector<std::string_view> listed;
  for (const auto name : names)
    if (std::find(listed.begin(), listed.end(), name) == listed.end()) listed.push_back(name);
  const bool more = listed.size() > kListed;
  if (more) listed.resize(kListed);
  return fmt::format("\"{}\"{}", fmt::join(listed, "\", \""), more ? " and so on, see \"simcluster schema\"" : "");
}

std::vector<std::string_view> event_kinds() {
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < kTraceKindCount; ++i) names.push_back(trace_kind_name(static_cast<TraceKind>(i)));
  return names;
}

}  // namespace

Reader::Reader(const YamlNode& root) {
  frames_.push_back({&root, {}, {}, true});
  if (root.kind != YamlNode::Kind::kMap)
    fail(root.place, fmt::format("a scenario is a mapping of keys to values; this is {}", kind_name(root.kind)));
}

void Reader::finish() { check_unknown(frames_.front()); }

void Reader::fail(SourcePlace place, std::string message) {
  if (error_ && !before(place, error_->place)) return;
  error_ = Error{std::move(message), std::move(place)};
}

const YamlNode* Reader::look_up(const Key& key) {
  Frame& frame = frames_.back();
  if (key.name.empty()) return frame.node;
  frame.known.emplace_back(key.name);
  const YamlNode* node = frame.node->find(key.name);
  if (node == nullptr && key.required)
    fail(frame.node->place, fmt::format("the key \"{}\" is missing: {}", key.name, key.help));
  return node;
}

void Reader::wrong(const YamlNode& node, const Key& key, std::string_view expected) {
  const std::string what =
      node.kind == YamlNode::Kind::kScalar ? in_quotes(node.text) : std::string(kind_name(node.kind));
  fail(node.place, key.name.empty() ? fmt::format("{} was expected, not {}", expected, what)
                                    : fmt::format("\"{}\" must be {}, not {}", key.name, expected, what));
}

const YamlNode* Reader::scalar(const Key& key, std::string_view expected) {
  const YamlNode* node = look_up(key);
  if (node == nullptr) return nullptr;
  if (node->kind == YamlNode::Kind::kScalar) return node;
  wrong(*node, key, expected);
  return nullptr;
}

void Reader::text(const Key& key, std::string& value) {
  if (const auto* node = scalar(key, "a text")) value = node->text;
}

void Reader::block(const Key& key, TextBlock& value) {
  if (const auto* node = scalar(key, "a text")) value = {{}, node->text, node->text_place};
}

void Reader::file(const Key& key, TextBlock& value) {
  const auto* node = scalar(key, "the path of a file");
  if (node == nullptr) return;
  const std::string path = path_beside(node->place.file, node->text);
  auto text = read_text_file(path, kMaxFile, node->place);
  if (!text) return fail(text.error().place, text.error().message);
  value = {{}, std::move(*text), {path, 1, 1}};
}

void Reader::boolean(const Key& key, bool& value) {
  const auto* node = scalar(key, "true or false");
  if (node == nullptr) return;
  if (node->text == "true" || node->text == "yes") {
    value = true;
  } else if (node->text == "false" || node->text == "no") {
    value = false;
  } else {
    wrong(*node, key, "true or false");
  }
}

void Reader::integer(const Key& key, std::int64_t& value, std::int64_t low, std::int64_t high) {
  const std::string expected = fmt::format("a whole number from {} to {}", low, high);
  const auto* node = scalar(key, expected);
  if (node == nullptr) return;
  const auto read = parse_integer(node->text);
  if (!read || *read < low || *read > high) return wrong(*node, key, expected);
  value = *read;
}

void Reader::duration(const Key& key, Duration& value) {
  constexpr std::string_view kExpected = "a time with its unit, such as 10s, 1h30m or 100us";
  const auto* node = scalar(key, kExpected);
  if (node == nullptr) return;
  const auto read = parse_duration(node->text);
  if (!read) return wrong(*node, key, kExpected);
  value = *read;
}

void Reader::instant(const Key& key, Time& value) {
  constexpr std::string_view kExpected = "a date such as 2013-12-26 20:00:00";
  const auto* node = scalar(key, kExpected);
  if (node == nullptr) return;
  const auto read = parse_instant(node->text);
  if (!read) return wrong(*node, key, kExpected);
  value = *read;
}

void Reader::share(const Key& key, std::uint32_t& parts) {
  constexpr std::string_view kExpected = "a percentage from 0% to 100%";
  const auto* node = scalar(key, kExpected);
  if (node == nullptr) return;
  const auto read = parse_share(node->text);
  if (!read) return wrong(*node, key, kExpected);
  parts = *read;
}

void Reader::address(const Key& key, IpAddress& value) {
  constexpr std::string_view kExpected = "an IP address";
  const auto* node = scalar(key, kExpected);
  if (node == nullptr) return;
  const auto read = IpAddress::parse(node->text);
  if (!read) return wrong(*node, key, kExpected);
  value = *read;
}

void Reader::prefix(const Key& key, AddressPrefix& value) {
  constexpr std::string_view kExpected = "an IP address with its prefix length, such as 192.168.4.11/24";
  const auto* node = scalar(key, kExpected);
  if (node == nullptr) return;
  const auto read = parse_prefix(node->text);
  if (!read) return wrong(*node, key, kExpected);
  value = *read;
}

void Reader::choice(const Key& key, std::size_t& value, std::span<const std::string_view> names) {
  std::string expected = "one of";
  for (const auto name : names) expected += fmt::format(" {}", name);
  const auto* node = scalar(key, expected);
  if (node == nullptr) return;
  const auto found = std::find(names.begin(), names.end(), node->text);
  if (found == names.end()) return wrong(*node, key, expected);
  value = static_cast<std::size_t>(found - names.begin());
}

void Reader::reference(const Key& key, std::string& value, Reference kind) {
  const auto* node = scalar(key, "a name");
  if (node == nullptr) return;
  value = node->text;
  names_used_.push_back({kind, value, frames_.back().machine, node->place});
  if (kind == Reference::kMachine) frames_.back().machine = value;
}

void Reader::event_kind(const Key& key, std::string& value) {
  const auto* node = scalar(key, "the kind of an event");
  if (node == nullptr) return;
  TraceKind kind;
  if (!trace_kind_from_name(node->text, kind)) {
    const auto kinds = event_kinds();
    return fail(node->place,
                fmt::format("there is no event {}{}", in_quotes(node->text), did_you_mean(node->text, kinds)));
  }
  value = node->text;
}

void Reader::pairs(const Key& key, std::vector<std::pair<std::string, std::string>>& value) {
  const YamlNode* node = look_up(key);
  if (node == nullptr) return;
  if (node->kind != YamlNode::Kind::kMap) return wrong(*node, key, "a mapping of names to values");
  for (const auto& entry : node->entries) {
    if (entry.value.kind != YamlNode::Kind::kScalar) return wrong(entry.value, {entry.key, {}}, "a single value");
    value.emplace_back(entry.key, entry.value.text);
  }
}

bool Reader::begin_object(const Key& key) {
  const YamlNode* node = look_up(key);
  if (node == nullptr) return false;
  if (node->kind != YamlNode::Kind::kMap && node->kind != YamlNode::Kind::kNull) {
    wrong(*node, key, "a mapping of keys to values");
    return false;
  }
  frames_.push_back({node, {}, {}, true});
  return true;
}

void Reader::end_object() {
  check_unknown(frames_.back());
  frames_.pop_back();
}

bool Reader::begin_value(const Key& key) {
  const YamlNode* node = look_up(key);
  if (node == nullptr) return false;
  frames_.push_back({node, {}, {}, false});
  return true;
}

void Reader::end_value() { frames_.pop_back(); }

std::size_t Reader::begin_list(const Key& key, Style style) {
  const YamlNode* node = look_up(key);
  if (node == nullptr || node->kind == YamlNode::Kind::kNull) node = &empty_;
  frames_.push_back({node, {}, {}, false});
  if (node->kind == YamlNode::Kind::kList) return node->items.size();
  if (node == &empty_) return 0;
  if (style == Style::kOneOrMany && node->kind == YamlNode::Kind::kScalar) return 1;
  wrong(*node, key, "a list");
  frames_.back().node = &empty_;
  return 0;
}

std::size_t Reader::begin_map(const Key& key, Style style) {
  const YamlNode* node = look_up(key);
  if (node == nullptr || node->kind == YamlNode::Kind::kNull) node = &empty_;
  frames_.push_back({node, {}, {}, false});
  if (node->kind == YamlNode::Kind::kMap) return node->entries.size();
  if (node == &empty_) return 0;
  if (style == Style::kOneOrMany && node->kind == YamlNode::Kind::kScalar) return 1;
  wrong(*node, key, "a mapping of names to values");
  frames_.back().node = &empty_;
  return 0;
}

std::string Reader::begin_item(std::size_t index) {
  const YamlNode& all = *frames_.back().node;
  if (all.kind == YamlNode::Kind::kMap) {
    frames_.push_back({&all.entries[index].value, {}, {}, false});
    return all.entries[index].key;
  }
  frames_.push_back({all.kind == YamlNode::Kind::kList ? &all.items[index] : &all, {}, {}, false});
  return {};
}

void Reader::end_item() { frames_.pop_back(); }
void Reader::end_list() { frames_.pop_back(); }

void Reader::one_of(std::span<const std::string_view> names, bool none_allowed) {
  const YamlNode& node = *frames_.back().node;
  std::string_view first;
  for (const auto& entry : node.entries) {
    if (std::find(names.begin(), names.end(), entry.key) == names.end()) continue;
    if (!first.empty())
      return fail(entry.key_place, fmt::format("\"{}\" cannot stand beside \"{}\"", entry.key, first));
    first = entry.key;
  }
  if (!first.empty() || none_allowed) return;
  // An unknown key beside says it better: it is probably what should have been one of these.
  for (const auto& entry : node.entries)
    if (const auto near = nearest_name(entry.key, names); !near.empty())
      return fail(entry.key_place, fmt::format("unknown key \"{}\"; did you mean \"{}\"?", entry.key, near));
  fail(node.place, fmt::format("one of these keys is missing: {}", enumerated(names)));
}

bool Reader::given(std::string_view name) const { return name.empty() || frames_.back().node->find(name) != nullptr; }

SourcePlace Reader::place(std::string_view name) const {
  const YamlNode& node = *frames_.back().node;
  const YamlNode* value = name.empty() ? nullptr : node.find(name);
  return value != nullptr ? value->place : node.place;
}

void Reader::check_unknown(const Frame& frame) {
  for (const auto& entry : frame.node->entries) {
    if (std::find(frame.known.begin(), frame.known.end(), entry.key) != frame.known.end()) continue;
    const auto known = views(frame.known);
    const auto near = did_you_mean(entry.key, known);
    const auto help = near.empty() && !known.empty() ? fmt::format("; keys here are {}", enumerated(known)) : near;
    fail(entry.key_place, fmt::format("unknown key \"{}\"{}", entry.key, help));
  }
}

Result<std::string> read_text_file(const std::string& path, std::size_t limit, const SourcePlace& named_at) {
  std::error_code error;
  if (!std::filesystem::exists(path, error))
    return simcluster::fail(fmt::format("the file \"{}\" does not exist", path), named_at);
  if (!std::filesystem::is_regular_file(path, error))
    return simcluster::fail(fmt::format("\"{}\" is not a file", path), named_at);
  const auto size = std::filesystem::file_size(path, error);
  if (!error && size > limit)
    return simcluster::fail(fmt::format("the file \"{}\" has {} bytes; at most {} are read", path, size, limit),
                            named_at);
  std::ifstream stream(path, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(stream)), std::istreambuf_iterator<char>());
  if (!stream.good() && !stream.eof())
    return simcluster::fail(fmt::format("the file \"{}\" cannot be read", path), named_at);
  return text;
}

std::string path_beside(const std::string& file, const std::string& path) {
  const std::filesystem::path wanted(path);
  if (wanted.is_absolute()) return path;
  return (std::filesystem::path(file).parent_path() / wanted).lexically_normal().generic_string();
}

}  // namespace simcluster::sim
