#include "engine/fencer/agent_description.h"

#include <algorithm>

#include "engine/agents/registry.h"

namespace simcluster::fencer {

namespace {

constexpr std::string_view kBlanks = " \t\r\n";

// The value of an attribute within a tag; empty: it has none. Names and flags are plain words in all descriptions, so
// nothing is unescaped.
std::string_view attribute(std::string_view tag, std::string_view name) {
  for (auto at = tag.find(name); at != std::string_view::npos; at = tag.find(name, at + 1)) {
    if (at == 0 || kBlanks.find(tag[at - 1]) == std::string_view::npos) continue;
    std::string_view rest = tag.substr(at + name.size());
    const auto equals = rest.find_first_not_of(kBlanks);
    if (equals == std::string_view::npos || rest[equals] != '=') continue;
    const auto quote = rest.find_first_not_of(kBlanks, equals + 1);
    if (quote == std::string_view::npos || (rest[quote] != '"' && rest[quote] != '\'')) continue;
    const auto end = rest.find(rest[quote], quote + 1);
    if (end == std::string_view::npos) return {};
    return rest.substr(quote + 1, end - quote - 1);
  }
  return {};
}

bool is_true(std::string_view text) { return text == "1" || text == "true" || text == "yes" || text == "on"; }

void note_action(AgentDescription& agent, std::string_view tag) {
  const std::string_view name = attribute(tag, "name");
  if (name.empty()) return;
  agent.known = true;
  agent.actions.emplace_back(name);
  if (is_true(attribute(tag, "on_target"))) agent.on_target.emplace_back(name);
  if (name == "on" && is_true(attribute(tag, "automatic"))) agent.automatic = true;
}

void note_parameter(AgentDescription& agent, std::string_view name) {
  agent.has_plug = agent.has_plug || name == "plug";
  agent.has_port = agent.has_port || name == "port";
}

}  // namespace

AgentDescription describe_agent(std::string_view type, const Profile& profile) {
  AgentDescription made;
  const agents::Agent* agent = agents::find_agent("stonith", {}, type, profile);
  if (agent == nullptr) return made;
  made.known = true;
  for (const agents::ActionMetadata& action : agent->metadata.actions) {
    made.actions.emplace_back(action.name);
    if (action.on_target) made.on_target.emplace_back(action.name);
    if (action.automatic) made.automatic = true;
  }
  for (const agents::ParameterMetadata& parameter : agent->metadata.parameters) note_parameter(made, parameter.name);
  return made;
}

AgentDescription read_agent_description(std::string_view xml) {
  AgentDescription agent;
  for (auto open = xml.find('<'); open != std::string_view::npos; open = xml.find('<', open + 1)) {
    if (xml.substr(open).starts_with("<!--")) {
      open = xml.find("-->", open);
      if (open == std::string_view::npos) break;
      continue;
    }
    const auto close = xml.find('>', open);
    if (close == std::string_view::npos) break;
    const std::string_view tag = xml.substr(open + 1, close - open - 1);
    const std::string_view element = tag.substr(0, tag.find_first_of(" \t\r\n/"));
    if (element == "action") note_action(agent, tag);
    if (element == "parameter") note_parameter(agent, attribute(tag, "name"));
  }
  return agent;
}

bool offers(const AgentDescription& agent, std::string_view action) {
  return !agent.known || std::ranges::find(agent.actions, action) != agent.actions.end();
}

std::string_view default_host_argument(const AgentDescription& agent, const Profile& profile) {
  if (!profile.daemons_renamed) return "port";
  if (!profile.fence_plug_before_port) return agent.has_plug && !agent.has_port ? "plug" : "port";
  if (agent.has_plug || !agent.known) return "plug";
  return agent.has_port ? "port" : "none";
}

}  // namespace simcluster::fencer
