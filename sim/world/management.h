// What lets others switch machines: a host with virtual machines and a shell (ssh, VBoxManage), or a management
// controller (IPMI). It answers what reaches it over the simulated network; the machines obey at once.
#pragma once

#include <map>
#include <string>

#include "sim/kernel/kernel.h"
#include "sim/world/world_spec.h"

namespace simcluster::sim {

class World;

// How a management host misbehaves.
enum class ManagementFault : std::uint8_t {
  kNone,
  kRefuses,  // nobody listens
  kHangs,    // takes the question and never answers
  kLies,     // says that it did what it was asked for, and did nothing
};

class Management {
 public:
  Management(World& world, ManagementSpec spec) : world_(world), spec_(std::move(spec)) {}

  void set_fault(ManagementFault fault);
  // AT-5.7, AT-5.8.
  RemoteAnswer answer(const agents::RemoteCommand& command);
  // What `VBoxManage list vms` or `runningvms` prints there.
  std::string list(bool only_running) const;

 private:
  RemoteAnswer shell(std::string_view command);
  RemoteAnswer ipmi(std::string_view command);
  const ManagedMachine* find(std::string_view command) const;
  bool is_on(const ManagedMachine& managed) const;
  void set_power(const ManagedMachine& managed, bool on, std::string_view command);

  World& world_;
  ManagementSpec spec_;
  ManagementFault fault_ = ManagementFault::kNone;
  std::map<std::string, bool> claimed_;  // machines it lies about
};

}  // namespace simcluster::sim
