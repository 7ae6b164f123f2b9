// What a device's configuration says: whom it can fence, under which name, and how its agent is called (CM J.1, J.3).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/host.h"
#include "engine/fencer/fencer.h"

namespace simcluster::fencer {

// The agent offers this action; of one that is not known that is assumed (CM-10.2).
bool offers(const Device& device, std::string_view action, const Profile& profile);
// Adds what the agent's description says of on_target and automatic (CM-10.2).
void describe(Device& device, const Profile& profile);
// How a device finds out whom it can fence (CM-10.3).
enum class TargetCheck : std::uint8_t { kNone, kStaticList, kDynamicList, kStatus };

// A parameter of the device; empty: not configured.
std::string_view parameter(const Device& device, std::string_view name);

// `profile` says which agents there are: what an agent does not offer is not asked of it.
TargetCheck target_check(const Device& device, const Profile& profile);
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
// How long off and reboot of this device may be put off: pcmk_delay_max, else pcmk_delay_base (CM-10.19).
Duration longest_delay(const Device& device);
// pcmk_delay_base for this target: one time, or a list of NODE:TIME.
Duration base_delay(const Device& device, std::string_view target);
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
