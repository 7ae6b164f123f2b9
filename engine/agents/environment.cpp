#include "engine/agents/environment.h"

#include <algorithm>
#include <array>

namespace simcluster::agents {

std::optional<std::string_view> Environment::find(std::string_view name) const {
  for (const auto& [key, value] : parameters) {
    if (key == name) return value;
  }
  return std::nullopt;
}

std::string_view Environment::get(std::string_view name, std::string_view fallback) const {
  const auto value = find(name);
  return value && !value->empty() ? *value : fallback;
}

bool Environment::is_true(std::string_view name, bool fallback) const {
  const std::string_view value = get(name);
  return value.empty() ? fallback : ocf_is_true(value);
}

Environment make_environment(const AgentRequest& request, std::string_view node_name, const Profile& profile) {
  Environment environment;
  environment.standard = request.standard;
  environment.provider = request.provider;
  environment.type = request.type;
  environment.action = request.action;
  environment.instance = request.instance;
  environment.interval = request.interval;
  environment.parameters = request.parameters;
  environment.node_name = node_name;
  environment.profile = profile;
  return environment;
}

bool made_for(const Environment& environment, const AgentRequest& request) {
  return environment.instance == request.instance && environment.action == request.action &&
         environment.interval == request.interval && environment.type == request.type &&
         environment.provider == request.provider && environment.standard == request.standard &&
         environment.parameters == request.parameters;
}

bool ocf_is_true(std::string_view text) {
  static constexpr std::array<std::string_view, 9> kTrue = {"yes",  "true", "1",  "YES", "TRUE",
                                                            "True", "ja",   "on", "ON"};
  return std::ranges::find(kTrue, text) != kTrue.end();
}

}  // namespace simcluster::agents
