// What a device's configuration says: whom it can fence, under which name, and how its agent is called (CM J.1, J.3).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/host.h"
#include "engine/fencer/fencer.h"

namespace simcluster::fencer {

// How a device finds out whom it can fence (CM-10.3).
enum class TargetCheck : std::uint8_t { kNone, kStaticList, kDynamicList, kStatus };

// A parameter of the device; empty: not configured.
std::string_view parameter(const Device& device, std::string_view name);

// What its agent does not offer is not asked of a device.
TargetCheck target_check(const Device& device);
// Names in pcmk_host_list, and names and aliases of pcmk_host_map.
std::vector<std::string> static_targets(const Device& device);
// The name under which the device knows a node (pcmk_host_map).
std::string alias_of(const Device& device, std::string_view target);
// Node names and aliases in the output of the action `list`.
std::vector<std::string> parse_list(std::string_view output);
// Node names compare without case (CM-1.3).
bool same_name(std::string_view a, std::string_view b);
bool contains_name(const std::vector<std::string>& names, std::string_view name);

// pcmk_<action>_timeout, else `base`.
Duration device_timeout(const Device& device, std::string_view action, Duration base);
// How long off and reboot of this target by this device are put off: for `base`, and at random up to `max` (CM-10.19).
struct DelayLimits {
  Duration base;     // pcmk_delay_base: one time, or a list of NODE:TIME
  Duration max;      // pcmk_delay_max; base when there is none or it is smaller
  bool cut = false;  // the base was above the max; it is the max now
  Duration configured_base;
};
DelayLimits delay_limits(const Device& device, std::string_view target);
// Commands at a time: pcmk_action_limit, 1 when absent; below 0: any number (CM-10.18).
int action_limit(const Device& device);
// Attempts in all (CM-10.22).
int device_attempts(const Device& device, std::string_view action);

// The call of the agent; target empty: none (CM-10.20).
AgentRequest agent_request(const Device& device, std::string_view action, std::string_view target,
                           std::string_view default_host_argument);

// "30", "30s", "1min", "500ms"; nothing when unreadable.
std::optional<Duration> parse_time(std::string_view text);

}  // namespace simcluster::fencer
