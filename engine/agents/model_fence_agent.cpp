// What runs for a fence agent that somebody has described: it switches machines by their names (AT-5.9).
#include <algorithm>
#include <string>
#include <vector>

#include "engine/agents/agent_model.h"
#include "engine/agents/fence.h"
#include "engine/base/assert.h"

namespace simcluster::agents {
namespace {

class ModelledSwitch final : public FenceDevice {
 public:
  ModelledSwitch(const AgentModel& model, std::string_view plug) : model_(model), machine_(machine_of(plug)) {}

  Task<bool> log_in(System&) override { co_return true; }
  Task<PowerState> state(System& system) override { co_return co_await wish(system, machine_, PowerWish::kAsk); }
  Task<bool> set(System& system, bool on) override {
    const PowerState now = co_await wish(system, machine_, on ? PowerWish::kOn : PowerWish::kOff);
    co_return now != PowerState::kUnknown;
  }
  Task<std::vector<Plug>> list(System& system) override {
    std::vector<Plug> plugs;
    for (const auto& [plug, machine] : model_.plugs) {
      const PowerState now = co_await wish(system, machine, PowerWish::kAsk);
      plugs.push_back({plug, machine, now == PowerState::kOn});
    }
    co_return plugs;
  }
  bool has_plugs() const override { return true; }
  std::string_view unknown_plug() const override {
    return "Failed: Unable to obtain correct plug status or plug is not available";
  }

 private:
  std::string machine_of(std::string_view plug) const {
    const auto known = std::ranges::find_if(model_.plugs, [&](const auto& entry) { return entry.first == plug; });
    if (known != model_.plugs.end()) return known->second;
    // A device with plugs of its own knows no others.
    return model_.plugs.empty() ? std::string(plug) : std::string();
  }

  static Task<PowerState> wish(System& system, std::string_view machine, PowerWish what) {
    const PowerReply reply = co_await system.switch_machine(machine, what);
    if (!reply.known) co_return PowerState::kUnknown;
    co_return reply.on ? PowerState::kOn : PowerState::kOff;
  }

  const AgentModel& model_;
  std::string machine_;
};

Task<> take_time(System& system, const AgentModel& model) {
  const ModelAction* described = model.action(system.environment().action);
  if (described == nullptr) co_return;
  const Duration time = system.draw(described->takes);
  if (time.ns > 0) co_await system.sleep(time);
}

}  // namespace

Task<int> model_fence_agent(System& system) {
  const Environment& environment = system.environment();
  SIMCLUSTER_ASSERT(environment.model != nullptr);
  const AgentModel& model = *environment.model;
  const std::string action(environment.action);
  if (action == "metadata") {
    const ModelMetadata description(model, {}, environment.type);
    system.print(metadata_xml(description.metadata()));
    co_return 0;
  }
  FenceOptions options = read_fence_options(environment);
  if (options.plug.empty()) options.plug = environment.get("nodename");
  const bool about_plug = action == "on" || action == "off" || action == "reboot" || action == "status";
  if (!about_plug && action != "monitor" && action != "list" && action != "list-status")
    co_return usage_error(system, "Failed: Unrecognised action '" + action + "'");
  if (about_plug && options.plug.empty())
    co_return usage_error(system, "Failed: You have to enter plug number or machine identification");
  co_await take_time(system, model);
  ModelledSwitch device(model, options.plug);
  if (about_plug) co_return co_await run_power_action(system, device, options);
  if (action == "monitor") co_return 0;
  co_return co_await list_plugs(system, device, action);
}

}  // namespace simcluster::agents
