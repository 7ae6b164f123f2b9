#include <array>
#include <string>
#include <vector>

#include <fmt/core.h>

#include "engine/agents/daemon.h"
#include "engine/agents/ocf.h"
#include "engine/agents/services.h"

namespace simcluster::agents {
namespace {

struct Settings {
  std::string name;
  std::string device;     // read, or
  std::string directory;  // ... written to
  std::int64_t interval = 30;
  std::int64_t timeout = 60;
  std::int64_t retries = 1;
  std::int64_t retry_interval = 5;
  Duration dampening;

  std::string target() const { return device.empty() ? directory : device; }
};

std::int64_t number(const Environment& environment, std::string_view name, std::int64_t fallback) {
  return parse_number(environment.get(name)).value_or(fallback);
}

Settings settings_of(const Environment& environment) {
  Settings settings;
  settings.name = environment.get("name", "diskcheck_status");
  settings.device = environment.get("device");
  settings.directory = environment.get("write_dir");
  settings.interval = std::max<std::int64_t>(1, number(environment, "interval", settings.interval));
  settings.timeout = std::max<std::int64_t>(1, number(environment, "timeout", settings.timeout));
  settings.retries = number(environment, "retry", settings.retries);
  settings.retry_interval = number(environment, "retry_interval", settings.retry_interval);
  settings.dampening = parse_time(environment.get("dampen", "0")).value_or(Duration{});
  return settings;
}

std::string pid_file_of(const Environment& environment) {
  const std::string_view given = environment.get("pidfile");
  if (!given.empty()) return std::string(given);
  return fmt::format("{}/diskd-{}.pid", environment.state_directory, environment.instance);
}

// The daemon gets its settings as arguments, in this order.
std::vector<std::string> arguments_of(const Settings& settings) {
  return {settings.name,
          settings.device,
          settings.directory,
          std::to_string(settings.interval),
          std::to_string(settings.timeout),
          std::to_string(settings.retries),
          std::to_string(settings.retry_interval),
          std::to_string(settings.dampening.milliseconds())};
}

Settings settings_from(const std::vector<std::string>& arguments) {
  const auto at = [&](std::size_t i) { return parse_number(arguments[i]).value_or(0); };
  return {arguments[0], arguments[1], arguments[2], at(3), at(4), at(5), at(6), milliseconds(at(7))};
}

// One look at the disk. Releases before 2.2 have the caches dropped within the same time, and this waits behind all
// that the disk has to do (CM-14.19).
Task<bool> disk_is_well(System& system, const Settings& settings) {
  if (settings.device.empty()) {
    const std::string file = fmt::format("{}/diskcheck", settings.directory);
    const std::string content(64, '\0');
    const FileError error = co_await system.write_file(file, content);
    co_return error == FileError::kNone;
  }
  const Time begun = system.now();
  const int accesses = system.environment().profile.diskd_minds_load ? 2 : 1;
  for (int i = 0; i < accesses; ++i) {
    const Duration left = seconds(settings.timeout) - (system.now() - begun);
    if (left <= Duration{}) co_return false;
    const DeviceOutcome outcome = co_await system.read_device(settings.device, left);
    if (outcome != DeviceOutcome::kRead) co_return false;
  }
  co_return true;
}

Task<bool> disk_is_well_at_last(System& system, const Settings& settings) {
  for (std::int64_t i = 0;; ++i) {
    const bool well = co_await disk_is_well(system, settings);
    if (well || i == settings.retries) co_return well;
    co_await system.sleep(seconds(settings.retry_interval));
  }
}

Task<> set_status(System& system, const Settings& settings, std::string_view status) {
  AttributeUpdate update;
  update.name = settings.name;
  update.value = status;
  update.dampening = settings.dampening;
  co_await system.update_attribute(update);
}

Task<int> diskd_daemon(System& system) {
  const Settings settings = settings_from(system.environment().arguments);
  const std::string tag = fmt::format("diskd[{}]", system.pid());
  bool told = false;
  bool was_well = true;
  for (;;) {
    const bool well = co_await disk_is_well_at_last(system, settings);
    const std::string_view status = well ? "normal" : "ERROR";
    if (well != was_well) {
      const std::string text = fmt::format("disk status is changed, attr_name={}, target={}, new_status={}",
                                           settings.name, settings.target(), status);
      co_await system.write_log(LogPriority::kWarning, tag, text);
    }
    if (!told || well != was_well) co_await set_status(system, settings, status);
    told = true;
    was_well = well;
    co_await system.sleep(seconds(settings.interval));
  }
}

Task<int> diskd_start(System& system) {
  const std::string file = pid_file_of(system.environment());
  const DaemonState before = co_await look_at_daemon(system, file);
  if (before.pid) co_return kOcfSuccess;
  const std::vector<std::string> arguments = arguments_of(settings_of(system.environment()));
  BackgroundProgram program;
  program.name = "diskd";
  program.main = diskd_daemon;
  program.arguments = arguments;
  const bool started = co_await start_daemon(system, program, file);
  if (!started) co_return kOcfErrGeneric;
  for (;;) {
    const DaemonState now = co_await look_at_daemon(system, file);
    if (now.pid) co_return kOcfSuccess;
    co_await system.sleep(seconds(1));
  }
}

Task<int> diskd_stop(System& system) {
  co_await end_daemon(system, pid_file_of(system.environment()));
  const Settings settings = settings_of(system.environment());
  AttributeUpdate update;
  update.name = settings.name;
  update.remove = true;
  update.dampening = settings.dampening;
  co_await system.update_attribute(update);
  co_return kOcfSuccess;
}

constexpr std::array kParameters = {
    ParameterMetadata{"pidfile", "string", "", false, true, "PID file", "File with the daemon's process id."},
    ParameterMetadata{"name", "string", "diskcheck_status", false, true, "Attribute name", "The attribute to set."},
    ParameterMetadata{"device", "string", "", false, false, "Device", "The block device to read."},
    ParameterMetadata{"write_dir", "string", "", false, false, "Directory", "The directory to write a test file to."},
    ParameterMetadata{"interval", "integer", "30", false, false, "Interval", "Seconds between two checks."},
    ParameterMetadata{"timeout", "integer", "60", false, false, "Timeout", "Seconds that a check may take."},
    ParameterMetadata{"retry", "integer", "1", false, false, "Retries", "Repetitions before a disk counts as failed."},
    ParameterMetadata{"retry_interval", "integer", "5", false, false, "Retry interval", "Seconds before a repetition."},
    ParameterMetadata{"dampen", "integer", "0", false, false, "Dampening interval",
                      "Time to wait for further changes."},
};

constexpr std::array kActions = {
    ActionMetadata{"start", 60},        ActionMetadata{"stop", 60},     ActionMetadata{"monitor", 60, 10},
    ActionMetadata{"validate-all", 20}, ActionMetadata{"meta-data", 5},
};

}  // namespace

Task<int> diskd(System& system) {
  const Environment& environment = system.environment();
  const std::string_view action = environment.action;
  if (action == "meta-data") {
    system.print(metadata_xml(diskd_metadata()));
    co_return kOcfSuccess;
  }
  const Settings settings = settings_of(environment);
  if (settings.device.empty() == settings.directory.empty() && action != "stop") co_return kOcfErrConfigured;
  if (action == "start") co_return co_await diskd_start(system);
  if (action == "stop") co_return co_await diskd_stop(system);
  if (action == "monitor" || action == "status") {
    const DaemonState daemon = co_await look_at_daemon(system, pid_file_of(environment));
    co_return daemon.pid ? kOcfSuccess : kOcfNotRunning;
  }
  co_return action == "validate-all" ? kOcfSuccess : kOcfErrUnimplemented;
}

AgentMetadata diskd_metadata() {
  AgentMetadata metadata;
  metadata.standard = "ocf";
  metadata.provider = "pacemaker";
  metadata.type = "diskd";
  metadata.short_text = "Disk health";
  metadata.long_text = "Records whether a disk can be read as a node attribute.";
  metadata.parameters = kParameters;
  metadata.actions = kActions;
  return metadata;
}

}  // namespace simcluster::agents
