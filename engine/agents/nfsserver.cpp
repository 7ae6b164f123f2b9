#include <array>
#include <string>

#include <fmt/core.h>

#include "engine/agents/daemon.h"
#include "engine/agents/ocf.h"
#include "engine/agents/services.h"

namespace simcluster::agents {
namespace {

constexpr std::string_view kStateDirectory = "/var/lib/nfs";

// In the order in which they are started. The threads of nfsd stand for themselves: the unit that started them goes on
// when they are gone.
constexpr std::array<std::string_view, 3> kParts = {"rpcbind", "rpc.statd", "nfsd"};

std::string pid_file_of(const Environment& environment, std::string_view part) {
  return fmt::format("{}/nfsserver-{}.{}", environment.state_directory, environment.instance, part);
}

Task<int> nfsserver_monitor(System& system) {
  const Environment& environment = system.environment();
  bool failed = false;
  for (const std::string_view part : kParts) {
    const DaemonState daemon = co_await look_at_daemon(system, pid_file_of(environment, part));
    if (daemon.pid) continue;
    if (!daemon.has_file) co_return kOcfNotRunning;
    if (part != kParts.back()) {
      failed = true;
    } else if (!environment.profile.nfsserver_ignores_threads) {
      co_return kOcfNotRunning;  // CM-14.18
    }
  }
  co_return failed ? kOcfErrGeneric : kOcfSuccess;
}

Task<bool> bind_shared_directory(System& system) {
  const std::string_view shared = system.environment().get("nfs_shared_infodir");
  if (shared.empty()) co_return true;
  MountEntry what;
  what.device = shared;
  what.directory = kStateDirectory;
  what.file_system = "none";
  what.options = "bind";
  const CommandResult mounted = co_await system.mount(what);
  co_return mounted.ok();
}

Task<int> nfsserver_start(System& system) {
  const Environment& environment = system.environment();
  const int before = co_await nfsserver_monitor(system);
  if (before == kOcfSuccess) co_return kOcfSuccess;
  const bool bound = co_await bind_shared_directory(system);
  if (!bound) co_return kOcfErrGeneric;
  for (const std::string_view part : kParts) {
    BackgroundProgram program;
    program.name = part;
    program.main = plain_server;
    const bool started = co_await start_daemon(system, program, pid_file_of(environment, part));
    if (!started) co_return kOcfErrGeneric;
  }
  const bool notifies = !environment.is_true("nfs_no_notify", false);
  const std::string command = fmt::format("sm-notify -f -v {}", environment.get("nfs_ip"));
  if (notifies) co_await system.execute(command);
  co_return co_await nfsserver_monitor(system);
}

Task<int> nfsserver_stop(System& system) {
  const Environment& environment = system.environment();
  for (std::size_t i = kParts.size(); i-- > 0;) co_await end_daemon(system, pid_file_of(environment, kParts[i]));
  if (environment.get("nfs_shared_infodir").empty()) co_return kOcfSuccess;
  bool mounted = false;
  const MountListing listing = co_await system.list_mounts();
  for (const MountEntry& entry : listing.entries) mounted = mounted || entry.directory == kStateDirectory;
  if (!mounted) co_return kOcfSuccess;
  const CommandResult unmounted = co_await system.unmount(kStateDirectory);
  co_return unmounted.ok() ? kOcfSuccess : kOcfErrGeneric;
}

constexpr std::array kParameters = {
    ParameterMetadata{"nfs_shared_infodir", "string", "", false, false, "Directory with NFS information",
                      "Kept on shared storage; bound to /var/lib/nfs."},
    ParameterMetadata{"nfs_ip", "string", "", false, false, "IP addresses", "The floating addresses of the service."},
    ParameterMetadata{"rpcpipefs_dir", "string", "", false, false, "rpcpipefs directory",
                      "Where the rpc_pipefs is mounted."},
    ParameterMetadata{"nfs_no_notify", "boolean", "false", false, false, "Disable notification",
                      "Do not send reboot notifications to clients."},
};

constexpr std::array kActions = {
    ActionMetadata{"start", 40},        ActionMetadata{"stop", 20},     ActionMetadata{"monitor", 20, 10},
    ActionMetadata{"validate-all", 20}, ActionMetadata{"meta-data", 5},
};

}  // namespace

Task<int> nfsserver(System& system) {
  const std::string_view action = system.environment().action;
  if (action == "meta-data") {
    system.print(metadata_xml(nfsserver_metadata()));
    co_return kOcfSuccess;
  }
  if (action == "start") co_return co_await nfsserver_start(system);
  if (action == "stop") co_return co_await nfsserver_stop(system);
  if (action == "monitor" || action == "status") co_return co_await nfsserver_monitor(system);
  co_return action == "validate-all" ? kOcfSuccess : kOcfErrUnimplemented;
}

AgentMetadata nfsserver_metadata() {
  AgentMetadata metadata;
  metadata.standard = "ocf";
  metadata.provider = "heartbeat";
  metadata.type = "nfsserver";
  metadata.short_text = "Manages an NFS server";
  metadata.long_text = "Nfsserver helps to manage the Linux nfs server as a failover-capable resource.";
  metadata.parameters = kParameters;
  metadata.actions = kActions;
  return metadata;
}

}  // namespace simcluster::agents
