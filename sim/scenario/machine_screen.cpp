#include "sim/scenario/machine_screen.h"

#include <algorithm>
#include <array>

#include <fmt/core.h>

#include "engine/agents/agent_models.h"
#include "engine/agents/ra_info.h"
#include "engine/cib/compressed_input.h"
#include "reports/ustar.h"
#include "sim/kernel/kernel.h"
#include "sim/kernel/listing.h"
#include "sim/world/machine.h"
#include "sim/world/management.h"

namespace simcluster::sim {

namespace {

using Shown = Result<std::string> (*)(Machine& machine, std::string_view rest);

// What follows a command: nothing, or the name of a device, with the word dev before it or not.
std::string_view device_of(std::string_view rest) {
  constexpr std::string_view kKeyword = "dev ";
  return rest.starts_with(kKeyword) ? rest.substr(kKeyword.size()) : rest;
}

// ip(8) about one device or all of them (AT-2.9).
template <std::string (*List)(const Kernel&, std::string_view)>
Result<std::string> about_devices(Machine& machine, std::string_view rest) {
  const std::string_view device = device_of(rest);
  if (!device.empty() && machine.kernel().net().find_interface(device) == nullptr)
    return fmt::format("Device \"{}\" does not exist.\n(exit status 1)\n", device);
  return List(machine.kernel(), device);
}

Result<std::string> about_interfaces(Machine& machine, std::string_view rest) {
  if (!rest.empty() && machine.kernel().net().find_interface(rest) == nullptr)
    return fmt::format("{}: error fetching interface information: Device not found\n(exit status 1)\n", rest);
  return ifconfig(machine.kernel(), rest);
}

template <std::string (*List)(const Kernel&)>
Result<std::string> about_network(Machine& machine, std::string_view) {
  return List(machine.kernel());
}

Result<std::string> about_proc(Machine& machine, std::string_view) { return machine.kernel().proc_net_dev().whole(); }

Result<std::string> about_agent(Machine& machine, std::string_view rest) {
  agents::AgentName name = agents::agent_name(rest);
  const Profile& profile = machine.spec().profile;
  const agents::AgentModels* models = machine.spec().models.get();
  auto agent = agents::installed_agent(name.standard, name.provider, name.type, profile, models);
  // As when the shell finds no provider: that of Pacemaker (AT-7.2).
  if (!agent && rest == name.type) {
    agent = agents::installed_agent(name.standard, "pacemaker", name.type, profile, models);
    if (agent) name.provider = "pacemaker";
  }
  if (!agent) return fail(fmt::format("there is no agent {} on {}", rest, machine.name()));
  return agents::ra_info(*agents::metadata_of(*agent, name.provider, name.type),
                         profile.pacemaker_has_shell ? agents::RaInfoWords::kOld : agents::RaInfoWords::kCurrent);
}

Result<std::string> about_virtual_machines(Machine& machine, std::string_view rest) {
  if (machine.management() == nullptr) return fail(fmt::format("there are no virtual machines on {}", machine.name()));
  return machine.management()->list(rest == "runningvms");
}

// What an archive on the machine's disk has in it.
Result<std::string> about_archive(Machine& machine, std::string_view path) {
  const std::string absolute = path.starts_with('/') ? std::string(path) : fmt::format("/root/{}", path);
  const std::string* bytes = machine.kernel().files().find(absolute);
  if (bytes == nullptr)
    return fmt::format("tar (child): {}: Cannot open: No such file or directory\n(exit status 2)\n", path);
  const auto archive = cib::decompress(*bytes, cib::Compression::kBzip2, absolute);
  if (!archive) return tl::unexpected(archive.error());
  std::string names;
  for (const std::string& name : reports::ustar_names(*archive)) names += name + "\n";
  return names;
}

enum class Rest : std::uint8_t { kNothing, kMayFollow, kFollows, kVirtualMachines };

struct Tool {
  std::string_view command;
  Rest rest = Rest::kNothing;
  Shown shown = nullptr;
};

constexpr std::array kTools = {
    Tool{"ip addr show", Rest::kMayFollow, about_devices<ip_addr_show>},
    Tool{"ip link show", Rest::kMayFollow, about_devices<ip_link_show>},
    Tool{"ip route show", Rest::kNothing, about_network<ip_route_list>},
    Tool{"ip neigh show", Rest::kNothing, about_network<ip_neigh_show>},
    Tool{"ifconfig", Rest::kMayFollow, about_interfaces},
    Tool{"cat /proc/net/dev", Rest::kNothing, about_proc},
    Tool{"tar tjf", Rest::kFollows, about_archive},
    Tool{"crm ra info", Rest::kFollows, about_agent},
    Tool{"VBoxManage list", Rest::kVirtualMachines, about_virtual_machines},
};

// What follows the tool's command, without the blank between them.
std::string_view rest_of(const Tool& tool, std::string_view command) {
  command.remove_prefix(tool.command.size());
  if (command.starts_with(' ')) command.remove_prefix(1);
  return command;
}

bool fits(const Tool& tool, std::string_view command) {
  if (!command.starts_with(tool.command)) return false;
  if (command.size() > tool.command.size() && command[tool.command.size()] != ' ') return false;
  const std::string_view rest = rest_of(tool, command);
  switch (tool.rest) {
    case Rest::kNothing:
      return rest.empty();
    case Rest::kMayFollow:
      return device_of(rest).find(' ') == std::string_view::npos;
    case Rest::kFollows:
      return !rest.empty() && rest.find(' ') == std::string_view::npos;
    case Rest::kVirtualMachines:
      return rest == "vms" || rest == "runningvms";
  }
  return false;
}

const Tool* find_tool(std::string_view command) {
  const auto tool = std::ranges::find_if(kTools, [&](const Tool& candidate) { return fits(candidate, command); });
  return tool == kTools.end() ? nullptr : &*tool;
}

}  // namespace

bool is_machine_screen(std::string_view command) { return find_tool(command) != nullptr; }

std::string machine_screens() {
  std::string names;
  for (const Tool& tool : kTools) names += fmt::format("{}{}", names.empty() ? "" : ", ", tool.command);
  return names;
}

Result<std::string> machine_screen(Machine& machine, std::string_view command) {
  const Tool* tool = find_tool(command);
  if (tool == nullptr) return fail(fmt::format("\"{}\" cannot be shown (expected {})", command, machine_screens()));
  if (machine.power() != PowerState::kUp) return fail(fmt::format("{} is not up", machine.name()));
  return tool->shown(machine, rest_of(*tool, command));
}

}  // namespace simcluster::sim
