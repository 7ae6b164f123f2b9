// The plugins that switch nothing: external/stonith-helper, meatware and null (AT-5.13).
#include <array>
#include <string>
#include <vector>

#include <fmt/core.h>

#include "engine/agents/fence_agents.h"
#include "engine/agents/fence_legacy.h"
#include "engine/agents/icmp.h"
#include "engine/agents/ocf.h"

namespace simcluster::agents {
namespace {

constexpr std::array kActions = {
    ActionMetadata{"on"},     ActionMetadata{"off"},  ActionMetadata{"reboot"},
    ActionMetadata{"status"}, ActionMetadata{"list"}, ActionMetadata{"monitor"},
};

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of(" ,\t"), text.size());
    if (end > 0) words.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

void print_hosts(System& system) {
  for (const std::string& host : words_of(system.environment().get("hostlist"))) system.print(host);
}

// yes unless it begins with n or N.
bool wanted(const Environment& environment, std::string_view name, std::string_view fallback) {
  const std::string_view value = environment.get(name, fallback);
  return !value.starts_with('n') && !value.starts_with('N');
}

std::int64_t number(const Environment& environment, std::string_view name, std::int64_t fallback) {
  return parse_number(environment.get(name)).value_or(fallback);
}

Task<> log_line(System& system, std::string text) {
  const std::string tag = fmt::format("external/stonith-helper[{}]", system.pid());
  co_await system.write_log(LogPriority::kInfo, tag, text);
}

// All targets at once, `ping -c1 -w1`, until one answers or the trials are over.
Task<bool> all_dead(System& system) {
  const Environment& environment = system.environment();
  const std::vector<std::string> targets = words_of(environment.get("dead_check_target"));
  const std::int64_t trials = number(environment, "dead_check_trialcount", 5);
  for (std::int64_t trial = 0; trial < trials; ++trial) {
    const Time begun = system.now();
    bool alive = false;
    for (std::size_t i = 0; i < targets.size(); ++i) {
      // Together they take the second that one of them takes.
      const Duration left = std::max(seconds(1) - (system.now() - begun), milliseconds(1));
      const EchoReply reply =
          co_await system.echo_request(targets[i], trial * 100 + static_cast<std::int64_t>(i), left);
      const bool answered = reply.outcome == EchoOutcome::kAnswered;
      co_await log_line(system, fmt::format("{} {}", targets[i], answered ? "responded." : "do not responded."));
      alive = alive || answered;
    }
    if (alive) co_return false;
    if (trial + 1 < trials) co_await system.sleep(seconds(1));
  }
  co_return true;
}

bool helper_is_complete(const Environment& environment) {
  if (environment.get("hostlist").empty()) return false;
  if (wanted(environment, "run_dead_check", "yes") && environment.get("dead_check_target").empty()) return false;
  return !wanted(environment, "run_standby_wait", "yes") || !environment.get("standby_check_command").empty();
}

// 0: the target is taken for off. 1: somebody else is to fence it.
Task<PluginResult> stonith_helper(System& system, std::string_view command, std::string_view) {
  const Environment& environment = system.environment();
  if (command == "gethosts") {
    print_hosts(system);
    co_return PluginResult{};
  }
  if (!helper_is_complete(environment)) co_return PluginResult{1, {}};
  if (command == "status") co_return PluginResult{};
  if (command == "on") co_return PluginResult{1, {}};
  if (wanted(environment, "run_dead_check", "yes")) {
    const bool dead = co_await all_dead(system);
    if (dead) {
      co_await log_line(system, "all targets are dead.");
      co_return PluginResult{};
    }
  }
  if (wanted(environment, "run_standby_wait", "yes")) {
    const CommandResult active = co_await system.execute(environment.get("standby_check_command"));
    const std::int64_t wait = number(environment, "standby_wait_time", 25);
    if (!active.ok()) {
      co_await log_line(system, fmt::format("standby wait {}sec", wait));
      co_await system.sleep(seconds(wait));
    }
  }
  co_return PluginResult{1, {}};
}

// Asks a human, and waits until he says with meatclient that he has done it.
Task<PluginResult> ask_human(System& system, std::string_view command, std::string_view host) {
  if (command == "gethosts") {
    print_hosts(system);
    co_return PluginResult{};
  }
  if (command == "status") co_return PluginResult{};
  if (command == "on") co_return PluginResult{1, {}};
  const std::string tag = fmt::format("meatware[{}]", system.pid());
  const std::string intervention = fmt::format("OPERATOR INTERVENTION REQUIRED to reset {}.", host);
  const std::string order = fmt::format("Run \"meatclient -c {}\" AFTER power-cycling the machine.", host);
  co_await system.write_log(LogPriority::kCritical, tag, intervention);
  co_await system.write_log(LogPriority::kCritical, tag, order);
  const std::string answer = meatware_answer_file(host);
  for (;;) {
    const bool answered = co_await system.file_exists(answer);
    if (answered) break;
    co_await system.sleep(seconds(1));
  }
  co_await system.remove_file(answer);
  co_return PluginResult{};
}

Task<PluginResult> always_succeeds(System& system, std::string_view command, std::string_view) {
  if (command == "gethosts") print_hosts(system);
  co_return PluginResult{};
}

constexpr std::array kHostlist = {
    ParameterMetadata{"hostlist", "string", "", true, false, "Hostlist", "The machines it is responsible for."},
};

constexpr std::array kHelperParameters = {
    ParameterMetadata{"hostlist", "string", "", true, false, "Hostlist", "The machines it is responsible for."},
    ParameterMetadata{"dead_check_target", "string", "", false, false, "Targets of the dead check",
                      "Addresses of the machine; when none answers it is taken for dead."},
    ParameterMetadata{"dead_check_trialcount", "integer", "5", false, false, "Trials", "Of the dead check."},
    ParameterMetadata{"run_dead_check", "string", "yes", false, false, "Run the dead check", "no: do not."},
    ParameterMetadata{"standby_check_command", "string", "", false, false, "Standby check",
                      "Command that succeeds where the service runs."},
    ParameterMetadata{"run_standby_wait", "string", "yes", false, false, "Run the standby wait", "no: do not."},
    ParameterMetadata{"standby_wait_time", "integer", "25", false, false, "Standby wait",
                      "Seconds that a node without the service waits."},
};

AgentMetadata plugin_metadata(std::string_view type, std::string_view text,
                              std::span<const ParameterMetadata> parameters) {
  AgentMetadata metadata;
  metadata.standard = "stonith";
  metadata.type = type;
  metadata.short_text = text;
  metadata.long_text = text;
  metadata.parameters = parameters;
  metadata.actions = kActions;
  return metadata;
}

}  // namespace

std::string meatware_answer_file(std::string_view host) {
  return fmt::format("/var/run/heartbeat/rsctmp/.meatware.{}", host);
}

Task<int> external_stonith_helper(System& system) { return run_plugin(system, stonith_helper); }
AgentMetadata external_stonith_helper_metadata() {
  return plugin_metadata("external/stonith-helper", "Helps other devices to choose the right moment",
                         kHelperParameters);
}

Task<int> meatware(System& system) { return run_plugin(system, ask_human); }
AgentMetadata meatware_metadata() { return plugin_metadata("meatware", "Human assisted fencing", kHostlist); }

Task<int> null_plugin(System& system) { return run_plugin(system, always_succeeds); }
AgentMetadata null_plugin_metadata() { return plugin_metadata("null", "Does nothing, with success", kHostlist); }

}  // namespace simcluster::agents
