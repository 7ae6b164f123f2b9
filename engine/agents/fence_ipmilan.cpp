#include <array>

#include <fmt/core.h>

#include "engine/agents/fence.h"
#include "engine/agents/fence_agents.h"

namespace simcluster::agents {
namespace {

// Beside those of the library (AT-5.2).
constexpr std::array<std::string_view, 22> kOptions = {
    "auth",          "cipher",     "hexadecimal_kg",   "ip",       "ipaddr",          "ipport",   "lanplus", "login",
    "method",        "passwd",     "passwd_script",    "password", "password_script", "privlvl",  "target",  "username",
    "ipmitool_path", "port_as_ip", "ipmitool_timeout", "sudo",     "use_sudo",        "sudo_path"};

constexpr std::array kParameters = {
    ParameterMetadata{"ip", "string", "", true, true, "IP address", "The management controller."},
    ParameterMetadata{"username", "string", "", true, false, "Login name", "A user of the controller."},
    ParameterMetadata{"password", "string", "", false, false, "Password", "That user's password."},
    ParameterMetadata{"lanplus", "boolean", "0", false, false, "IPMI 2.0", "Use lanplus."},
    ParameterMetadata{"privlvl", "string", "administrator", false, false, "Privilege level", "Of the session."},
    ParameterMetadata{"power_wait", "integer", "2", false, false, "Wait after power actions", "In seconds."},
    ParameterMetadata{"delay", "integer", "0", false, false, "Wait before fencing", "In seconds."},
};

constexpr std::array kActions = {
    ActionMetadata{"on"},     ActionMetadata{"off"},     ActionMetadata{"reboot"},
    ActionMetadata{"status"}, ActionMetadata{"monitor"}, ActionMetadata{"metadata"},
};

// Every question is one call of ipmitool; there is no session to be opened before.
class ManagementController final : public FenceDevice {
 public:
  ManagementController(const FenceOptions& options, bool lanplus) : options_(options), lanplus_(lanplus) {}

  Task<bool> log_in(System&) override { co_return true; }

  Task<PowerState> state(System& system) override {
    const std::string text = command_line("status");
    co_await system.execute(text);
    const RemoteCommand command = command_of("chassis power status");
    const RemoteReply reply = co_await system.remote_command(command);
    if (reply.outcome == RemoteOutcome::kNoConnection || reply.outcome == RemoteOutcome::kTimedOut)
      co_return PowerState::kUnreachable;
    if (reply.output.find("is on") != std::string_view::npos) co_return PowerState::kOn;
    if (reply.output.find("is off") != std::string_view::npos) co_return PowerState::kOff;
    co_return PowerState::kUnknown;
  }

  Task<bool> set(System& system, bool on) override {
    const std::string text = command_line(on ? "on" : "off");
    co_await system.execute(text);
    const RemoteCommand command = command_of(on ? "chassis power on" : "chassis power off");
    const RemoteReply reply = co_await system.remote_command(command);
    co_return reply.outcome == RemoteOutcome::kDone&& reply.exit_code == 0;
  }

  Task<std::vector<Plug>> list(System&) override { co_return std::vector<Plug>(); }
  bool has_plugs() const override { return false; }
  std::string_view unknown_plug() const override {
    return "Failed: Unable to obtain correct plug status or plug is not available";
  }

 private:
  std::string command_line(std::string_view what) const {
    return fmt::format("ipmitool -I {} -H {} -U {} -L ADMINISTRATOR chassis power {}", lanplus_ ? "lanplus" : "lan",
                       options_.address, options_.login, what);
  }
  RemoteCommand command_of(std::string_view text) const {
    RemoteCommand command;
    command.host = options_.address;
    command.service = RemoteService::kIpmi;
    command.login = options_.login;
    command.password = options_.password;
    command.command = text;
    command.timeout = seconds(20);
    return command;
  }

  const FenceOptions& options_;
  bool lanplus_;
};

}  // namespace

Task<int> fence_ipmilan(System& system) {
  const Environment& environment = system.environment();
  if (environment.action == "metadata") {
    system.print(metadata_xml(fence_ipmilan_metadata()));
    co_return 0;
  }
  warn_of_unknown_options(system, kOptions);
  FenceOptions options = read_fence_options(environment);
  if (environment.get("power_wait").empty()) options.power_wait = seconds(2);
  ManagementController device(options, environment.is_true("lanplus", false));
  co_return co_await run_fence_agent(system, device, options);
}

AgentMetadata fence_ipmilan_metadata() {
  AgentMetadata metadata;
  metadata.standard = "stonith";
  metadata.type = "fence_ipmilan";
  metadata.short_text = "Fence agent for IPMI";
  metadata.long_text = "Switches a machine through its management controller.";
  metadata.parameters = kParameters;
  metadata.actions = kActions;
  return metadata;
}

}  // namespace simcluster::agents
