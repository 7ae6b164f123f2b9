#include "engine/membership/cmap.h"

#include <algorithm>
#include <array>
#include <utility>

namespace simcluster::membership {

std::string_view cmap_type_name(CmapType type) {
  static constexpr std::array<std::string_view, 12> kNames = {"i8",  "u8",  "i16", "u16", "i32", "u32",
                                                              "i64", "u64", "flt", "dbl", "str", "bin"};
  return kNames[static_cast<std::size_t>(type)];
}

CmapValue cmap_u8(std::uint64_t value) { return {CmapType::kU8, std::to_string(value)}; }
CmapValue cmap_u32(std::uint64_t value) { return {CmapType::kU32, std::to_string(value)}; }
CmapValue cmap_u64(std::uint64_t value) { return {CmapType::kU64, std::to_string(value)}; }
CmapValue cmap_string(std::string value) { return {CmapType::kString, std::move(value)}; }

bool cmap_name_valid(std::string_view key) {
  constexpr std::size_t kMaxName = 255;
  const auto legal = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-' || c == '/' || c == ':';
  };
  return !key.empty() && key.size() <= kMaxName && std::all_of(key.begin(), key.end(), legal);
}

namespace {

// Corosync 3.1.7 refuses writes to these; VQ-8 and CF-28 name most of them.
constexpr std::array<std::string_view, 17> kReadOnlyKeys = {
    "totem.version",
    "totem.threads",
    "totem.ip_version",
    "totem.ip_dscp",
    "totem.netmtu",
    "totem.transport",
    "totem.cluster_name",
    "nodelist.local_node_pos",
    "quorum.allow_downscale",
    "quorum.wait_for_all",
    "quorum.last_man_standing",
    "quorum.last_man_standing_window",
    "quorum.expected_votes_tracking",
    "quorum.auto_tie_breaker",
    "quorum.auto_tie_breaker_node",
    "config.reload_in_progress",
    "config.totemconfig_reload_in_progress",
};
constexpr std::array<std::string_view, 6> kReadOnlyPrefixes = {
    "internal_configuration.", "nodelist.node.", "runtime.config.", "runtime.services.", "system.", "stats."};

}  // namespace

bool cmap_read_only(std::string_view key) {
  if (std::find(kReadOnlyKeys.begin(), kReadOnlyKeys.end(), key) != kReadOnlyKeys.end()) return true;
  return std::any_of(kReadOnlyPrefixes.begin(), kReadOnlyPrefixes.end(),
                     [&](std::string_view prefix) { return key.starts_with(prefix); });
}

const CmapValue* Cmap::find(std::string_view key) const {
  const auto at = entries_.find(key);
  return at == entries_.end() ? nullptr : &at->second;
}

CsError Cmap::set(std::string_view key, CmapValue value) {
  if (!cmap_name_valid(key)) return CsError::kNameTooLong;
  const auto at = entries_.find(key);
  if (at == entries_.end()) {
    const auto added = entries_.emplace(std::string(key), std::move(value)).first;
    tell(Change::kAdd, key, added->second);
    return CsError::kOk;
  }
  if (at->second == value) return CsError::kOk;
  at->second = std::move(value);
  tell(Change::kModify, key, at->second);
  return CsError::kOk;
}

CsError Cmap::erase(std::string_view key) {
  const auto at = entries_.find(key);
  if (at == entries_.end()) return CsError::kNotExist;
  const CmapValue old = std::move(at->second);
  entries_.erase(at);
  tell(Change::kDelete, key, old);
  return CsError::kOk;
}

CsError Cmap::set_by_client(std::string_view key, CmapValue value) {
  if (cmap_read_only(key)) return CsError::kAccess;
  return set(key, std::move(value));
}

CsError Cmap::erase_by_client(std::string_view key) {
  if (cmap_read_only(key)) return CsError::kAccess;
  return erase(key);
}

std::uint64_t Cmap::watch(std::string prefix, Watcher watcher) {
  watchers_[next_watch_] = {std::move(prefix), std::move(watcher)};
  return next_watch_++;
}

void Cmap::tell(Change change, std::string_view key, const CmapValue& value) {
  // A watcher may add or remove watchers.
  std::vector<std::uint64_t> numbers;
  for (const auto& [number, watch] : watchers_)
    if (key.starts_with(watch.prefix)) numbers.push_back(number);
  for (const std::uint64_t number : numbers) {
    const auto at = watchers_.find(number);
    if (at == watchers_.end()) continue;
    const Watcher watcher = at->second.watcher;
    watcher(change, key, value);
  }
}

}  // namespace simcluster::membership
