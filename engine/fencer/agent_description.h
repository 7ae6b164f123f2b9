// What a fence agent's description (its metadata) says to the fencer (CM-10.2, AT-5.10).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/base/profile.h"

namespace simcluster::fencer {

struct AgentDescription {
  bool known = false;                     // false: nothing is known, and everything is taken for offered
  std::vector<std::string> actions = {};  // that the agent offers
  std::vector<std::string> on_target =
      {};                  // of these, what only the target itself can run, as where disks are reserved
  bool automatic = false;  // `on` is for unfencing alone: a reboot leaves it out (CM-10.14)
  bool has_plug = false;   // it learns the target's name by this parameter
  bool has_port = false;   // and by this one, plug's older name

  bool operator==(const AgentDescription&) const = default;
};

// Of an agent that this project has; of others nothing is known.
AgentDescription describe_agent(std::string_view type, const Profile& profile);
// The XML that an agent prints for the action `metadata`. Nothing is known when it names no action.
AgentDescription read_agent_description(std::string_view xml);

bool offers(const AgentDescription& agent, std::string_view action);
// The parameter by which the agent learns whom to fence, when the device does not say pcmk_host_argument; "none": by
// none.
std::string_view default_host_argument(const AgentDescription& agent, const Profile& profile);

}  // namespace simcluster::fencer
