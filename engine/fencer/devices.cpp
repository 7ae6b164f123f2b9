#include "engine/fencer/devices.h"

#include <algorithm>
#include <charconv>

#include <fmt/core.h>

namespace simcluster::fencer {

namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// Calls `each` with every part between separators.
template <class F>
void split(std::string_view text, std::string_view separators, F each) {
  while (!text.empty()) {
    const auto start = text.find_first_not_of(separators);
    if (start == std::string_view::npos) return;
    text.remove_prefix(start);
    const auto end = text.find_first_of(separators);
    each(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view() : text.substr(end);
  }
}

// Parameters that are for the cluster, not for the agent (CM-10.20).
bool is_private(std::string_view name) {
  return name.starts_with("pcmk_") || name.starts_with("CRM_meta_") || name == "provides" ||
         name == "stonith-timeout" || name == "crm_feature_set" || name == "action";
}

}  // namespace

bool same_name(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view parameter(const Device& device, std::string_view name) {
  for (const auto& [key, value] : device.parameters) {
    if (key == name) return value;
  }
  return {};
}

TargetCheck target_check(const Device& device) {
  const std::string_view configured = parameter(device, "pcmk_host_check");
  if (configured == "none") return TargetCheck::kNone;
  if (configured == "static-list") return TargetCheck::kStaticList;
  if (configured == "dynamic-list") return TargetCheck::kDynamicList;
  if (configured == "status") return TargetCheck::kStatus;
  const bool has_list = !parameter(device, "pcmk_host_list").empty() || !parameter(device, "pcmk_host_map").empty();
  if (has_list) return TargetCheck::kStaticList;
  if (offers(device.about, "list")) return TargetCheck::kDynamicList;
  return offers(device.about, "status") ? TargetCheck::kStatus : TargetCheck::kNone;
}

std::vector<std::string> static_targets(const Device& device) {
  std::vector<std::string> names;
  split(parameter(device, "pcmk_host_list"), " \t,;", [&](std::string_view name) { names.emplace_back(name); });
  split(parameter(device, "pcmk_host_map"), " \t;", [&](std::string_view pair) {
    const auto colon = pair.find_first_of(":=");
    names.emplace_back(pair.substr(0, colon));
    if (colon != std::string_view::npos) names.emplace_back(pair.substr(colon + 1));
  });
  return names;
}

std::string alias_of(const Device& device, std::string_view target) {
  std::string alias(target);
  split(parameter(device, "pcmk_host_map"), " \t;", [&](std::string_view pair) {
    const auto colon = pair.find_first_of(":=");
    if (colon != std::string_view::npos && same_name(pair.substr(0, colon), target)) alias = pair.substr(colon + 1);
  });
  return alias;
}

std::vector<std::string> parse_list(std::string_view output) {
  std::vector<std::string> names;
  split(output, "\n", [&](std::string_view line) {
    if (line.find("invalid") != std::string_view::npos || line.find("variable") != std::string_view::npos) return;
    split(line, " \t\r,;", [&](std::string_view name) {
      if (name != "on" && name != "off") names.emplace_back(name);
    });
  });
  return names;
}

bool contains_name(const std::vector<std::string>& names, std::string_view name) {
  return std::any_of(names.begin(), names.end(), [&](const std::string& entry) { return same_name(entry, name); });
}

std::optional<Duration> parse_time(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || number < 0) return std::nullopt;
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  if (unit == "ms" || unit == "msec") return milliseconds(number);
  if (unit.empty() || unit == "s" || unit == "sec") return seconds(number);
  if (unit == "m" || unit == "min") return minutes(number);
  if (unit == "h" || unit == "hr") return hours(number);
  return std::nullopt;
}

Duration device_timeout(const Device& device, std::string_view action, Duration base) {
  return parse_time(parameter(device, fmt::format("pcmk_{}_timeout", action))).value_or(base);
}

namespace {

Duration base_delay(const Device& device, std::string_view target) {
  const std::string_view text = parameter(device, "pcmk_delay_base");
  if (text.find(':') == std::string_view::npos) return parse_time(text).value_or(Duration{});
  Duration found;
  split(text, " \t;", [&](std::string_view pair) {
    const auto colon = pair.find(':');
    if (colon != std::string_view::npos && same_name(pair.substr(0, colon), target))
      found = parse_time(pair.substr(colon + 1)).value_or(Duration{});
  });
  return found;
}

}  // namespace

DelayLimits delay_limits(const Device& device, std::string_view target) {
  DelayLimits limits;
  limits.configured_base = base_delay(device, target);
  limits.max = parse_time(parameter(device, "pcmk_delay_max")).value_or(Duration{});
  limits.cut = limits.max.ns > 0 && limits.max < limits.configured_base;
  limits.base = limits.cut ? limits.max : limits.configured_base;
  limits.max = std::max(limits.base, limits.max);
  return limits;
}

int action_limit(const Device& device) {
  const std::string_view text = parameter(device, "pcmk_action_limit");
  int limit = 1;
  std::from_chars(text.data(), text.data() + text.size(), limit);
  return limit == 0 ? 1 : limit;
}

int device_attempts(const Device& device, std::string_view action) {
  const std::string_view text = parameter(device, fmt::format("pcmk_{}_retries", action));
  int attempts = 2;
  std::from_chars(text.data(), text.data() + text.size(), attempts);
  return std::max(1, attempts);
}

AgentRequest agent_request(const Device& device, std::string_view action, std::string_view target,
                           std::string_view default_host_argument) {
  AgentRequest request;
  request.standard = "stonith";
  request.type = device.agent;
  request.instance = device.id;
  const std::string_view substitute = parameter(device, fmt::format("pcmk_{}_action", action));
  request.action = substitute.empty() ? action : substitute;
  request.parameters.emplace_back("action", request.action);
  std::string_view host_argument = parameter(device, "pcmk_host_argument");
  if (host_argument.empty()) host_argument = default_host_argument;
  if (!target.empty()) {
    request.parameters.emplace_back("nodename", target);
    const std::string_view fixed = parameter(device, host_argument);
    if (host_argument != "none" && (fixed.empty() || fixed == "dynamic")) {
      request.parameters.emplace_back(host_argument, alias_of(device, target));
    }
  }
  std::vector<std::pair<std::string, std::string>> rest;
  for (const auto& configured : device.parameters) {
    const bool given = std::any_of(request.parameters.begin(), request.parameters.end(),
                                   [&](const auto& entry) { return entry.first == configured.first; });
    if (!given && !is_private(configured.first)) rest.emplace_back(configured);
  }
  std::sort(rest.begin(), rest.end());
  request.parameters.insert(request.parameters.end(), rest.begin(), rest.end());
  return request;
}

}  // namespace simcluster::fencer
