#include "sim/world/management.h"

#include <fmt/core.h>

#include "sim/world/machine.h"
#include "sim/world/world.h"

namespace simcluster::sim {

namespace {

RemoteAnswer failed(std::string_view text) { return {agents::RemoteOutcome::kDone, 1, std::string(text), {}, false}; }

}  // namespace

void Management::set_fault(ManagementFault fault) {
  fault_ = fault;
  if (fault != ManagementFault::kLies) claimed_.clear();
}

RemoteAnswer Management::answer(const agents::RemoteCommand& command) {
  if (fault_ == ManagementFault::kHangs) return {agents::RemoteOutcome::kTimedOut, 0, {}, {}, true};
  if (fault_ == ManagementFault::kRefuses || command.service != spec_.service)
    return {agents::RemoteOutcome::kNoConnection, 0, {}, {}, false};
  RemoteAnswer answer;
  if (command.login != spec_.login || command.password != spec_.password)
    answer.outcome = agents::RemoteOutcome::kRefused;
  else
    answer = spec_.service == agents::RemoteService::kShell ? shell(command.command) : ipmi(command.command);
  answer.duration = spec_.response;
  return answer;
}

bool Management::is_on(const ManagedMachine& managed) const {
  if (const auto claim = claimed_.find(managed.machine); claim != claimed_.end()) return claim->second;
  const NodeIndex index = world_.find_machine(managed.machine);
  return index.valid() && world_.machine(index).power() != PowerState::kOff;
}

void Management::set_power(const ManagedMachine& managed, bool on, std::string_view command) {
  if (fault_ == ManagementFault::kLies) {
    claimed_[managed.machine] = on;
    return;
  }
  const NodeIndex index = world_.find_machine(managed.machine);
  if (!index.valid()) return;
  Machine& machine = world_.machine(index);
  on ? machine.power_on() : machine.power_off(command);
}

std::string Management::list(bool only_running) const {
  std::string text;
  for (const ManagedMachine& managed : spec_.machines)
    if (!only_running || is_on(managed)) text += fmt::format("\"{}\" {{{}}}\n", managed.name, managed.uuid);
  return text;
}

// The machine that a command names between quotes.
const ManagedMachine* Management::find(std::string_view command) const {
  const auto open = command.find('"');
  const auto close = open == std::string_view::npos ? open : command.find('"', open + 1);
  if (close == std::string_view::npos) return nullptr;
  const std::string_view name = command.substr(open + 1, close - open - 1);
  for (const ManagedMachine& managed : spec_.machines)
    if (managed.name == name || managed.uuid == name) return &managed;
  return nullptr;
}

RemoteAnswer Management::shell(std::string_view command) {
  if (command.empty()) return {};
  if (command == "VBoxManage list vms" || command == "VBoxManage list runningvms")
    return {agents::RemoteOutcome::kDone, 0, list(command.ends_with("runningvms")), {}, false};
  const ManagedMachine* managed = find(command);
  if (managed == nullptr) return failed("VBoxManage: error: Could not find a registered machine");
  const bool on = command.starts_with("VBoxManage startvm");
  if (!on && (!command.starts_with("VBoxManage controlvm") || !command.ends_with("poweroff")))
    return failed("command not found");
  if (on == is_on(*managed))
    return failed(on ? "VBoxManage: error: The machine is already locked by a session"
                     : "VBoxManage: error: Machine is not currently running");
  set_power(*managed, on, command);
  return {};
}

RemoteAnswer Management::ipmi(std::string_view command) {
  if (spec_.machines.empty()) return failed("no machine");
  const ManagedMachine& managed = spec_.machines.front();
  const auto reply = [](std::string_view text) {
    return RemoteAnswer{agents::RemoteOutcome::kDone, 0, std::string(text), {}, false};
  };
  if (command == "chassis power status") return reply(is_on(managed) ? "Chassis Power is on" : "Chassis Power is off");
  const bool on = command == "chassis power on";
  const bool off = command == "chassis power off";
  if (on || off) {
    if (is_on(managed) != on) set_power(managed, on, command);
    return reply(on ? "Chassis Power Control: Up/On" : "Chassis Power Control: Down/Off");
  }
  if (command != "chassis power reset" && command != "chassis power cycle") return failed("Invalid command");
  const NodeIndex index = world_.find_machine(managed.machine);
  if (fault_ != ManagementFault::kLies && index.valid()) world_.machine(index).reset(command);
  return reply("Chassis Power Control: Reset");
}

}  // namespace simcluster::sim
