#include "engine/membership/reload.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/core.h>

namespace simcluster::membership {

namespace {

constexpr std::string_view kRecreate =
    "To reconfigure an interface it must be deleted and recreated. A working interface needs to be available to "
    "corosync at all times";

// CF-28, in the order of Corosync's complaints. An empty last part stands for every key of the section.
constexpr std::array<std::string_view, 9> kFixed = {"totem.version",      "totem.threads",   "totem.ip_version",
                                                    "totem.ip_dscp",      "totem.netmtu",    "totem.transport",
                                                    "totem.cluster_name", "quorum.provider", "system."};
constexpr std::array<std::string_view, 5> kFixedOfInterface = {"bindnetaddr", "mcastaddr", "broadcast", "mcastport",
                                                               "ttl"};

bool fixed_of_interface(std::string_view key) {
  if (!key.starts_with("totem.interface.")) return false;
  return std::any_of(kFixedOfInterface.begin(), kFixedOfInterface.end(), [&](std::string_view name) {
    return key.ends_with(name) && key[key.size() - name.size() - 1] == '.';
  });
}

const CmapValue* find(const CmapEntries& map, std::string_view key) {
  const auto at = map.find(key);
  return at == map.end() ? nullptr : &at->second;
}

// Puts the running value of `key` back; tells whether the file had another one.
bool keep(CmapEntries& fresh, const CmapEntries& running, const std::string& key) {
  const CmapValue* was = find(running, key);
  const CmapValue* is = find(fresh, key);
  if (was == nullptr && is == nullptr) return false;
  if (was != nullptr && is != nullptr && *was == *is) return false;
  if (was == nullptr)
    fresh.erase(key);
  else
    fresh[key] = *was;
  return true;
}

std::vector<std::string> keep_fixed(CmapEntries& fresh, const CmapEntries& running) {
  std::vector<std::string> candidates;
  const auto collect = [&](auto wanted) {
    std::vector<std::string> keys;
    for (const CmapEntries* map : {&running, static_cast<const CmapEntries*>(&fresh)})
      for (const auto& [key, value] : *map)
        if (wanted(key)) keys.push_back(key);
    std::sort(keys.begin(), keys.end());
    keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
    candidates.insert(candidates.end(), keys.begin(), keys.end());
  };
  for (const std::string_view key : kFixed) {
    if (key.ends_with('.'))
      collect([&](std::string_view name) { return name.starts_with(key); });
    else
      candidates.emplace_back(key);
    if (key == "totem.netmtu") collect(fixed_of_interface);
  }
  std::vector<std::string> kept;
  for (const std::string& key : candidates)
    if (keep(fresh, running, key)) kept.push_back(key);
  return kept;
}

// CF-29. Links that stay must keep their addresses.
bool addresses_changed(const Plan& before, const Plan& after) {
  for (const PlannedLink& old : before.links)
    for (const PlannedLink& link : after.links) {
      if (old.number != link.number) continue;
      for (const auto& [node, address] : old.addresses) {
        const auto now = link.addresses.find(node);
        if (now != link.addresses.end() && now->second != address) return true;
      }
    }
  return false;
}

Reload refused(std::string complaint) {
  Reload reload;
  reload.status = CsError::kInvalidParam;
  reload.complaint = std::move(complaint);
  return reload;
}

}  // namespace

Reload plan_reload(const CorosyncConf& running, const Plan& plan, const TotemTimers& timers,
                   const std::optional<std::string>& text, const LocalMachine& local, const Profile& profile) {
  if (!text)
    return refused(
        fmt::format("Unable to reload config file: Can't read file {}: No such file or directory", kCorosyncConfPath));
  const auto parsed = parse_corosync_conf(*text, kCorosyncConfPath, profile);
  if (!parsed) {
    const Error& error = parsed.error();
    return refused(fmt::format("Unable to reload config file: parser error: {}:{}: {}", error.place.file,
                               error.place.line, error.message));
  }
  Reload reload;
  CmapEntries fresh = parsed->map;
  reload.kept = keep_fixed(fresh, running.map);
  reload.conf = conf_of_map(std::move(fresh), parsed->lines, kCorosyncConfPath, profile);
  const auto new_timers = totem_timers(reload.conf, profile);
  if (!new_timers) return refused("Unable to reload config file: parse error in config: " + new_timers.error().message);
  reload.timers = *new_timers;
  // The links' ping times follow the token that is in force before the reload (Corosync 3.1.7).
  auto new_plan = make_plan(reload.conf, timers, local, profile);
  if (!new_plan) return refused("Unable to reload config file: " + new_plan.error().message);
  reload.plan = std::move(*new_plan);
  if (addresses_changed(plan, reload.plan))
    return refused(fmt::format("Cannot configure new interface definitions: {}", kRecreate));
  return reload;
}

}  // namespace simcluster::membership
