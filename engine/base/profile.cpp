#include "engine/base/profile.h"

#include <array>
#include <cctype>
#include <utility>

#include <fmt/core.h>

#include "engine/base/assert.h"

namespace simcluster {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// Takes the next run of digits or letters off `text`.
std::string_view take_segment(std::string_view& text) {
  while (!text.empty() && !is_digit(text.front()) && !is_letter(text.front())) text.remove_prefix(1);
  if (text.empty()) return {};
  const bool digits = is_digit(text.front());
  std::size_t length = 0;
  while (length < text.size() && (digits ? is_digit(text[length]) : is_letter(text[length]))) ++length;
  const std::string_view segment = text.substr(0, length);
  text.remove_prefix(length);
  return segment;
}

int compare_numbers(std::string_view a, std::string_view b) {
  while (a.size() > 1 && a.front() == '0') a.remove_prefix(1);
  while (b.size() > 1 && b.front() == '0') b.remove_prefix(1);
  if (a.size() != b.size()) return a.size() < b.size() ? -1 : 1;
  return a.compare(b);
}

int compare_part(std::string_view a, std::string_view b) {
  while (true) {
    const std::string_view x = take_segment(a);
    const std::string_view y = take_segment(b);
    if (x.empty() || y.empty()) return static_cast<int>(!x.empty()) - static_cast<int>(!y.empty());
    if (is_digit(x.front()) != is_digit(y.front())) return is_digit(x.front()) ? 1 : -1;
    const int order = is_digit(x.front()) ? compare_numbers(x, y) : x.compare(y);
    if (order != 0) return order;
  }
}

std::pair<std::string_view, std::string_view> split_release(std::string_view text) {
  const auto dash = text.find('-');
  if (dash == std::string_view::npos) return {text, {}};
  return {text.substr(0, dash), text.substr(dash + 1)};
}

// The kernel that a distribution release came with.
constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kKernelNames = {{
    {"rhel5.9", "2.6.18-348"},
    {"rhel5.10", "2.6.18-371"},
    {"rhel6", "2.6.32-431"},
    {"rhel7", "3.10.0-327"},
    {"rhel8", "4.18.0-240"},
    {"debian12", "6.1"},
}};

bool in_range(std::string_view version, std::string_view first, std::string_view last) {
  if (!first.empty() && compare_versions(version, first) < 0) return false;
  return last.empty() || compare_versions(version, last) < 0;
}

// What stands for the version of something that is not installed.
constexpr std::string_view kNotThere = "none";

bool may_be_missing(StackComponent component) {
  return component == StackComponent::kHeartbeat || component == StackComponent::kPmExtras;
}

// NetworkManager's column holds the name of a set-up, not a number.
bool switched_on(StackComponent component, std::string_view version, std::string_view first, std::string_view last) {
  if (component == StackComponent::kNetworkManager) return version == first;
  if (version == kNotThere) return false;
  return in_range(version, first, last);
}

}  // namespace

std::string_view stack_component_name(StackComponent component) {
  switch (component) {
    case StackComponent::kKernel:
      return "kernel";
    case StackComponent::kResourceAgents:
      return "resource-agents";
    case StackComponent::kCorosync:
      return "corosync";
    case StackComponent::kPacemaker:
      return "pacemaker";
    case StackComponent::kClusterGlue:
      return "cluster-glue";
    case StackComponent::kPmExtras:
      return "pm-extras";
    case StackComponent::kHeartbeat:
      return "heartbeat";
    case StackComponent::kNetworkManager:
      return "NetworkManager";
  }
  return {};
}

const std::string& StackVersions::of(StackComponent component) const {
  return const_cast<StackVersions*>(this)->of(component);
}

std::string& StackVersions::of(StackComponent component) {
  switch (component) {
    case StackComponent::kKernel:
      return kernel;
    case StackComponent::kResourceAgents:
      return resource_agents;
    case StackComponent::kCorosync:
      return corosync;
    case StackComponent::kPacemaker:
      return pacemaker;
    case StackComponent::kClusterGlue:
      return cluster_glue;
    case StackComponent::kPmExtras:
      return pm_extras;
    case StackComponent::kHeartbeat:
      return heartbeat;
    case StackComponent::kNetworkManager:
      break;
  }
  return network_manager;
}

std::string_view crm_feature_set(const Profile& profile) {
  // First version that speaks it, newest first (CM-1.4).
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 8> kFeatureSets = {{
      {"3.0.2", "3.20.5"},
      {"3.0", "3.20.0"},
      {"2.1.7", "3.18.0"},
      {"2.1", "3.16.1"},
      {"2.0", "3.7.1"},
      {"1.1.10", "3.0.10"},
      {"1.1", "3.0.7"},
      {"", "3.0.1"},
  }};
  for (const auto& [first, feature_set] : kFeatureSets) {
    if (first.empty() || compare_versions(profile.versions.pacemaker, first) >= 0) return feature_set;
  }
  return {};
}

int compare_versions(std::string_view a, std::string_view b) {
  const auto [version_a, release_a] = split_release(a);
  const auto [version_b, release_b] = split_release(b);
  if (const int order = compare_part(version_a, version_b); order != 0) return order;
  // "3.9.5" names every build of 3.9.5, so a missing release compares equal to any.
  if (release_a.empty() || release_b.empty()) return 0;
  return compare_part(release_a, release_b);
}

Result<Profile> make_profile(StackVersions versions) {
  for (const auto& [name, kernel] : kKernelNames)
    if (versions.kernel == name) versions.kernel = kernel;
  for (std::size_t i = 0; i < kStackComponentCount; ++i) {
    const auto component = static_cast<StackComponent>(i);
    const std::string& version = versions.of(component);
    if (component == StackComponent::kNetworkManager) {
      if (version != "none" && version != "default" && version != "config-server")
        return fail(
            fmt::format("unknown NetworkManager set-up \"{}\" (expected none, default or config-server)", version));
    } else if (component == StackComponent::kPacemaker && version == kNoPacemaker) {
      continue;
    } else if (may_be_missing(component) && version == kNotThere) {
      continue;
    } else if (version.empty() || !is_digit(version.front())) {
      return fail(fmt::format("\"{}\" is no version of {} (expected something like \"{}\")", version,
                              stack_component_name(component),
                              may_be_missing(component) ? "3.0.5, or none" : StackVersions().of(component)));
    }
  }
  Profile profile;
#define SIMCLUSTER_SWITCH_SET(name, component, first, last, meaning) \
  profile.name = switched_on(StackComponent::component, versions.of(StackComponent::component), first, last);
  SIMCLUSTER_SWITCHES(SIMCLUSTER_SWITCH_SET)
#undef SIMCLUSTER_SWITCH_SET
  profile.versions = std::move(versions);
  return profile;
}

}  // namespace simcluster
