// All agents that somebody has described for one machine.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/agents/agent_model.h"
#include "engine/agents/registry.h"

namespace simcluster::agents {

// An agent as a machine has it: native, or described.
struct InstalledAgent {
  Program main = nullptr;
  const Agent* native = nullptr;
  std::shared_ptr<const AgentModel> model;  // belongs into the environment of its runs
};

class AgentModels {
 public:
  explicit AgentModels(std::string machine) : machine_(std::move(machine)) {}

  void add(AgentModel model) { models_.push_back(std::make_shared<const AgentModel>(std::move(model))); }
  const std::vector<std::shared_ptr<const AgentModel>>& all() const { return models_; }
  const std::string& machine() const { return machine_; }

  // The first that fits, patterns or all others. A `service` is whatever has its name among lsb, systemd and upstart
  // (AT-1.1). Null: nobody has described it.
  std::shared_ptr<const AgentModel> find(std::string_view standard, std::string_view provider, std::string_view type,
                                         bool patterns) const;

 private:
  std::string machine_;
  std::vector<std::shared_ptr<const AgentModel>> models_;
};

// The agent that runs under this name. What is described by its whole name goes before the native one, patterns come
// last. `models` may be null. None: it is not installed.
std::optional<InstalledAgent> installed_agent(std::string_view standard, std::string_view provider,
                                              std::string_view type, const Profile& profile, const AgentModels* models);

// What it says of itself under that name.
std::shared_ptr<const AgentMetadata> metadata_of(const InstalledAgent& agent, std::string_view provider,
                                                 std::string_view type);

// The names of what is installed, patterns left out, in no order that means anything.
struct AgentListing {
  std::string standard;
  std::string provider;
  std::string type;
};
std::vector<AgentListing> installed_agents(const Profile& profile, const AgentModels* models);

}  // namespace simcluster::agents
