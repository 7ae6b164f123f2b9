#include "engine/agents/filesystem.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include <fmt/core.h>

#include "engine/agents/ocf.h"

namespace simcluster::agents {
namespace {

constexpr int kSigkill = 9;
constexpr int kSigterm = 15;
constexpr std::int64_t kFastStopSeconds = 6;
constexpr int kFsckUncorrected = 4;

template <std::size_t N>
bool is_one_of(std::string_view text, const std::array<std::string_view, N>& words) {
  return std::ranges::find(words, text) != words.end();
}

bool is_cluster_aware(std::string_view type) {
  static constexpr std::array<std::string_view, 8> kAware = {"ocfs2", "gfs",  "gfs2", "nfs",
                                                             "nfs4",  "cifs", "ceph", "glusterfs"};
  return is_one_of(type, kAware);
}

// Journalled, network and memory filesystems are never checked by themselves.
bool needs_fsck(std::string_view type) {
  static constexpr std::array<std::string_view, 10> kNever = {"ext3", "ext4",  "xfs",   "jfs",  "reiserfs",
                                                              "vfat", "btrfs", "tmpfs", "none", "bind"};
  return !is_one_of(type, kNever) && !is_cluster_aware(type);
}

struct Parameters {
  std::string_view device;
  std::string_view directory;
  std::string_view type;
  std::string_view options;
};

Parameters parameters_of(const Environment& environment) {
  return {environment.get("device"), environment.get("directory"), environment.get("fstype"),
          environment.get("options")};
}

bool is_block_device(const Parameters& parameters) { return parameters.device.starts_with("/dev/"); }

// Mount points at or below the directory, deepest first.
Task<std::vector<std::string>> mounts_below(System& system, std::string_view directory) {
  const MountListing listing = co_await system.list_mounts();
  std::vector<std::string> below;
  const std::string prefix = fmt::format("{}/", directory);
  for (const MountEntry& mounted : listing.entries) {
    if (mounted.directory == directory || mounted.directory.starts_with(prefix)) below.emplace_back(mounted.directory);
  }
  std::ranges::stable_sort(below, std::ranges::greater{}, &std::string::size);
  co_return below;
}

Task<bool> is_mounted(System& system, std::string_view directory) {
  const MountListing listing = co_await system.list_mounts();
  for (const MountEntry& mounted : listing.entries) {
    if (mounted.directory == directory) co_return true;
  }
  co_return false;
}

// In a clone a filesystem that knows nothing of other nodes is refused.
Task<int> check_clone(System& system, const Parameters& parameters) {
  const Environment& environment = system.environment();
  if (environment.get("CRM_meta_clone").empty() || is_cluster_aware(parameters.type)) co_return kOcfSuccess;
  const std::string text = fmt::format("DANGER! {} on {} is NOT cluster-aware!", parameters.type, parameters.device);
  const bool read_only = fmt::format(",{},", parameters.options).find(",ro,") != std::string::npos;
  if (read_only || environment.is_true("force_clones", false)) {
    co_await ocf_log(system, LogPriority::kWarning, text);
    co_return kOcfSuccess;
  }
  co_await ocf_exit_reason(system, text);
  co_return kOcfErrConfigured;
}

Task<int> check_device(System& system, const Parameters& parameters) {
  const std::string_view run_fsck = system.environment().get("run_fsck", "auto");
  if (is_block_device(parameters)) {
    const bool there = co_await system.file_exists(parameters.device);
    if (!there) {
      co_await ocf_exit_reason(system,
                               fmt::format("Couldn't find device [{}]. Expected /dev/??? to exist", parameters.device));
      co_return kOcfErrInstalled;
    }
  }
  const bool check = run_fsck == "force" || (run_fsck == "auto" && needs_fsck(parameters.type));
  if (!check) co_return kOcfSuccess;
  const std::string type = run_fsck == "force" ? fmt::format(" -t {}", parameters.type) : std::string();
  const std::string command = fmt::format("fsck{} -p {}", type, parameters.device);
  const CommandResult checked = co_await system.execute(command);
  if (checked.exit_code < kFsckUncorrected) co_return kOcfSuccess;
  co_await ocf_exit_reason(system, fmt::format("Couldn't successfully fsck filesystem for {}", parameters.device));
  co_return kOcfErrGeneric;
}

Task<int> filesystem_start(System& system, const Parameters& parameters) {
  const int clone = co_await check_clone(system, parameters);
  if (clone != kOcfSuccess) co_return clone;
  const std::vector<std::string> below = co_await mounts_below(system, parameters.directory);
  for (const std::string& directory : below) {
    if (directory == parameters.directory) co_return kOcfSuccess;
  }
  if (!below.empty()) co_return kOcfErrConfigured;

  const int device = co_await check_device(system, parameters);
  if (device != kOcfSuccess) co_return device;
  const bool has_directory = co_await system.file_exists(parameters.directory);
  if (!has_directory) co_await system.make_directory(parameters.directory);
  MountEntry what;
  what.device = parameters.device;
  what.directory = parameters.directory;
  what.file_system = parameters.type;
  what.options = parameters.options;
  const CommandResult mounted = co_await system.mount(what);
  if (mounted.ok()) co_return kOcfSuccess;
  co_await ocf_exit_reason(system,
                           fmt::format("Couldn't mount device [{}] as {}", parameters.device, parameters.directory));
  co_return kOcfErrGeneric;
}

// Sends a signal to whoever uses the mount.
Task<> signal_users(System& system, std::string_view directory, int signal) {
  const ProcessListing listing = co_await system.list_users_of_mount(directory);
  const std::vector<std::int32_t> pids(listing.pids.begin(), listing.pids.end());
  for (const std::int32_t pid : pids) {
    co_await ocf_log(system, LogPriority::kInfo,
                     fmt::format("sending signal {} to: {}", signal == kSigkill ? "KILL" : "TERM", pid));
    co_await system.kill_process(pid, signal);
  }
}

// One mount: the first half of the time with TERM, the second with KILL.
Task<bool> unmount_one(System& system, std::string_view directory, std::int64_t tries) {
  for (std::int64_t i = 0; i < tries; ++i) {
    const CommandResult unmounted = co_await system.unmount(directory);
    if (unmounted.ok()) {
      co_await ocf_log(system, LogPriority::kInfo, fmt::format("unmounted {} successfully", directory));
      co_return true;
    }
    const bool kill = i >= tries / 2;
    co_await ocf_exit_reason(
        system, fmt::format("Couldn't unmount {}; trying cleanup with {}", directory, kill ? "KILL" : "TERM"));
    const bool may_signal = system.environment().get("force_unmount", "true") != "false";
    if (may_signal) co_await signal_users(system, directory, kill ? kSigkill : kSigterm);
    co_await system.sleep(seconds(1));
  }
  co_await ocf_exit_reason(system, fmt::format("Couldn't unmount {}, giving up!", directory));
  co_return false;
}

Task<int> filesystem_stop(System& system, const Parameters& parameters) {
  const Environment& environment = system.environment();
  const std::int64_t timeout = parse_number(environment.get("CRM_meta_timeout", "20000")).value_or(20000) / 1000;
  const std::int64_t tries =
      environment.is_true("fast_stop", true) ? kFastStopSeconds : std::max<std::int64_t>(2, timeout);
  const std::vector<std::string> below = co_await mounts_below(system, parameters.directory);
  for (const std::string& directory : below) {
    const bool unmounted = co_await unmount_one(system, directory, tries);
    if (!unmounted) co_return kOcfErrGeneric;
  }
  co_return kOcfSuccess;
}

// Levels 10 (read) and 20 (write and read) beyond the mount table.
Task<int> filesystem_monitor(System& system, const Parameters& parameters) {
  const bool mounted = co_await is_mounted(system, parameters.directory);
  if (!mounted) co_return kOcfNotRunning;
  const Environment& environment = system.environment();
  const std::int64_t level = parse_number(environment.get("OCF_CHECK_LEVEL", "0")).value_or(0);
  if (level >= 10) {
    const DeviceOutcome read = co_await system.read_device(parameters.device, Duration{});
    if (read != DeviceOutcome::kRead) {
      co_await ocf_exit_reason(system, fmt::format("Failed to read device {}", parameters.device));
      co_return kOcfErrGeneric;
    }
  }
  if (level < 20) co_return kOcfSuccess;
  const std::string status =
      fmt::format("{}/.Filesystem_status/{}_{}", parameters.directory, environment.instance, environment.node_name);
  const FileError written = co_await system.write_file(status, environment.instance);
  if (written == FileError::kNone) co_return kOcfSuccess;
  co_await ocf_exit_reason(system, fmt::format("Failed to write status file {}", status));
  co_return kOcfErrGeneric;
}

constexpr std::array kParameters = {
    ParameterMetadata{"device", "string", "", true, false, "block device", "The device, label or export to mount."},
    ParameterMetadata{"directory", "string", "", true, false, "mount point", "The directory to mount it on."},
    ParameterMetadata{"fstype", "string", "", true, false, "filesystem type", "The type of filesystem."},
    ParameterMetadata{"options", "string", "", false, false, "options", "Options for mount."},
    ParameterMetadata{"run_fsck", "string", "auto", false, false, "run_fsck", "When to check: auto, force or no."},
    ParameterMetadata{"fast_stop", "boolean", "true", false, false, "fast stop", "Expect no busy processes at stop."},
    ParameterMetadata{"force_clones", "boolean", "false", false, false, "allow clones", "Mount on several nodes."},
    ParameterMetadata{"force_unmount", "string", "true", false, false, "kill users", "true, safe or false."},
};

constexpr std::array kActions = {
    ActionMetadata{"start", 60},        ActionMetadata{"stop", 60},     ActionMetadata{"monitor", 40, 20},
    ActionMetadata{"validate-all", 20}, ActionMetadata{"meta-data", 5},
};

}  // namespace

Task<int> filesystem(System& system) {
  const Environment& environment = system.environment();
  const std::string_view action = environment.action;
  if (action == "meta-data") {
    system.print(metadata_xml(filesystem_metadata()));
    co_return kOcfSuccess;
  }
  const Parameters parameters = parameters_of(environment);
  if (parameters.device.empty() || parameters.directory.empty() || parameters.type.empty()) co_return kOcfErrConfigured;
  if (action == "start") co_return co_await filesystem_start(system, parameters);
  if (action == "stop") co_return co_await filesystem_stop(system, parameters);
  if (action == "monitor" || action == "status") co_return co_await filesystem_monitor(system, parameters);
  if (action == "validate-all") co_return co_await check_clone(system, parameters);
  co_return kOcfErrUnimplemented;
}

AgentMetadata filesystem_metadata() {
  AgentMetadata metadata;
  metadata.standard = "ocf";
  metadata.provider = "heartbeat";
  metadata.type = "Filesystem";
  metadata.short_text = "Manages filesystem mounts";
  metadata.long_text = "Mounts a filesystem on shared storage and unmounts it.";
  metadata.parameters = kParameters;
  metadata.actions = kActions;
  return metadata;
}

}  // namespace simcluster::agents
