// One machine of the world: power, disk, kernel, and the cluster software in it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/address.h"
#include "engine/base/error.h"
#include "engine/base/host.h"
#include "engine/base/ids.h"
#include "engine/base/time.h"
#include "sim/kernel/agent_fault.h"
#include "sim/world/world_spec.h"

namespace simcluster::membership {
class Stack;
}
namespace simcluster::node {
class Node;
}

namespace simcluster::sim {

class Kernel;
enum class DeviceState : std::uint8_t;
class Management;
class World;
struct MachineContext;

// What runs in a machine above Host: the cluster node, or something else in tests.
class ClusterSoftware {
 public:
  virtual ~ClusterSoftware() = default;
  virtual Result<void> start() = 0;
  virtual void request_stop() = 0;
  // attrd_updater or crm_attribute on this machine. False when nothing here takes attributes.
  virtual bool update_attribute(const agents::AttributeUpdate& update) {
    static_cast<void>(update);
    return false;
  }
  // crm_attribute -G on this machine. Nothing when it is not set.
  virtual std::optional<std::string> query_attribute(const agents::AttributeQuery& query) {
    static_cast<void>(query);
    return std::nullopt;
  }
  // The cluster node, if that is what it is.
  virtual node::Node* node() { return nullptr; }
  // The membership layer, if there is one.
  virtual membership::Stack* stack() { return nullptr; }
};
class Machine;
using SoftwareFactory = std::function<std::unique_ptr<ClusterSoftware>(Host& host, const Machine& machine)>;

enum class PowerState : std::uint8_t { kOff, kBooting, kUp };

class Machine {
 public:
  // For the world. `crashes` counts failed assertions.
  Machine(World& world, const MachineContext& context, MachineSpec spec, const SoftwareFactory& factory,
          std::uint64_t& crashes);
  ~Machine();
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  const std::string& name() const;
  NodeIndex index() const;
  const MachineSpec& spec() const;
  // Off already in the instant in which it loses its power, though its parts hear of that later.
  PowerState power() const;
  // The machine's kernel. It exists always; when the machine is not up it has no processes and no addresses.
  Kernel& kernel();
  const Kernel& kernel() const;
  // The running cluster node, or nullptr.
  node::Node* node();
  // The running membership layer, or nullptr. Corosync may run without a cluster node above it.
  membership::Stack* stack();
  const membership::Stack* stack() const;
  // By ring or link of the running cluster software: the port that it uses; none where its address is lost.
  std::vector<PortId> ring_ports() const;
  // What the cluster manager in it is about; nothing when none runs.
  struct ManagerView {
    std::string state;  // "S_IDLE", ...
    bool is_dc = false;
    std::string dc;
    std::vector<std::string> members;
    std::uint64_t cib = 0;  // hash of its replica of the CIB
  };
  std::optional<ManagerView> manager() const;
  // The UUIDs of all nodes of the Heartbeat stack, by node id.
  std::map<ClusterNodeId, std::string> uuids() const;
  // How often the cluster software has been started before the present start.
  std::uint64_t incarnation() const;
  // The cluster software runs (crashed, stopped or never started: false).
  bool cluster_running() const;

  // --- power ---------------------------------------------------------------------------------------------------------
  // For the world: the interfaces and their cables, once; and the system up at once, at the world's start.
  Result<void> build();
  void boot_at_once();
  // Everything stops, as an event of this instant; what was not persisted is lost.
  void power_off(std::string_view reason);
  // Boots; after MachineSpec::boot_delay the kernel is up.
  void power_on();
  // Power off and on.
  void reset(std::string_view reason);

  // --- cluster software ----------------------------------------------------------------------------------------------
  // `service corosync start`. An error when it runs already, the machine is not up or the configuration is refused.
  Result<void> start_cluster();
  // Clean stop; takes its time.
  void stop_cluster();
  // All its processes die at once (SIGKILL). The machine, its addresses and running agents stay. A watchdog, where
  // there is one, resets the machine.
  void kill_cluster(std::string_view reason);
  // True from pause_cluster() or pause() on, until it is resumed.
  bool standing_still() const;
  // SIGSTOP and SIGCONT: it neither receives nor fires timers while paused; agents go on.
  void pause_cluster();
  void resume_cluster();
  // The whole machine stands still, as a suspended virtual machine: software, processes and network.
  void pause();
  void resume();
  // The machine's wall clock jumps; timers do not care.
  void jump_clock(Duration by);

  // --- its network interfaces ----------------------------------------------------------------------------------------
  Result<void> add_address(std::string_view interface_name, const IpAddress& address, int prefix_length);
  Result<void> remove_address(std::string_view interface_name, const IpAddress& address);
  // ip link set ... up|down.
  Result<void> set_interface_up(std::string_view interface_name, bool up);
  // Pulls or plugs the cable.
  Result<void> set_cable(std::string_view interface_name, bool plugged);
  Result<void> set_quality(std::string_view interface_name, const LinkQuality& sending, const LinkQuality& receiving);
  // Installs or removes the package NetworkManager-config-server; it counts from the next start of NetworkManager, at
  // boot or by hand, on (M NM-4). An error where there is no NetworkManager, or where it does not run.
  Result<void> configure_network_manager(bool config_server);
  Result<void> restart_network_manager();
  // How a block device behaves for this machine from now on; `latency` is that of one access while it is busy.
  Result<void> set_device_state(std::string_view device, DeviceState state, Duration latency);

  // The management host in this machine; nullptr when it is none.
  Management* management();

  // --- processes and agents ------------------------------------------------------------------------------------------
  // Sends a signal to all processes of this name. Returns how many there were.
  std::size_t kill_processes(std::string_view name, int signal);
  // Someone runs an agent in a shell; what it prints goes to the trace as a screen under `command` when it has ended.
  // `words`: what is shown of its end; none: what it prints, and its exit status.
  using ResultWords = std::function<std::string(const AgentResult& result)>;
  Result<void> run_by_hand(const AgentRequest& request, std::string command, ResultWords words = {});
  void add_agent_fault(AgentFault fault);
  void clear_agent_faults();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace simcluster::sim
