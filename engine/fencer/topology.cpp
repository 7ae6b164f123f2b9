#include "engine/fencer/topology.h"

#include <algorithm>
#include <map>

#include <regex.h>

#include "engine/fencer/devices.h"

namespace simcluster::fencer {

namespace {

bool fits(const std::string& expression, std::string_view node) {
  regex_t regex;
  // An expression that means nothing fits nobody.
  if (regcomp(&regex, expression.c_str(), REG_EXTENDED | REG_NOSUB) != 0) return false;
  const bool found = regexec(&regex, std::string(node).c_str(), 0, nullptr, 0) == 0;
  regfree(&regex);
  return found;
}

}  // namespace

std::vector<std::vector<std::string>> levels_for(const std::vector<TopologyLevel>& topology, std::string_view node) {
  const TopologyLevel* chosen = nullptr;
  for (const TopologyLevel& level : topology)
    if (chosen == nullptr && !level.pattern && same_name(level.target, node)) chosen = &level;
  for (const TopologyLevel& level : topology)
    if (chosen == nullptr && level.pattern && fits(level.target, node)) chosen = &level;
  if (chosen == nullptr) return {};
  std::map<int, std::vector<std::string>> by_index;
  for (const TopologyLevel& level : topology) {
    if (level.pattern != chosen->pattern) continue;
    if (level.pattern ? level.target != chosen->target : !same_name(level.target, node)) continue;
    auto& devices = by_index[level.index];
    devices.insert(devices.end(), level.devices.begin(), level.devices.end());
  }
  std::vector<std::vector<std::string>> levels;
  for (auto& [index, devices] : by_index) levels.push_back(std::move(devices));
  return levels;
}

}  // namespace simcluster::fencer
