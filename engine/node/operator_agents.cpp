#include "engine/node/operator_agents.h"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "engine/agents/registry.h"

namespace simcluster::node {

namespace {

using agents::AgentMetadata;
using Words = std::vector<std::string_view>;

struct AgentName {
  std::string_view standard = "ocf", provider, type;
};

// [CLASS:[PROVIDER:]]TYPE (AT-7.2: ocf, then heartbeat before pacemaker).
AgentName parse_name(std::string_view text, const Profile& profile) {
  AgentName name;
  const auto first = text.find(':'), last = text.rfind(':');
  name.type = text.substr(last == std::string_view::npos ? 0 : last + 1);
  if (first == std::string_view::npos) {
    name.provider = "heartbeat";
    if (agents::find_agent("ocf", "heartbeat", name.type, profile) == nullptr &&
        agents::find_agent("ocf", "pacemaker", name.type, profile) != nullptr)
      name.provider = "pacemaker";
    return name;
  }
  name.standard = text.substr(0, first);
  if (first != last) name.provider = text.substr(first + 1, last - first - 1);
  return name;
}

std::string full_name(const AgentName& name) {
  return name.provider.empty() ? fmt::format("{}:{}", name.standard, name.type)
                               : fmt::format("{}:{}:{}", name.standard, name.provider, name.type);
}

std::string indented(std::string_view text, std::string_view indent) {
  std::string lines;
  while (!text.empty()) {
    const auto end = text.find('\n');
    lines += fmt::format("{}{}\n", indent, text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  }
  return lines;
}

std::string parameter_text(const agents::ParameterMetadata& parameter) {
  const std::string standing =
      parameter.default_value.empty() ? std::string() : fmt::format(", [{}]", parameter.default_value);
  std::string text = fmt::format("{}{} ({}{}): {}\n", parameter.name, parameter.required ? "*" : "", parameter.type,
                                 standing, parameter.short_text);
  if (!parameter.long_text.empty()) text += indented(parameter.long_text, "    ") + "\n";
  return text;
}

std::string action_text(const agents::ActionMetadata& action) {
  std::string text = fmt::format("    {:<13} timeout={}s", action.name, action.timeout_seconds);
  if (action.interval_seconds != 0)
    text += fmt::format(" interval={}s depth={}", action.interval_seconds, action.depth);
  if (!action.role.empty()) text += fmt::format(" role={}", action.role);
  return text + "\n";
}

Result<std::string> info(std::string_view given, const Profile& profile) {
  const AgentName name = parse_name(given, profile);
  const agents::Agent* agent = agents::find_agent(name.standard, name.provider, name.type, profile);
  if (agent == nullptr) return fail(fmt::format("{}: got no meta-data, does this RA exist?", full_name(name)));
  const AgentMetadata& metadata = agent->metadata;
  std::string text = metadata.short_text.empty() ? full_name(name) + "\n"
                                                 : fmt::format("{} ({})\n", metadata.short_text, full_name(name));
  text += "\n";
  if (!metadata.long_text.empty()) text += indented(metadata.long_text, "") + "\n";
  text += fmt::format("Parameters ({}):\n\n",
                      profile.crm_ra_info_short ? "*: required, []: default" : "* denotes required, [] the default");
  for (const agents::ParameterMetadata& parameter : metadata.parameters) text += parameter_text(parameter);
  text += "Operations' defaults (advisory minimum):\n\n";
  for (const agents::ActionMetadata& action : metadata.actions)
    if (action.name != "meta-data" && action.name != "validate-all") text += action_text(action);
  return text;
}

std::string classes(const std::vector<const AgentMetadata*>& known) {
  std::map<std::string_view, std::set<std::string_view>> found;
  for (const AgentMetadata* metadata : known) {
    std::set<std::string_view>& providers = found[metadata->standard];
    if (!metadata->provider.empty()) providers.insert(metadata->provider);
  }
  std::string text;
  for (const auto& [standard, providers] : found)
    text += fmt::format("{}{}{}\n", standard, providers.empty() ? "" : " / ", fmt::join(providers, " "));
  return text;
}

}  // namespace

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

Result<std::string> describe_agents(const Words& words, const Profile& profile) {
  const std::string_view verb = words.empty() ? std::string_view() : words[0];
  const std::vector<const AgentMetadata*> known = agents::agents_of(profile);
  if (verb == "classes") return classes(known);
  if (words.size() < 2) return fail("expected: crm ra info TYPE, classes, list CLASS [PROVIDER] or providers TYPE");
  if (verb == "info" || verb == "meta") return info(words[1], profile);
  std::set<std::string> found;
  for (const AgentMetadata* metadata : known) {
    if (verb == "list" && metadata->standard == words[1] && (words.size() < 3 || metadata->provider == words[2]))
      found.emplace(metadata->type);
    if (verb == "providers" && metadata->type == words[1] && !metadata->provider.empty())
      found.emplace(metadata->provider);
  }
  if (verb == "list") return in_columns({found.begin(), found.end()});
  if (verb == "providers") return fmt::format("{}\n", fmt::join(found, " "));
  return fail(fmt::format("\"crm ra {}\" is not known; expected info, classes, list or providers", verb));
}

}  // namespace simcluster::node
