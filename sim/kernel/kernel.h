// One simulated kernel: network, files, processes, parameters. It belongs to a machine and lives as long as that;
// boot() and halt() begin and end a run of the system on it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "engine/agents/system.h"
#include "engine/base/address.h"
#include "engine/base/host.h"
#include "engine/base/time.h"
#include "sim/kernel/database_port.h"
#include "sim/kernel/file_store.h"
#include "sim/kernel/machine_context.h"
#include "sim/kernel/net_stack.h"
#include "sim/kernel/proc_net_dev.h"
#include "sim/kernel/process_table.h"
#include "sim/kernel/storage.h"
#include "sim/kernel/sysctls.h"

namespace simcluster::sim {

class AgentRunner;

// What came back from a management host.
struct RemoteAnswer {
  agents::RemoteOutcome outcome = agents::RemoteOutcome::kDone;
  int exit_code = 0;
  std::string output;
  Duration duration;    // until the answer is there
  bool silent = false;  // it never is
};

// What programs reach beyond the kernel.
class KernelServices {
 public:
  // attrd_updater. False when no attribute manager runs here.
  virtual bool update_attribute(const agents::AttributeUpdate& update) = 0;
  // crm_attribute -G. Nothing when it is not set, or nobody is there to ask.
  virtual std::optional<std::string> query_attribute(const agents::AttributeQuery& query) {
    static_cast<void>(query);
    return std::nullopt;
  }
  // A command reaches the host that has this address.
  virtual RemoteAnswer run_remote(const IpAddress& host, const agents::RemoteCommand& command) {
    static_cast<void>(host);
    static_cast<void>(command);
    return {agents::RemoteOutcome::kNoConnection, 0, {}, {}, false};
  }
  // Asks or switches the power of a machine. Nothing: there is none of that name.
  virtual std::optional<bool> switch_machine(std::string_view machine, agents::PowerWish wish) {
    static_cast<void>(machine);
    static_cast<void>(wish);
    return std::nullopt;
  }
  // A name of /etc/hosts.
  virtual std::optional<IpAddress> resolve(std::string_view host) = 0;

 protected:
  ~KernelServices() = default;
};

class Kernel {
 public:
  Kernel(const MachineContext& context, KernelServices& services);
  ~Kernel();
  Kernel(const Kernel&) = delete;
  Kernel& operator=(const Kernel&) = delete;

  // Starts: lo is up, temporary file systems are empty, sysctls are as set_boot_sysctl said.
  void boot();
  // Ends at once: no process, no address, no route is left.
  void halt();
  bool running() const { return running_; }
  // Since boot.
  Duration uptime() const { return running_ ? context_.queue.now() - booted_ : Duration{}; }
  // Processes and network stand still.
  void freeze();
  void thaw();
  bool frozen() const { return frozen_; }
  // The wall clock of the machine: the world's, and what it was set forward.
  Time wall_clock() const { return context_.queue.now() + clock_offset_; }
  void jump_clock(Duration by) { clock_offset_ += by; }
  const HostLoad& load() const { return load_; }
  void set_load(const HostLoad& load) { load_ = load; }

  const MachineContext& context() const { return context_; }
  NetStack& net() { return net_; }
  const NetStack& net() const { return net_; }
  FileStore& files() { return files_; }
  const FileStore& files() const { return files_; }
  Mounts& mounts() { return mounts_; }
  const Mounts& mounts() const { return mounts_; }
  Sysctls& sysctls() { return sysctls_; }
  const Sysctls& sysctls() const { return sysctls_; }
  // Set at every boot.
  void set_boot_sysctl(std::string_view key, std::string_view value) { boot_sysctls_.set(key, value); }
  ProcessTable& processes() { return processes_; }
  const ProcessTable& processes() const { return processes_; }
  DatabasePort& database() { return database_; }
  ProcNetDev& proc_net_dev() { return proc_net_dev_; }
  AgentRunner& agents() { return *agents_; }
  const AgentRunner& agents() const { return *agents_; }
  KernelServices& services() { return services_; }

 private:
  MachineContext context_;
  KernelServices& services_;
  Sysctls boot_sysctls_;
  Sysctls sysctls_;
  NetStack net_;
  FileStore files_;
  Mounts mounts_;
  ProcessTable processes_;
  ProcNetDev proc_net_dev_;
  DatabasePort database_;
  std::unique_ptr<AgentRunner> agents_;
  bool running_ = false;
  bool frozen_ = false;
  Time booted_;
  Duration clock_offset_;
  HostLoad load_;
};

}  // namespace simcluster::sim
