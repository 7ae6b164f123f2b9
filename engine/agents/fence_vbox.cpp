#include <array>
#include <utility>

#include <fmt/core.h>

#include "engine/agents/fence.h"
#include "engine/agents/fence_agents.h"

namespace simcluster::agents {
namespace {

// Beside those of the library (AT-5.2).
constexpr std::array<std::string_view, 23> kOptions = {
    "cmd_prompt",      "command_prompt", "identity_file", "inet4_only",  "inet6_only",    "ip",
    "ipaddr",          "ipport",         "login",         "passwd",      "passwd_script", "password",
    "password_script", "secure",         "ssh",           "ssh_options", "username",      "host_os",
    "vboxmanage_path", "sudo",           "use_sudo",      "ssh_path",    "sudo_path"};

constexpr std::array kParameters = {
    ParameterMetadata{"ip", "string", "", true, true, "IP address", "The host of the virtual machines."},
    ParameterMetadata{"username", "string", "", true, false, "Login name", "The user that runs VirtualBox."},
    ParameterMetadata{"password", "string", "", false, false, "Password", "That user's password."},
    ParameterMetadata{"plug", "string", "", true, true, "Virtual machine", "Name or UUID of the virtual machine."},
    ParameterMetadata{"power_wait", "integer", "0", false, false, "Wait after power actions", "In seconds."},
    ParameterMetadata{"delay", "integer", "0", false, false, "Wait before fencing", "In seconds."},
};

constexpr std::array kActions = {
    ActionMetadata{"on"},   ActionMetadata{"off"},     ActionMetadata{"reboot"},      ActionMetadata{"status"},
    ActionMetadata{"list"}, ActionMetadata{"monitor"}, ActionMetadata{"list-status"}, ActionMetadata{"metadata"},
};

// `"CentOS83-1" {1d5b852d-34ea-4862-a370-ca42a845eb3c}`, one machine a line.
std::vector<Plug> parse_machines(std::string_view output) {
  std::vector<Plug> plugs;
  while (!output.empty()) {
    const auto end = output.find('\n');
    const std::string_view line = output.substr(0, end);
    output = end == std::string_view::npos ? std::string_view() : output.substr(end + 1);
    const auto quote = line.find('"');
    const auto close = quote == std::string_view::npos ? quote : line.find('"', quote + 1);
    const auto brace = line.find('{');
    const auto brace_end = line.find('}');
    if (close == std::string_view::npos || brace == std::string_view::npos || brace_end < brace) continue;
    plugs.push_back({std::string(line.substr(quote + 1, close - quote - 1)),
                     std::string(line.substr(brace + 1, brace_end - brace - 1)), false});
  }
  return plugs;
}

class VirtualBox final : public FenceDevice {
 public:
  explicit VirtualBox(const FenceOptions& options) : options_(options) {}

  Task<bool> log_in(System& system) override {
    RemoteCommand command = command_of("");
    command.timeout = options_.login_timeout;
    const RemoteReply reply = co_await system.remote_command(command);
    co_return reply.outcome == RemoteOutcome::kDone;
  }

  Task<PowerState> state(System& system) override {
    const bool known = co_await read_machines(system);
    if (!known) co_return PowerState::kUnreachable;
    for (const Plug& plug : plugs_)
      if (plug.name == options_.plug || plug.alias == options_.plug)
        co_return plug.on ? PowerState::kOn : PowerState::kOff;
    co_return PowerState::kUnknown;
  }

  Task<bool> set(System& system, bool on) override {
    const std::string text = on ? fmt::format("VBoxManage startvm \"{}\" --type headless", options_.plug)
                                : fmt::format("VBoxManage controlvm \"{}\" poweroff", options_.plug);
    const RemoteCommand command = command_of(text);
    const RemoteReply reply = co_await system.remote_command(command);
    co_return reply.outcome == RemoteOutcome::kDone;
  }

  Task<std::vector<Plug>> list(System& system) override {
    co_await read_machines(system);
    co_return plugs_;
  }

  bool has_plugs() const override { return true; }
  std::string_view unknown_plug() const override {
    return "Failed: You have to enter existing name/UUID of virtual machine!";
  }

 private:
  RemoteCommand command_of(std::string_view text) const {
    RemoteCommand command;
    command.host = options_.address;
    command.service = RemoteService::kShell;
    command.login = options_.login;
    command.password = options_.password;
    command.command = text;
    command.timeout = options_.shell_timeout;
    return command;
  }

  // All machines count as off, then the running ones as on.
  Task<bool> read_machines(System& system) {
    const RemoteCommand all_command = command_of("VBoxManage list vms");
    const RemoteReply all = co_await system.remote_command(all_command);
    if (all.outcome != RemoteOutcome::kDone) co_return false;
    std::vector<Plug> plugs = parse_machines(all.output);
    const RemoteCommand running_command = command_of("VBoxManage list runningvms");
    const RemoteReply running = co_await system.remote_command(running_command);
    if (running.outcome != RemoteOutcome::kDone) co_return false;
    for (const Plug& on : parse_machines(running.output))
      for (Plug& plug : plugs)
        if (plug.alias == on.alias) plug.on = true;
    plugs_ = std::move(plugs);
    co_return true;
  }

  const FenceOptions& options_;
  std::vector<Plug> plugs_;
};

}  // namespace

Task<int> fence_vbox(System& system) {
  if (system.environment().action == "metadata") {
    system.print(metadata_xml(fence_vbox_metadata()));
    co_return 0;
  }
  warn_of_unknown_options(system, kOptions);
  const FenceOptions options = read_fence_options(system.environment());
  VirtualBox device(options);
  co_return co_await run_fence_agent(system, device, options);
}

AgentMetadata fence_vbox_metadata() {
  AgentMetadata metadata;
  metadata.standard = "stonith";
  metadata.type = "fence_vbox";
  metadata.short_text = "Fence agent for VirtualBox";
  metadata.long_text = "Switches virtual machines of VirtualBox by VBoxManage on their host.";
  metadata.parameters = kParameters;
  metadata.actions = kActions;
  return metadata;
}

}  // namespace simcluster::agents
