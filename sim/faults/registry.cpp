#include <array>

#include "sim/faults/action.h"
#include "sim/faults/agent_faults.h"
#include "sim/faults/interface_faults.h"
#include "sim/faults/machine_faults.h"
#include "sim/faults/network_faults.h"
#include "sim/faults/swizzle.h"

namespace simcluster::sim {

namespace {

// Calls that cannot fail.
template <auto Call>
Result<void> done(Machine& machine) {
  (machine.*Call)();
  return {};
}

constexpr std::string_view kByFault = "a fault of the scenario";

constexpr std::array kVerbs = {
    MachineVerb{"power-off", "a machine loses its power", "loses its power", TraceKind::kFault,
                [](Machine& m) -> Result<void> { return m.power_off(kByFault), Result<void>{}; }},
    MachineVerb{"power-on", "a machine is switched on and boots", "is switched on", TraceKind::kOperator,
                done<&Machine::power_on>},
    MachineVerb{"reset", "a machine is reset and boots", "is reset", TraceKind::kFault,
                [](Machine& m) -> Result<void> { return m.reset(kByFault), Result<void>{}; }},
    MachineVerb{"start-cluster", "someone starts the cluster software of a node", "service corosync start",
                TraceKind::kOperator, [](Machine& m) -> Result<void> { return m.start_cluster(); }},
    MachineVerb{"stop-cluster", "someone stops the cluster software of a node", "service corosync stop",
                TraceKind::kOperator, done<&Machine::stop_cluster>},
    MachineVerb{"kill-cluster", "all processes of the cluster software die at once", "the cluster software is killed",
                TraceKind::kFault, [](Machine& m) -> Result<void> { return m.kill_cluster(kByFault), Result<void>{}; }},
    MachineVerb{"pause-cluster", "the cluster software stands still (SIGSTOP)", "the cluster software stands still",
                TraceKind::kFault, done<&Machine::pause_cluster>},
    MachineVerb{"resume-cluster", "the cluster software goes on (SIGCONT)", "the cluster software goes on",
                TraceKind::kFault, done<&Machine::resume_cluster>},
    MachineVerb{"pause", "a machine stands still, as a suspended virtual machine", "stands still", TraceKind::kFault,
                done<&Machine::pause>},
    MachineVerb{"resume", "a paused machine goes on", "goes on", TraceKind::kFault, done<&Machine::resume>},
    MachineVerb{"install-config-server", "someone installs the package NetworkManager-config-server",
                "yum install NetworkManager-config-server", TraceKind::kOperator,
                [](Machine& m) -> Result<void> { return m.configure_network_manager(true); }},
    MachineVerb{"remove-config-server", "someone removes the package NetworkManager-config-server",
                "yum remove NetworkManager-config-server", TraceKind::kOperator,
                [](Machine& m) -> Result<void> { return m.configure_network_manager(false); }},
    MachineVerb{"restart-network-manager", "someone restarts NetworkManager, which reads its set-up",
                "systemctl restart NetworkManager", TraceKind::kOperator,
                [](Machine& m) -> Result<void> { return m.restart_network_manager(); }},
    MachineVerb{"heal-agents", "agents behave again", "agents behave again", TraceKind::kFault,
                done<&Machine::clear_agent_faults>},
};

template <std::size_t Index>
std::unique_ptr<Action> make_verb() {
  return std::make_unique<SimpleMachineAction>(kVerbs[Index]);
}

template <std::size_t... Index>
constexpr auto verb_types(std::index_sequence<Index...>) {
  return std::array{ActionType{kVerbs[Index].name, kVerbs[Index].help, make_verb<Index>}...};
}

template <class T, bool Value>
std::unique_ptr<Action> make_with() {
  return std::make_unique<T>(Value);
}

constexpr std::array kOthers = {
    ActionType{"remove-address", "an address vanishes from an interface", make_action<RemoveAddress>},
    ActionType{"add-address", "an address appears on an interface", make_action<AddAddress>},
    ActionType{"interface-down", "someone sets an interface down", make_with<SetInterface, false>},
    ActionType{"interface-up", "someone sets an interface up", make_with<SetInterface, true>},
    ActionType{"pull-cable", "the cable of an interface is pulled", make_with<SetCable, false>},
    ActionType{"plug-cable", "the cable of an interface is plugged in", make_with<SetCable, true>},
    ActionType{"link-quality", "one interface's link gets better or worse", make_action<LinkFault>},
    ActionType{"clock-jump", "the wall clock of a machine jumps", make_action<ClockJump>},
    ActionType{"system-load", "a machine has more or less to do", make_action<LoadFault>},
    ActionType{"write-file", "someone writes a file on a machine", make_action<WriteFile>},
    ActionType{"kill-process", "processes get a signal", make_action<KillProcess>},
    ActionType{"take-port", "another process takes a UDP port of a machine", make_with<TakePort, true>},
    ActionType{"release-port", "a process lets go of a UDP port that it has taken", make_with<TakePort, false>},
    ActionType{"agent-fault", "the next runs of an agent are slow, hang or fail", make_action<AgentMisbehaves>},
    ActionType{"device-fault", "a block device fails, hangs or is busy", make_action<DeviceMisbehaves>},
    ActionType{"management-fault", "a management host refuses, hangs or lies", make_action<ManagementMisbehaves>},
    ActionType{"network-down", "a switch loses its power", make_with<SetNetwork, false>},
    ActionType{"network-up", "a switch works again", make_with<SetNetwork, true>},
    ActionType{"cut-trunk", "a trunk between two switches is cut", make_with<SetTrunk, false>},
    ActionType{"mend-trunk", "a trunk between two switches carries frames again", make_with<SetTrunk, true>},
    ActionType{"trunk-quality", "a trunk gets better or worse", make_action<TrunkQuality>},
    ActionType{"network-quality", "a network gets better or worse", make_action<NetworkQuality>},
    ActionType{"partition", "groups of machines do not hear each other", make_action<Partition>},
    ActionType{"lose-frames", "frames from one machine to another are lost", make_action<LoseFrames>},
    ActionType{"swizzle", "links stop one by one and come back in another order", make_action<Swizzle>},
    ActionType{"heal-network", "partitions and lossy paths are healed", make_action<HealNetwork>},
};

template <std::size_t A, std::size_t B>
constexpr auto concatenate(const std::array<ActionType, A>& a, const std::array<ActionType, B>& b) {
  std::array<ActionType, A + B> all{};
  for (std::size_t i = 0; i < A; ++i) all[i] = a[i];
  for (std::size_t i = 0; i < B; ++i) all[A + i] = b[i];
  return all;
}

constexpr auto kTypes = concatenate(verb_types(std::make_index_sequence<kVerbs.size()>()), kOthers);

}  // namespace

std::span<const ActionType> fault_types() { return kTypes; }

}  // namespace simcluster::sim
