#include "engine/agents/agent_models.h"

#include <algorithm>
#include <array>

namespace simcluster::agents {

namespace {

bool fits(const AgentModel& model, std::string_view standard, std::string_view provider, std::string_view type) {
  if (model.fits(standard, provider, type)) return true;
  constexpr std::array<std::string_view, 3> kServices = {"lsb", "systemd", "upstart"};
  return standard == "service" &&
         std::ranges::any_of(kServices, [&](std::string_view one) { return model.fits(one, provider, type); });
}

}  // namespace

std::shared_ptr<const AgentModel> AgentModels::find(std::string_view standard, std::string_view provider,
                                                    std::string_view type, bool patterns) const {
  const auto found = std::ranges::find_if(models_, [&](const auto& model) {
    return model->is_pattern() == patterns && fits(*model, standard, provider, type);
  });
  return found == models_.end() ? nullptr : *found;
}

std::optional<InstalledAgent> installed_agent(std::string_view standard, std::string_view provider,
                                              std::string_view type, const Profile& profile,
                                              const AgentModels* models) {
  const auto described = [&](bool patterns) {
    return models == nullptr ? nullptr : models->find(standard, provider, type, patterns);
  };
  auto model = described(false);
  if (model == nullptr) {
    if (const Agent* native = find_agent(standard, provider, type, profile); native != nullptr)
      return InstalledAgent{native->main, native, nullptr};
    model = described(true);
  }
  if (model == nullptr || !model->installed_on(models->machine())) return std::nullopt;
  const Program main = model->standard == "stonith" ? model_fence_agent : model_agent;
  return InstalledAgent{main, nullptr, std::move(model)};
}

std::shared_ptr<const AgentMetadata> metadata_of(const InstalledAgent& agent, std::string_view provider,
                                                 std::string_view type) {
  if (agent.native != nullptr) return {std::shared_ptr<const void>(), &agent.native->metadata};
  auto made = std::make_shared<const ModelMetadata>(*agent.model, provider, type);
  const AgentMetadata* metadata = &made->metadata();
  return {std::move(made), metadata};
}

std::vector<AgentListing> installed_agents(const Profile& profile, const AgentModels* models) {
  std::vector<AgentListing> found;
  for (const AgentMetadata* native : agents_of(profile))
    if (installed_agent(native->standard, native->provider, native->type, profile, models))
      found.push_back({std::string(native->standard), std::string(native->provider), std::string(native->type)});
  if (models == nullptr) return found;
  for (const auto& model : models->all())
    if (!model->is_pattern() && model->installed_on(models->machine()) &&
        find_agent(model->standard, model->provider, model->type, profile) == nullptr)
      found.push_back({model->standard, model->provider, model->type});
  return found;
}

}  // namespace simcluster::agents
