// What a process is given when it starts: an agent's action and parameters (AT-1.3), or a plain program's arguments.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/host.h"
#include "engine/base/profile.h"
#include "engine/base/time.h"

namespace simcluster::agents {

struct AgentModel;

struct Environment {
  std::string standard;
  std::string provider;
  std::string type;  // for plain programs: the program's name
  std::string action;
  std::string instance;  // OCF_RESOURCE_INSTANCE
  Duration interval;
  // OCF_RESKEY_*, without the prefix; meta values as CRM_meta_*.
  std::vector<std::pair<std::string, std::string>> parameters;
  // Arguments of a plain program.
  std::vector<std::string> arguments;
  // What `uname -n` says.
  std::string node_name;
  // HA_RSCTMP.
  std::string state_directory = "/var/run/resource-agents";
  Profile profile;
  // Of an agent that somebody has described (agent_model.h), else null.
  std::shared_ptr<const AgentModel> model;

  // The value of OCF_RESKEY_<name>; nothing when it is not set.
  std::optional<std::string_view> find(std::string_view name) const;
  // The value of OCF_RESKEY_<name>, or `fallback` when it is not set or empty (as ${x:=y} in a shell).
  std::string_view get(std::string_view name, std::string_view fallback = {}) const;
  bool is_true(std::string_view name, bool fallback) const;  // ocf_is_true (AT-1.6)
  // A monitor with interval 0 (AT-1.6 ocf_is_probe).
  bool is_probe() const { return action == "monitor" && interval.ns == 0; }
};

// The environment of an agent run on `node_name`.
Environment make_environment(const AgentRequest& request, std::string_view node_name, const Profile& profile);
// Whether make_environment() would give this one for `request`, on the same node.
bool made_for(const Environment& environment, const AgentRequest& request);

// yes, true, 1, YES, TRUE, True, ja, on, ON (AT-1.6).
bool ocf_is_true(std::string_view text);

}  // namespace simcluster::agents
