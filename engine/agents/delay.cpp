#include <array>
#include <string>

#include <fmt/core.h>

#include "engine/agents/dummy.h"
#include "engine/agents/ocf.h"

namespace simcluster::agents {
namespace {

constexpr std::array kParameters = {
    ParameterMetadata{"startdelay", "integer", "20", false, false, "Start delay", "Seconds that a start takes."},
    ParameterMetadata{"stopdelay", "integer", "30", false, false, "Stop delay", "Seconds that a stop takes."},
    ParameterMetadata{"mondelay", "integer", "30", false, false, "Monitor delay", "Seconds that a monitor takes."},
};

constexpr std::array kActions = {
    ActionMetadata{"start", 30},       ActionMetadata{"stop", 30},         ActionMetadata{"status", 30, 10},
    ActionMetadata{"monitor", 30, 10}, ActionMetadata{"validate-all", 20}, ActionMetadata{"meta-data", 5},
};

struct Delays {
  std::optional<std::int64_t> start;
  std::optional<std::int64_t> stop;
  std::optional<std::int64_t> monitor;
};

Delays delays_of(const Environment& environment) {
  return {parse_number(environment.get("startdelay", "20")), parse_number(environment.get("stopdelay", "30")),
          parse_number(environment.get("mondelay", "30"))};
}

Task<int> delay_start(System& system, std::string_view file, std::int64_t pause) {
  const bool active = co_await system.file_exists(file);
  if (active) {
    co_await ocf_log(system, LogPriority::kInfo, "Delay already running.");
    co_return kOcfSuccess;
  }
  const FileError error = co_await system.write_file(file, "");
  if (error != FileError::kNone) co_return kOcfErrPerm;
  co_await system.sleep(seconds(pause));
  co_return kOcfSuccess;
}

Task<int> delay_stop(System& system, std::string_view file, std::int64_t pause) {
  const bool active = co_await system.file_exists(file);
  if (!active) {
    co_await ocf_log(system, LogPriority::kInfo, "Delay already stopped.");
    co_return kOcfSuccess;
  }
  co_await system.remove_file(file);
  co_await system.sleep(seconds(pause));
  co_return kOcfSuccess;
}

Task<int> delay_status(System& system, std::string_view file) {
  const bool running = co_await system.file_exists(file);
  co_await ocf_log(system, LogPriority::kInfo, running ? "Delay is running OK" : "Delay is stopped");
  co_return running ? kOcfSuccess : kOcfNotRunning;
}

}  // namespace

// AT-4.3.
Task<int> delay(System& system) {
  const Environment& environment = system.environment();
  const std::string_view action = environment.action;
  if (action == "meta-data") {
    system.print(metadata_xml(delay_metadata()));
    co_return kOcfSuccess;
  }
  const Delays delays = delays_of(environment);
  if (!delays.start || !delays.stop || !delays.monitor) {
    co_await ocf_exit_reason(system, "Some of the instance parameters are invalid");
    co_return kOcfErrArgs;
  }
  const std::string file = fmt::format("{}/Delay_{}", environment.state_directory, environment.instance);
  if (action == "start") co_return co_await delay_start(system, file, *delays.start);
  if (action == "stop") co_return co_await delay_stop(system, file, *delays.stop);
  if (action == "status") co_return co_await delay_status(system, file);
  if (action == "monitor") {
    co_await system.sleep(seconds(*delays.monitor));
    co_return co_await delay_status(system, file);
  }
  if (action != "validate-all") co_return kOcfErrUnimplemented;
  system.print("Validate OK");
  co_return kOcfSuccess;
}

AgentMetadata delay_metadata() {
  AgentMetadata metadata;
  metadata.standard = "ocf";
  metadata.provider = "heartbeat";
  metadata.type = "Delay";
  metadata.short_text = "Waits for a defined timespan";
  metadata.long_text = "A test resource whose operations take a given time.";
  metadata.parameters = kParameters;
  metadata.actions = kActions;
  return metadata;
}

}  // namespace simcluster::agents
