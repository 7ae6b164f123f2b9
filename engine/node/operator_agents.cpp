#include "engine/node/operator_agents.h"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "engine/agents/agent_models.h"
#include "engine/agents/ra_info.h"

namespace simcluster::node {

namespace {

using agents::AgentListing;
using agents::AgentModels;
using Words = std::vector<std::string_view>;

Result<std::string> info(std::string_view given, const Profile& profile, const AgentModels* models) {
  agents::AgentName name = agents::agent_name(given);
  auto agent = agents::installed_agent(name.standard, name.provider, name.type, profile, models);
  // AT-7.2: pacemaker when heartbeat has none of that name.
  if (!agent && given == name.type) {
    agent = agents::installed_agent(name.standard, "pacemaker", name.type, profile, models);
    if (agent) name.provider = "pacemaker";
  }
  if (!agent)
    return fail(fmt::format("{}:{}{}{}: got no meta-data, does this RA exist?", name.standard, name.provider,
                            name.provider.empty() ? "" : ":", name.type));
  return agents::ra_info(*agents::metadata_of(*agent, name.provider, name.type),
                         profile.pacemaker_has_shell ? agents::RaInfoWords::kOld : agents::RaInfoWords::kCurrent);
}

std::string classes(const std::vector<AgentListing>& known) {
  std::map<std::string_view, std::set<std::string_view>> found;
  for (const AgentListing& agent : known) {
    std::set<std::string_view>& providers = found[agent.standard];
    if (!agent.provider.empty()) providers.insert(agent.provider);
  }
  std::string text;
  for (const auto& [standard, providers] : found)
    text += fmt::format("{}{}{}\n", standard, providers.empty() ? "" : " / ", fmt::join(providers, " "));
  return text;
}

}  // namespace

std::shared_ptr<const agents::AgentMetadata> installed_metadata(const cib::Element& typed, const Profile& profile,
                                                                const NodeAgents& agents) {
  if (!agents.native) return nullptr;
  const std::string_view standard = typed.value("class"), provider = typed.value("provider"),
                         type = typed.value("type");
  const auto installed = agents::installed_agent(standard, provider, type, profile, agents.models.get());
  return installed ? agents::metadata_of(*installed, provider, type) : nullptr;
}

std::string agent_name(const cib::Element& typed) {
  const std::string_view provider = typed.value("provider");
  return fmt::format("{}:{}{}{}", typed.value("class"), provider, provider.empty() ? "" : ":", typed.value("type"));
}

const agents::ActionMetadata* advised_action(const agents::AgentMetadata& metadata, std::string_view name,
                                             std::string_view role, const Profile& profile) {
  // Agents of 2.1 name the roles anew, and crmsh compares words.
  const auto role_of = [&](const agents::ActionMetadata& action) -> std::string_view {
    if (profile.old_rc_texts) return action.role;
    return action.role == "Master" ? "Promoted" : action.role == "Slave" ? "Unpromoted" : action.role;
  };
  for (const agents::ActionMetadata& action : metadata.actions)
    if (action.name == name && (role.empty() || role_of(action) == role)) return &action;
  return nullptr;
}

std::string in_columns(const std::vector<std::string>& names) {
  constexpr std::size_t kScreen = 80, kGap = 2;
  std::size_t longest = 0;
  for (const std::string& name : names) longest = std::max(longest, name.size());
  const std::size_t columns = std::max<std::size_t>(1, kScreen / (longest + kGap));
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const bool last = (i + 1) % columns == 0;
    text += last ? names[i] + "\n" : fmt::format("{:<{}}", names[i], kScreen / columns);
  }
  if (!text.empty() && text.back() != '\n') text += '\n';
  return text;
}

Result<std::string> describe_agents(const Words& words, const Profile& profile, const AgentModels* models) {
  const std::string_view verb = words.empty() ? std::string_view() : words[0];
  const std::vector<AgentListing> known = agents::installed_agents(profile, models);
  if (verb == "classes") return classes(known);
  if (words.size() < 2) return fail("expected: crm ra info TYPE, classes, list CLASS [PROVIDER] or providers TYPE");
  if (verb == "info" || verb == "meta") return info(words[1], profile, models);
  std::set<std::string> found;
  for (const AgentListing& agent : known) {
    if (verb == "list" && agent.standard == words[1] && (words.size() < 3 || agent.provider == words[2]))
      found.emplace(agent.type);
    if (verb == "providers" && agent.type == words[1] && !agent.provider.empty()) found.emplace(agent.provider);
  }
  if (verb == "list") return in_columns({found.begin(), found.end()});
  if (verb == "providers") return fmt::format("{}\n", fmt::join(found, " "));
  return fail(fmt::format("\"crm ra {}\" is not known; expected info, classes, list or providers", verb));
}

}  // namespace simcluster::node
