#include "engine/agents/agent_model.h"

#include <algorithm>
#include <array>

#include <fmt/core.h>

namespace simcluster::agents {

namespace {

struct Advice {
  std::string_view name;
  int timeout_seconds;
  int interval_seconds = 0;
  std::string_view role = {};
};

// What most resource agents advise.
constexpr std::array kPlainAdvice = {
    Advice{"start", 20},        Advice{"stop", 20},         Advice{"status", 20},
    Advice{"monitor", 20, 10},  Advice{"reload", 20},       Advice{"migrate_to", 20},
    Advice{"migrate_from", 20}, Advice{"validate-all", 20}, Advice{"meta-data", 5},
};
constexpr std::array kPromotableAdvice = {
    Advice{"start", 20},
    Advice{"stop", 20},
    Advice{"status", 20},
    Advice{"monitor", 20, 10, "Master"},
    Advice{"monitor", 20, 11, "Slave"},
    Advice{"promote", 20},
    Advice{"demote", 20},
    Advice{"notify", 20},
    Advice{"reload", 20},
    Advice{"validate-all", 20},
    Advice{"meta-data", 5},
};
constexpr std::array kServiceAdvice = {
    Advice{"start", 100},       Advice{"stop", 100},    Advice{"status", 100},
    Advice{"monitor", 100, 60}, Advice{"meta-data", 5},
};
constexpr std::array kFenceAdvice = {
    Advice{"on", 20},   Advice{"off", 20},     Advice{"reboot", 20},  Advice{"status", 20},
    Advice{"list", 20}, Advice{"monitor", 20}, Advice{"metadata", 5},
};

std::span<const Advice> advice_of(const AgentModel& model) {
  if (model.standard == "stonith") return kFenceAdvice;
  if (model.standard != "ocf") return kServiceAdvice;
  if (model.promotable) return kPromotableAdvice;
  return kPlainAdvice;
}

// The plug is what the fencer looks for in a description (AT-5.10).
ParameterMetadata plug_parameter() {
  return {"plug", "string", "", false, false, "Plug", "Name of the machine, or of what switches it."};
}

}  // namespace

bool fits_pattern(std::string_view pattern, std::string_view text) {
  const auto star = pattern.find('*');
  if (star == std::string_view::npos) return pattern == text;
  if (!text.starts_with(pattern.substr(0, star))) return false;
  text.remove_prefix(star);
  const std::string_view rest = pattern.substr(star + 1);
  for (std::size_t skipped = 0; skipped <= text.size(); ++skipped)
    if (fits_pattern(rest, text.substr(skipped))) return true;
  return false;
}

Duration draw_time(const ModelTime& time, Random& random) {
  const Duration more = random.between({}, time.jitter);
  return random.one_in_million(time.slow_parts) ? time.slow : time.least + more;
}

bool AgentModel::is_pattern() const {
  return standard.find('*') != std::string::npos || provider.find('*') != std::string::npos ||
         type.find('*') != std::string::npos;
}

bool AgentModel::fits(std::string_view wanted_standard, std::string_view wanted_provider,
                      std::string_view wanted_type) const {
  return fits_pattern(standard, wanted_standard) && fits_pattern(provider, wanted_provider) &&
         fits_pattern(type, wanted_type);
}

bool AgentModel::installed_on(std::string_view machine) const {
  return !machines || std::ranges::find(*machines, machine) != machines->end();
}

const ModelAction* AgentModel::action(std::string_view name) const {
  const auto found = std::ranges::find_if(actions, [&](const ModelAction& known) { return known.name == name; });
  return found == actions.end() ? nullptr : &*found;
}

ModelMetadata::ModelMetadata(const AgentModel& model, std::string_view provider, std::string_view type)
    : model_(model), provider_(provider), type_(type) {
  for (const ModelParameter& parameter : model_.parameters)
    parameters_.push_back({parameter.name, parameter.type, parameter.default_value, parameter.required,
                           parameter.unique, parameter.text, parameter.text});
  if (model_.standard == "stonith") parameters_.push_back(plug_parameter());
  for (const Advice& advice : advice_of(model_)) {
    // A fencer that may ask for a list takes nobody who is not in it (AT-5.10).
    if (advice.name == "list" && model_.plugs.empty()) continue;
    ActionMetadata& action = actions_.emplace_back();
    action.name = advice.name;
    action.timeout_seconds = advice.timeout_seconds;
    action.interval_seconds = advice.interval_seconds;
    action.role = advice.role;
    const ModelAction* described = model_.action(advice.name);
    if (described == nullptr) continue;
    action.timeout_seconds = described->timeout_seconds.value_or(action.timeout_seconds);
    action.interval_seconds = described->interval_seconds.value_or(action.interval_seconds);
  }
  metadata_.standard = model_.standard;
  metadata_.provider = provider_;
  metadata_.type = type_;
  metadata_.short_text = model_.short_text;
  metadata_.long_text = model_.long_text;
  metadata_.parameters = parameters_;
  metadata_.actions = actions_;
}

}  // namespace simcluster::agents
