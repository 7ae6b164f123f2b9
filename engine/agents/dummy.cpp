#include "engine/agents/dummy.h"

#include <array>
#include <string>

#include <fmt/core.h>

#include "engine/agents/ocf.h"

namespace simcluster::agents {
namespace {

std::string state_file(const Environment& environment) {
  const std::string_view given = environment.get("state");
  if (!given.empty()) return std::string(given);
  return fmt::format("{}/Dummy-{}.state", environment.state_directory, environment.instance);
}

Task<int> dummy_monitor(System& system, std::string_view file) {
  const bool active = co_await system.file_exists(file);
  if (active) co_return kOcfSuccess;
  const Environment& environment = system.environment();
  const bool tells = environment.provider == "heartbeat" && environment.profile.ocf_exit_reason;
  if (!environment.is_probe() && environment.action == "monitor" && tells) {
    co_await ocf_exit_reason(system, "No process state file found");
  }
  co_return kOcfNotRunning;
}

Task<int> dummy_start(System& system, std::string_view file) {
  const bool active = co_await system.file_exists(file);
  if (active) co_return kOcfSuccess;
  const FileError error = co_await system.write_file(file, "");
  co_return error == FileError::kNone ? kOcfSuccess : kOcfErrGeneric;
}

Task<int> dummy_stop(System& system, std::string_view file) {
  const bool active = co_await system.file_exists(file);
  if (active) co_await system.remove_file(file);
  co_return kOcfSuccess;
}

// Is the directory of the state file writable? Tried with a file of our own, as `touch` would.
Task<int> dummy_validate(System& system, std::string_view file) {
  const std::string trial = fmt::format("{}.{}", file, system.pid());
  const FileError error = co_await system.write_file(trial, "");
  if (error == FileError::kNone) {
    co_await system.remove_file(trial);
    co_return kOcfSuccess;
  }
  co_await ocf_exit_reason(system, fmt::format("State file \"{}\" is not writable", file));
  co_return system.environment().profile.ocf_exit_reason ? kOcfErrArgs : kOcfErrGeneric;
}

Task<int> dummy_migrate(System& system, std::string_view file) {
  const Environment& environment = system.environment();
  if (environment.action == "migrate_to") {
    co_await ocf_log(
        system, LogPriority::kInfo,
        fmt::format("Migrating {} to {}.", environment.instance, environment.get("CRM_meta_migrate_target")));
    co_return co_await dummy_stop(system, file);
  }
  co_await ocf_log(
      system, LogPriority::kInfo,
      fmt::format("Migrating {} from {}.", environment.instance, environment.get("CRM_meta_migrate_source")));
  co_return co_await dummy_start(system, file);
}

Task<int> dummy_action(System& system) {
  const Environment& environment = system.environment();
  const std::string_view action = environment.action;
  const std::string file = state_file(environment);
  if (action == "start") co_return co_await dummy_start(system, file);
  if (action == "stop") co_return co_await dummy_stop(system, file);
  if (action == "monitor" || action == "status") co_return co_await dummy_monitor(system, file);
  if (action == "migrate_to" || action == "migrate_from") co_return co_await dummy_migrate(system, file);
  if (action == "validate-all") co_return co_await dummy_validate(system, file);
  if (action == "reload") {
    if (environment.provider == "heartbeat")
      co_await ocf_log(system, LogPriority::kInfo, fmt::format("Reloading {} ...", environment.instance));
    co_return kOcfSuccess;
  }
  if (action == "reload-agent" && environment.provider == "pacemaker") {
    co_await ocf_log(system, LogPriority::kError, fmt::format("Reloading {} (agent)", environment.instance));
    co_return kOcfSuccess;
  }
  system.print(
      fmt::format("usage: /usr/lib/ocf/resource.d/{}/Dummy {{start|stop|monitor|reload|{}migrate_to|migrate_from|"
                  "validate-all|meta-data}}",
                  environment.provider, environment.provider == "pacemaker" ? "reload-agent|" : ""));
  system.print("");
  system.print("Expects to have a fully populated OCF RA-compliant environment set.");
  co_return kOcfErrUnimplemented;
}

constexpr std::array kDummyActions = {
    ActionMetadata{"start", 20},        ActionMetadata{"stop", 20},       ActionMetadata{"monitor", 20, 10},
    ActionMetadata{"reload", 20},       ActionMetadata{"migrate_to", 20}, ActionMetadata{"migrate_from", 20},
    ActionMetadata{"validate-all", 20}, ActionMetadata{"meta-data", 5},
};

constexpr std::array kHeartbeatParameters = {
    ParameterMetadata{"state", "string", "", false, true, "State file", "Location to store the resource state in."},
    ParameterMetadata{"fake", "string", "dummy", false, false, "Fake attribute",
                      "Can be changed to cause a reload of the resource."},
};

constexpr std::array kPacemakerParameters = {
    ParameterMetadata{"state", "string", "", false, true, "State file", "Location to store the resource state in."},
    ParameterMetadata{"passwd", "string", "", false, false, "Password", "A parameter that must not be shown."},
    ParameterMetadata{"fake", "string", "dummy", false, false, "Fake attribute",
                      "Can be changed to cause a reload of the resource."},
    ParameterMetadata{"op_sleep", "string", "0", false, true, "Operation sleep",
                      "Seconds to sleep in every operation."},
    ParameterMetadata{"fail_start_on", "string", "", false, false, "Node where start fails",
                      "Name of the node on which a start fails."},
    ParameterMetadata{"envfile", "string", "", false, false, "Environment dump", "File for a dump of the environment."},
};

}  // namespace

Task<int> heartbeat_dummy(System& system) {
  if (system.environment().action == "meta-data") {
    system.print(metadata_xml(heartbeat_dummy_metadata()));
    co_return kOcfSuccess;
  }
  co_return co_await dummy_action(system);
}

AgentMetadata heartbeat_dummy_metadata() {
  AgentMetadata metadata;
  metadata.standard = "ocf";
  metadata.provider = "heartbeat";
  metadata.type = "Dummy";
  metadata.short_text = "Example stateless resource agent";
  metadata.long_text = "A resource that does nothing but remember whether it was started.";
  metadata.parameters = kHeartbeatParameters;
  metadata.actions = kDummyActions;
  return metadata;
}

// AT-4.2.
Task<int> pacemaker_dummy(System& system) {
  const Environment& environment = system.environment();
  if (environment.action == "meta-data") {
    system.print(metadata_xml(pacemaker_dummy_metadata()));
    co_return kOcfSuccess;
  }
  system.ignore_termination();
  const std::int64_t pause = parse_number(environment.get("op_sleep", "0")).value_or(0);
  if (pause > 0) co_await system.sleep(seconds(pause));

  if (environment.action == "start" && environment.get("fail_start_on") == environment.node_name) {
    co_await ocf_exit_reason(system,
                             fmt::format("{} failed to start on {}", environment.instance, environment.node_name));
    co_return kOcfErrGeneric;
  }
  co_return co_await dummy_action(system);
}

AgentMetadata pacemaker_dummy_metadata() {
  AgentMetadata metadata = heartbeat_dummy_metadata();
  metadata.provider = "pacemaker";
  metadata.parameters = kPacemakerParameters;
  return metadata;
}

}  // namespace simcluster::agents
