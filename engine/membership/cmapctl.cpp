#include "engine/membership/cmapctl.h"

#include <array>
#include <charconv>
#include <limits>
#include <optional>

#include <fmt/core.h>

#include "engine/membership/tool_args.h"

namespace simcluster::membership {

namespace {

constexpr std::string_view kUsage =
    R"(
usage:  corosync-cmapctl [-b] [-DdghsqTCt] [-p filename] [-m map] [params...]

    -b show binary values

    -m select map to use
          The  default  map is 'icmap' which contains configuration information and some runtime variables used by corosync. 
          A 'stats' map is also available which displays network statistics - in great detail when knet is used as the transport.
Set key:
    corosync-cmapctl -s key_name type value

    where type is one of ([i|u][8|16|32|64] | flt | dbl | str | bin)
    for bin, value is file name (or - for stdin)

    map can be either 'icmap' (the default) which contains corosync
    configuration information, or 'stats' which contains statistics
    about the networking and IPC traffic in some detail.

Clear stats:
    corosync-cmapctl -C [knet|ipc|totem|schedmiss|all]
    The 'stats' map is implied

Load settings from a file:
    corosync-cmapctl -p filename

    the format of the file is:
    [^[^]]<key_name>[ <type> <value>]
    Keys prefixed with single caret ('^') are deleted (see -d).
    Keys (actually prefixes) prefixed with double caret ('^^') are deleted by prefix (see -D).
    <type> and <value> are optional (not checked) in above cases.
    Other keys are set (see -s) so both <type> and <value> are required.

Delete key:
    corosync-cmapctl -d key_name...

Delete multiple keys with prefix:
    corosync-cmapctl -D key_prefix...

Get key:
    corosync-cmapctl [-b] -g key_name...

Quiet mode:
    corosync-cmapctl [-b] -q -g key_name...

Display all keys:
    corosync-cmapctl [-b]

Display keys with prefix key_name:
    corosync-cmapctl [-b] key_name...

Track changes on keys with key_name:
    corosync-cmapctl [-b] -t key_name

Track changes on keys with key prefix:
    corosync-cmapctl [-b] -T key_prefix

)";

ToolResult failure(std::string error) { return {{}, std::move(error), 1}; }

std::string shown(const CmapValue& value) { return value.type == CmapType::kBinary ? "***BINARY***" : value.text; }

std::string line_of(std::string_view key, const CmapValue& value, bool quiet) {
  if (quiet) return shown(value) + "\n";
  return fmt::format("{} ({}) = {}\n", key, cmap_type_name(value.type), shown(value));
}

std::optional<CmapType> type_named(std::string_view name) {
  for (int i = 0; i <= static_cast<int>(CmapType::kBinary); ++i)
    if (cmap_type_name(static_cast<CmapType>(i)) == name) return static_cast<CmapType>(i);
  return std::nullopt;
}

template <class T>
bool fits(std::string_view text, std::string& canonical) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return false;
  canonical = std::to_string(value);
  return true;
}

// A decimal number as printf prints it with six digits. Integer arithmetic keeps it the same on every machine.
bool decimal(std::string_view text, std::string& canonical) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  const auto dot = text.find('.');
  const std::string_view whole = text.substr(0, dot);
  std::string fraction(dot == std::string_view::npos ? std::string_view() : text.substr(dot + 1));
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(whole.data(), whole.data() + whole.size(), number);
  if (error != std::errc() || end != whole.data() + whole.size()) return false;
  for (const char c : fraction)
    if (c < '0' || c > '9') return false;
  fraction.resize(6, '0');
  canonical = fmt::format("{}{}.{}", negative ? "-" : "", number, fraction);
  return true;
}

// False when `text` is no value of this type.
bool canonical_value(CmapType type, std::string_view text, std::string& canonical) {
  switch (type) {
    case CmapType::kI8: {
      std::string any;
      int value = 0;
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
      if (error != std::errc() || end != text.data() + text.size() || value < -128 || value > 127) return false;
      canonical = std::to_string(value);
      return true;
    }
    case CmapType::kU8:
      return fits<std::uint8_t>(text, canonical);
    case CmapType::kI16:
      return fits<std::int16_t>(text, canonical);
    case CmapType::kU16:
      return fits<std::uint16_t>(text, canonical);
    case CmapType::kI32:
      return fits<std::int32_t>(text, canonical);
    case CmapType::kU32:
      return fits<std::uint32_t>(text, canonical);
    case CmapType::kI64:
      return fits<std::int64_t>(text, canonical);
    case CmapType::kU64:
      return fits<std::uint64_t>(text, canonical);
    case CmapType::kFloat:
    case CmapType::kDouble:
      return decimal(text, canonical);
    case CmapType::kString:
    case CmapType::kBinary:
      canonical = std::string(text);
      return true;
  }
  return false;
}

ToolResult set(const ToolArgs& args, StackControl& control) {
  if (args.others.size() < 3) return failure("Expected key after options\n");
  const std::string& key = args.others[0];
  const auto type = type_named(args.others[1]);
  if (!type) return failure(fmt::format("Unknown type {}\n", args.others[1]));
  CmapValue value{*type, {}};
  if (!canonical_value(*type, args.others[2], value.text)) {
    const bool real = *type == CmapType::kFloat || *type == CmapType::kDouble;
    return failure(real ? fmt::format("{} is not valid {} type value\n", args.others[2], args.others[1])
                        : fmt::format("{} is not valid {} integer\n", args.others[2], args.others[1]));
  }
  const CsError error = control.set_key(key, std::move(value));
  if (error == CsError::kOk) return {};
  return failure(fmt::format("Failed to set key {}. Error {}\n", key, cs_error_name(error)));
}

ToolResult get(const ToolArgs& args, const CmapEntries& entries) {
  ToolResult result;
  if (args.others.empty()) return failure("Expected key after options\n");
  for (const std::string& key : args.others) {
    const auto at = entries.find(key);
    if (at == entries.end()) {
      result.error += fmt::format("Can't get key {}. Error {}\n", key, cs_error_name(CsError::kNotExist));
      result.status = 1;
      break;
    }
    result.output += line_of(key, at->second, args.has('q'));
  }
  return result;
}

ToolResult erase(const ToolArgs& args, StackControl& control) {
  ToolResult result;
  if (args.others.empty()) return failure("Expected key after options\n");
  for (const std::string& key : args.others) {
    const CsError error = control.erase_key(key);
    if (error == CsError::kOk) continue;
    result.error += fmt::format("Can't delete key {}. Error {}\n", key, cs_error_name(error));
    result.status = 1;
    break;
  }
  return result;
}

ToolResult erase_prefixes(const ToolArgs& args, const CmapEntries& entries, StackControl& control) {
  ToolResult result;
  if (args.others.empty()) return failure("Expected key after options\n");
  for (const std::string& prefix : args.others)
    for (const auto& [key, value] : entries) {
      if (!key.starts_with(prefix)) continue;
      const CsError error = control.erase_key(key);
      if (error != CsError::kOk)
        result.error += fmt::format("Can't delete key {}. Error {}\n", key, cs_error_name(error));
    }
  return result;
}

ToolResult print(const ToolArgs& args, const CmapEntries& entries) {
  ToolResult result;
  const std::vector<std::string> all = {""};
  for (const std::string& prefix : args.others.empty() ? all : args.others)
    for (const auto& [key, value] : entries)
      if (key.starts_with(prefix)) result.output += line_of(key, value, args.has('q'));
  return result;
}

ToolResult clear(std::string_view what, StackControl* control) {
  constexpr std::array<std::string_view, 5> kParts = {"knet", "totem", "ipc", "schedmiss", "all"};
  for (const std::string_view part : kParts) {
    if (what != part) continue;
    if (control == nullptr) return failure("Failed to initialize the cmap API. Error CS_ERR_LIBRARY\n");
    if (part == "totem" || part == "all") control->clear_statistics();
    return {};
  }
  return failure("argument to -C should be 'knet', 'totem', 'ipc', 'schedmiss' or 'all'\n");
}

}  // namespace

ToolResult corosync_cmapctl(const std::vector<std::string>& words, const StackView* view, StackControl* control) {
  const ToolArgs args = parse_tool_args(words, "m:hgsdDtTbqp:C:");
  if (args.has('h')) return {std::string(kUsage), {}, 0};
  if (!args.complaint.empty()) return failure(args.complaint);
  if (args.has('C')) return clear(args.value('C'), control);
  const std::string_view map = args.value('m');
  if (!map.empty() && map != "default" && map != "icmap" && map != "stats")
    return failure("invalid map name, must be 'default', 'icmap' or 'stats'\n");
  if (view == nullptr) return failure("Failed to initialize the cmap API. Error CS_ERR_LIBRARY\n");
  const CmapEntries entries = map == "stats" ? stats_entries(*view) : cmap_entries(*view);
  if (args.has('s')) return set(args, *control);
  if (args.has('d')) return erase(args, *control);
  if (args.has('D')) return erase_prefixes(args, entries, *control);
  if (args.has('g')) return get(args, entries);
  if (args.has('t') || args.has('T')) return {};
  return print(args, entries);
}

}  // namespace simcluster::membership
