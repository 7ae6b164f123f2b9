// The plain description from which a world is built.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/agents/system.h"
#include "engine/base/address.h"
#include "engine/base/ids.h"
#include "engine/base/profile.h"
#include "engine/base/time.h"
#include "sim/kernel/agent_fault.h"
#include "sim/kernel/knobs.h"
#include "sim/network/link_quality.h"
#include "sim/network/network.h"

namespace simcluster::agents {
class AgentModels;
}

namespace simcluster::sim {

struct SegmentSpec {
  std::string name;
  SegmentKind kind = SegmentKind::kSwitch;
  LinkQuality quality;
};

// Joins two switches, which must not be joined already.
struct TrunkSpec {
  std::string name;
  std::vector<std::string> between;  // two switches
  LinkQuality quality;
};

struct AddressSpec {
  IpAddress address;
  int prefix_length = 24;
  std::string label;  // empty: the interface's name
};

struct InterfaceSpec {
  std::string name;     // eth0, bond0, ...; lo exists by itself
  std::string segment;  // where it is plugged in; empty: no cable (always so for a bond)
  std::string mac;      // "00:16:3e:39:91:00"; empty: made from machine and interface number
  int mtu = 1500;
  bool up = true;                      // brought up at boot
  std::vector<AddressSpec> addresses;  // configured at boot
  std::vector<std::string> slaves;     // not empty: an active-backup bond of these interfaces, the first one active
};

struct RouteSpec {
  IpAddress destination;  // unspecified: default
  int prefix_length = 0;
  IpAddress via;
  std::string device;  // empty: found by `via`
  int metric = 0;
};

// A program that reads /proc/net/dev every so often, as a monitoring tool would (AT-2.12).
struct PollerSpec {
  std::string name = "poller";
  Duration interval = seconds(60);
  Duration offset;  // first reading after boot
};

// ping TARGET, one request per interval (AT-2.6).
struct PingSpec {
  IpAddress target;
  Duration interval = seconds(1);
  Duration offset;    // first request after boot
  bool print = true;  // lines of output go to the trace
};

// A process of every node's own in one closed process group (M 9): what it is sent and what it hears goes into the
// trace, where the judges of message delivery look at it.
struct TrafficSpec {
  std::uint32_t burst = 0;  // messages at a time; 0: it only listens
  Duration interval = milliseconds(100);
  Duration offset;                     // first time, after the cluster software has started
  std::uint32_t size = 64;             // bytes of a message
  std::optional<std::uint64_t> count;  // in all; none: as long as the node runs
};

// A machine that a management host switches.
struct ManagedMachine {
  std::string name;  // of the virtual machine; empty for IPMI
  std::string uuid;
  std::string machine;
};

// Makes a machine a management host (AT-5.7, AT-5.8).
struct ManagementSpec {
  agents::RemoteService service = agents::RemoteService::kShell;
  std::string login;
  std::string password;
  std::vector<ManagedMachine> machines;
  Duration response = milliseconds(250);  // from a question to its answer
};

// A process that keeps a file open below a directory as soon as something is mounted there.
struct HolderSpec {
  std::string name;
  std::string directory;
  enum class Ignores : std::uint8_t { kNothing, kTerm, kKill } ignores = Ignores::kNothing;
};

// A block device with a file system on it, and the machines that it is attached to.
struct StorageSpec {
  std::string name;
  std::string device = "/dev/sdb1";  // its path on every machine
  std::string file_system = "ext4";
  std::vector<std::string> machines;
};

struct MachineSpec {
  std::string name;
  Profile profile;
  std::vector<InterfaceSpec> interfaces;
  std::vector<RouteSpec> routes;
  std::vector<std::pair<std::string, std::string>> sysctls;
  std::vector<std::pair<std::string, std::string>> files;  // on its disk, path and content
  KernelKnobs knobs;
  std::vector<PollerSpec> pollers;
  std::vector<PingSpec> pings;
  std::vector<HolderSpec> holders;

  // Agents that are described for it (AT-4.12), null: none; and how agents misbehave from the beginning on.
  std::shared_ptr<const agents::AgentModels> models;
  std::vector<AgentFault> agent_faults;

  bool power_on = true;               // at the start of the world
  Duration boot_delay = seconds(40);  // from power on or reset until the kernel is up, except at the world's start

  int cores = 4;

  // Cluster software; machines without it are plain hosts.
  bool cluster = true;
  bool start_cluster_at_boot = true;  // at the world's start; see also start_cluster_after_reset
  bool start_cluster_after_reset = false;
  Duration cluster_start_delay;  // from the kernel being up
  ClusterNodeId cluster_id;
  std::string corosync_conf;
  std::string auth_key;  // of Corosync; empty: datagrams are not authenticated
  std::string initial_cib;
  std::optional<TrafficSpec> traffic;
  // A watchdog device that the cluster software feeds (M 16.1): the machine is reset this long after the software has
  // crashed. None: no watchdog.
  std::optional<Duration> watchdog;
  std::optional<ManagementSpec> management;
  // The Heartbeat stack: the node's own UUID, and the interfaces on which it hears the others.
  std::string uuid;
  std::vector<std::string> heartbeat_interfaces;
  // PCMK_fail_fast=yes (CM-11.7).
  bool fail_fast = false;
  // What the scheduler is asked with lies on the disk (pe-input-3.bz2), not its number alone.
  bool keeps_inputs = false;
  // RestartSec of the unit corosync.service, which restarts on failure (CM-11.12). None: it does not.
  std::optional<Duration> restart_after_crash;
};

struct WorldSpec {
  std::uint64_t seed = 1;
  Time start{1388049600LL * 1'000'000'000};  // 2013-12-26 09:20:00 UTC
  std::vector<SegmentSpec> segments;
  std::vector<TrunkSpec> trunks = {};
  std::vector<MachineSpec> machines;
  std::vector<StorageSpec> storage;
};

}  // namespace simcluster::sim
