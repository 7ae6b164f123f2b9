#include "engine/agents/ping.h"

#include <array>
#include <bitset>
#include <string>
#include <vector>

#include <fmt/core.h>

#include "engine/agents/daemon.h"
#include "engine/agents/icmp.h"
#include "engine/agents/ocf.h"

namespace simcluster::agents {
namespace {

struct Settings {
  std::string name;
  std::vector<std::string> hosts;
  std::int64_t multiplier = 1;
  std::int64_t attempts = 3;
  Duration timeout = seconds(2);
  Duration dampening = seconds(5);
  std::optional<std::int64_t> failure_score;
  std::string pid_file;
};

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of(" \t\n"), text.size());
    if (end > 0) words.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

Settings settings_of(const Environment& environment) {
  Settings settings;
  settings.name = environment.get("name", "pingd");
  settings.hosts = words_of(environment.get("host_list"));
  settings.multiplier = parse_number(environment.get("multiplier", "1")).value_or(1);
  settings.attempts = std::max<std::int64_t>(1, parse_number(environment.get("attempts", "3")).value_or(3));
  settings.timeout = parse_time(environment.get("timeout", "2")).value_or(seconds(2));
  settings.dampening = parse_time(environment.get("dampen", "5")).value_or(seconds(5));
  settings.failure_score = parse_number(environment.get("failure_score"));
  settings.pid_file = environment.get("pidfile");
  if (settings.pid_file.empty()) {
    settings.pid_file = fmt::format("{}/{}-{}", environment.state_directory, environment.type, environment.instance);
  }
  return settings;
}

std::string summary_text(std::string_view host, const PingSummary& summary) {
  const std::int64_t lost = summary.sent == 0 ? 100 : (summary.sent - summary.received) * 100 / summary.sent;
  return fmt::format(
      "PING {0} ({0}) 56(84) bytes of data. --- {0} ping statistics --- {1} packets transmitted, {2} received, "
      "{3}% packet loss, time {4}ms",
      host, summary.sent, summary.received, lost, summary.elapsed.milliseconds());
}

Task<std::int64_t> count_active_hosts(System& system, const Settings& settings) {
  std::int64_t active = 0;
  for (const std::string& host : settings.hosts) {
    const PingSummary summary = co_await ping_host(system, host, settings.attempts, settings.timeout);
    if (summary.exit_code == 0) {
      ++active;
    } else {
      co_await ocf_log(system, LogPriority::kWarning,
                       fmt::format("{} is inactive: {}", host, summary_text(host, summary)));
    }
  }
  co_return active;
}

// Pings all hosts and updates the attribute.
Task<int> ping_update(System& system, const Settings& settings) {
  const std::int64_t score = co_await count_active_hosts(system, settings) * settings.multiplier;
  const std::string value = std::to_string(score);
  AttributeUpdate update;
  update.name = settings.name;
  update.value = value;
  update.dampening = settings.dampening;
  const CommandResult updated = co_await system.update_attribute(update);
  if (!updated.ok()) {
    co_await ocf_log(system, LogPriority::kWarning,
                     fmt::format("Could not update {} = {}: rc={}", settings.name, value, updated.exit_code));
  }
  if (settings.failure_score && score < *settings.failure_score) {
    co_await ocf_log(system, LogPriority::kWarning,
                     fmt::format("{} is less than failure_score({})", value, *settings.failure_score));
    co_return kOcfErrGeneric;
  }
  co_return kOcfSuccess;
}

Task<> delete_attribute(System& system, const Settings& settings) {
  AttributeUpdate update;
  update.name = settings.name;
  update.dampening = settings.dampening;
  update.remove = true;
  co_await system.update_attribute(update);
}

Task<int> ping_monitor(System& system, const Settings& settings) {
  const bool active = co_await system.file_exists(settings.pid_file);
  if (!active) co_return kOcfNotRunning;
  co_return co_await ping_update(system, settings);
}

Task<int> ping_start(System& system, const Settings& settings) {
  const bool active = co_await system.file_exists(settings.pid_file);
  if (active) co_return co_await ping_update(system, settings);
  const FileError error = co_await system.write_file(settings.pid_file, "");
  if (error != FileError::kNone) co_return kOcfErrGeneric;
  co_return co_await ping_update(system, settings);
}

Task<int> ping_stop(System& system, const Settings& settings) {
  co_await system.remove_file(settings.pid_file);
  co_await delete_attribute(system, settings);
  co_return kOcfSuccess;
}

Task<int> validate(System& system, const Settings& settings) {
  if (settings.hosts.empty()) {
    co_await ocf_exit_reason(system, "Empty host_list.  Please specify some nodes to ping");
    co_return kOcfErrConfigured;
  }
  co_return kOcfSuccess;
}

Task<int> pingd_start(System& system, const Settings& settings) {
  const DaemonState running = co_await look_at_daemon(system, settings.pid_file);
  if (running.pid) co_return kOcfSuccess;
  std::vector<std::string> arguments = {settings.name, std::to_string(settings.multiplier),
                                        std::to_string(settings.dampening.milliseconds())};
  arguments.insert(arguments.end(), settings.hosts.begin(), settings.hosts.end());
  BackgroundProgram program;
  program.name = "pingd";
  program.main = pingd_daemon;
  program.arguments = arguments;
  const bool started = co_await start_daemon(system, program, settings.pid_file);
  co_return started ? kOcfSuccess : kOcfErrGeneric;
}

Task<int> pingd_stop(System& system, const Settings& settings) {
  co_await end_daemon(system, settings.pid_file);
  co_await delete_attribute(system, settings);
  co_return kOcfSuccess;
}

Task<int> pingd_monitor(System& system, const Settings& settings) {
  const DaemonState daemon = co_await look_at_daemon(system, settings.pid_file);
  co_return daemon.pid ? kOcfSuccess : kOcfNotRunning;
}

constexpr std::array kParameters = {
    ParameterMetadata{"pidfile", "string", "", false, true, "PID file", "File that tells that the resource is active."},
    ParameterMetadata{"dampen", "integer", "5s", false, false, "Dampening interval",
                      "The time to wait (dampening) for further changes to occur."},
    ParameterMetadata{"name", "string", "pingd", false, true, "Attribute name", "The name of the attribute to set."},
    ParameterMetadata{"multiplier", "integer", "1", false, false, "Value multiplier",
                      "The number by which to multiply the number of connected ping nodes."},
    ParameterMetadata{"host_list", "string", "", true, false, "Host list", "A space separated list of hosts to ping."},
    ParameterMetadata{"attempts", "integer", "3", false, false, "Number of attempts",
                      "Number of requests before a host counts as dead."},
    ParameterMetadata{"timeout", "integer", "2", false, false, "Timeout", "Seconds to wait for an answer."},
    ParameterMetadata{"options", "string", "", false, false, "Extra options", "Options for the ping command."},
    ParameterMetadata{"failure_score", "integer", "", false, false, "Failure score",
                      "The resource fails when its value is lower."},
};

constexpr std::array kActions = {
    ActionMetadata{"start", 60},        ActionMetadata{"stop", 20},     ActionMetadata{"monitor", 60, 10},
    ActionMetadata{"validate-all", 20}, ActionMetadata{"meta-data", 5},
};

AgentMetadata metadata_of(std::string_view provider, std::string_view type) {
  AgentMetadata metadata;
  metadata.standard = "ocf";
  metadata.provider = provider;
  metadata.type = type;
  metadata.short_text = "Node connectivity";
  metadata.long_text = "Records the number of reachable hosts as a node attribute.";
  metadata.parameters = kParameters;
  metadata.actions = kActions;
  return metadata;
}

// 2 lost of the last 5 requests: down (AT-4.5).
class HostHistory {
 public:
  explicit HostHistory(std::string host) : host_(std::move(host)) {}
  const std::string& host() const { return host_; }
  void add(bool answered) { lost_ = (lost_ << 1) | std::bitset<kWindow>(answered ? 0 : 1); }
  bool up() const { return lost_.count() < 2; }

 private:
  static constexpr std::size_t kWindow = 5;
  std::string host_;
  std::bitset<kWindow> lost_;
};

}  // namespace

Task<int> ping_agent(System& system) {
  const Environment& environment = system.environment();
  const std::string_view action = environment.action;
  if (action == "meta-data") {
    system.print(metadata_xml(ping_agent_metadata()));
    co_return kOcfSuccess;
  }
  const Settings settings = settings_of(environment);
  if (action == "start") {
    const int valid = co_await validate(system, settings);
    if (valid != kOcfSuccess) co_return valid;
    co_return co_await ping_start(system, settings);
  }
  if (action == "stop") co_return co_await ping_stop(system, settings);
  if (action == "monitor" || action == "status") co_return co_await ping_monitor(system, settings);
  if (action == "validate-all") co_return co_await validate(system, settings);
  co_return action == "reload" || action == "reload-agent" ? kOcfSuccess : kOcfErrUnimplemented;
}

AgentMetadata ping_agent_metadata() { return metadata_of("pacemaker", "ping"); }

Task<int> pingd_agent(System& system) {
  const Environment& environment = system.environment();
  const std::string_view action = environment.action;
  if (action == "meta-data") {
    system.print(metadata_xml(metadata_of(environment.provider, "pingd")));
    co_return kOcfSuccess;
  }
  const Settings settings = settings_of(environment);
  if (action == "start") {
    const int valid = co_await validate(system, settings);
    if (valid != kOcfSuccess) co_return valid;
    co_return co_await pingd_start(system, settings);
  }
  if (action == "stop") co_return co_await pingd_stop(system, settings);
  if (action == "monitor" || action == "status") co_return co_await pingd_monitor(system, settings);
  if (action == "validate-all") co_return co_await validate(system, settings);
  co_return kOcfErrUnimplemented;
}

AgentMetadata heartbeat_pingd_metadata() { return metadata_of("heartbeat", "pingd"); }
AgentMetadata pacemaker_pingd_metadata() { return metadata_of("pacemaker", "pingd"); }

Task<int> pingd_daemon(System& system) {
  const std::vector<std::string>& arguments = system.environment().arguments;
  SIMCLUSTER_ASSERT(arguments.size() >= 3);
  const std::int64_t multiplier = parse_number(arguments[1]).value_or(1);
  std::vector<HostHistory> hosts;
  for (std::size_t i = 3; i < arguments.size(); ++i) hosts.emplace_back(arguments[i]);

  std::int64_t told = -1;
  for (std::int64_t sequence = 1;; ++sequence) {
    const Time round = system.now();
    std::int64_t active = 0;
    for (HostHistory& host : hosts) {
      const EchoReply reply = co_await system.echo_request(host.host(), sequence, seconds(1));
      host.add(reply.outcome == EchoOutcome::kAnswered);
      if (host.up()) ++active;
    }
    if (active * multiplier != told) {
      told = active * multiplier;
      const std::string value = std::to_string(told);
      AttributeUpdate update;
      update.name = arguments[0];
      update.value = value;
      update.dampening = milliseconds(parse_number(arguments[2]).value_or(5000));
      co_await system.update_attribute(update);
    }
    const Duration left = seconds(1) - (system.now() - round);
    if (left > Duration{}) co_await system.sleep(left);
  }
}

}  // namespace simcluster::agents
