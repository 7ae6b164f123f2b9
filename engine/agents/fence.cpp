#include "engine/agents/fence.h"

#include <algorithm>
#include <array>

#include <fmt/core.h>

#include "engine/agents/ocf.h"
#include "engine/base/time_text.h"

namespace simcluster::agents {

namespace {

constexpr int kDone = 0;
constexpr int kError = 1;
constexpr int kIsOff = 2;  // of status only (AT-5.4)
constexpr Duration kStatusSleep = seconds(1);

// What every agent takes: fence_AGENT -o metadata of 4.12.
constexpr std::array<std::string_view, 23> kLibraryOptions = {"action",
                                                              "option",
                                                              "plug",
                                                              "port",
                                                              "nodename",
                                                              "quiet",
                                                              "verbose",
                                                              "verbose_level",
                                                              "debug",
                                                              "debug_file",
                                                              "version",
                                                              "help",
                                                              "delay",
                                                              "separator",
                                                              "login_timeout",
                                                              "missing_as_off",
                                                              "disable_timeout",
                                                              "plug_separator",
                                                              "power_timeout",
                                                              "power_wait",
                                                              "shell_timeout",
                                                              "retry_on",
                                                              "stonith_status_sleep"};

Duration time_option(const Environment& environment, std::string_view name, Duration fallback) {
  const std::string_view text = environment.get(name);
  return text.empty() ? fallback : parse_time(text).value_or(fallback);
}

std::string_view either(const Environment& environment, std::string_view name, std::string_view old_name) {
  return environment.get(name, environment.get(old_name));
}

// AT-5.5: the agents' logger writes to standard error.
void say_error(System& system, std::string_view text) {
  system.print_error(fmt::format("{} ERROR: {}", log_time_text(system.now()), text));
}

// AT-5.6: polls until the plug is as wanted.
Task<bool> wait_for(System& system, FenceDevice& device, const FenceOptions& options, PowerState wanted) {
  Duration waited;
  while (true) {
    const PowerState now = co_await device.state(system);
    if (now == wanted) co_return true;
    waited += kStatusSleep;
    if (options.power_timeout.ns > 0 && waited >= options.power_timeout) co_return false;
    co_await system.sleep(kStatusSleep);
  }
}

Task<bool> switch_plug(System& system, FenceDevice& device, const FenceOptions& options, bool on) {
  const int rounds = on ? 1 + options.retry_on : 1;
  for (int round = 0; round < rounds; ++round) {
    const bool set = co_await device.set(system, on);
    if (!set) continue;
    if (options.power_wait.ns > 0) co_await system.sleep(options.power_wait);
    const bool reached = co_await wait_for(system, device, options, on ? PowerState::kOn : PowerState::kOff);
    if (reached) co_return true;
  }
  co_return false;
}

Task<int> act(System& system, FenceDevice& device, const FenceOptions& options, std::string_view action,
              PowerState before) {
  // fence_ipmilan 4.12 is content with a plug that is off when it is monitored, and says nothing.
  if (action == "monitor") co_return kDone;
  if (action == "status") {
    system.print(before == PowerState::kOn ? "Status: ON" : "Status: OFF");
    co_return before == PowerState::kOn ? kDone : kIsOff;
  }
  if (action == "on" || action == "off") {
    const bool on = action == "on";
    if (before == (on ? PowerState::kOn : PowerState::kOff)) {
      system.print(on ? "Success: Already ON" : "Success: Already OFF");
      co_return kDone;
    }
    const bool switched = co_await switch_plug(system, device, options, on);
    if (switched) {
      system.print(on ? "Success: Powered ON" : "Success: Powered OFF");
      co_return kDone;
    }
    say_error(system, on ? "Failed: Timed out waiting to power ON" : "Failed: Timed out waiting to power OFF");
    co_return kError;
  }
  if (before != PowerState::kOff) {
    const bool off = co_await switch_plug(system, device, options, false);
    if (!off) {
      say_error(system, "Failed: Timed out waiting to power OFF");
      co_return kError;
    }
  }
  const bool on = co_await switch_plug(system, device, options, true);
  if (!on) say_error(system, "Timed out waiting to power ON");  // the node is off: that was what mattered
  system.print("Success: Rebooted");
  co_return kDone;
}

Task<Done> wait_before_fencing(System& system, const FenceOptions& options) {
  const std::string_view action = system.environment().action;
  if (action == "off" || action == "reboot") co_await system.sleep(seconds(1) + options.delay);
  co_return Done{};
}

Task<int> run_plug_action(System& system, FenceDevice& device, const FenceOptions& options) {
  const std::string action(system.environment().action);
  PowerState before = co_await device.state(system);
  if (before == PowerState::kUnreachable) {
    say_error(system, "Connection timed out");
    co_return kError;
  }
  if (before == PowerState::kUnknown && options.missing_as_off) before = PowerState::kOff;
  if (before == PowerState::kUnknown) {
    say_error(system, device.unknown_plug());
    co_return kError;
  }
  co_return co_await act(system, device, options, action, before);
}

// What the fencer keeps from agents, and our own word for a run in a shell.
bool is_clusters_own(std::string_view name) {
  return name.starts_with("CRM_meta_") || name.starts_with("pcmk_") || name == "crm_feature_set" ||
         name == "stonith-timeout" || name == "provides" || name == "stand_alone";
}

}  // namespace

// In the words of fence-agents 4.12, whose warnings come from a logger without a format of its own.
void warn_of_unknown_options(System& system, std::span<const std::string_view> own) {
  for (const auto& [name, value] : system.environment().parameters) {
    if (std::ranges::find(kLibraryOptions, name) != kLibraryOptions.end()) continue;
    if (std::ranges::find(own, name) != own.end() || is_clusters_own(name)) continue;
    system.print_error(fmt::format("WARNING:root:Parse error: Ignoring unknown option '{}={}'", name, value));
    system.print_error("");
  }
}

int usage_error(System& system, std::string_view text) {
  say_error(system, text);
  say_error(system, "Please use '-h' for usage");
  return kError;
}

Task<int> list_plugs(System& system, FenceDevice& device, std::string_view action) {
  const std::vector<Plug> plugs = co_await device.list(system);
  for (const Plug& plug : plugs) {
    if (action == "list") system.print(fmt::format("{},{}", plug.name, plug.alias));
    if (action == "list-status") system.print(fmt::format("{},{},{}", plug.name, plug.alias, plug.on ? "ON" : "OFF"));
  }
  co_return kDone;
}

FenceOptions read_fence_options(const Environment& environment) {
  FenceOptions options;
  options.address = either(environment, "ip", "ipaddr");
  options.login = either(environment, "username", "login");
  options.password = either(environment, "password", "passwd");
  options.plug = either(environment, "plug", "port");
  // Below a fencer of 2.0 only the cluster's own time-outs count (AT-5.3).
  const bool none = environment.is_true(
      "disable_timeout", environment.profile.daemons_renamed && !environment.find("stand_alone").has_value());
  const Duration zero;
  options.login_timeout = none ? zero : time_option(environment, "login_timeout", options.login_timeout);
  options.shell_timeout = none ? zero : time_option(environment, "shell_timeout", options.shell_timeout);
  options.power_timeout = none ? zero : time_option(environment, "power_timeout", options.power_timeout);
  options.power_wait = time_option(environment, "power_wait", {});
  options.delay = time_option(environment, "delay", {});
  options.retry_on = static_cast<int>(parse_number(environment.get("retry_on", "1")).value_or(1));
  options.missing_as_off = environment.is_true("missing_as_off", false);
  return options;
}

Task<int> run_fence_agent(System& system, FenceDevice& device, const FenceOptions& options) {
  const std::string action(system.environment().action);
  const bool about_plug = action == "on" || action == "off" || action == "reboot" || action == "status" ||
                          (action == "monitor" && !device.has_plugs());
  if (!about_plug && action != "monitor" && action != "list" && action != "list-status")
    co_return usage_error(system, fmt::format("Failed: Unrecognised action '{}'", action));
  if (options.login.empty()) co_return usage_error(system, "Failed: You have to set login name");
  if (options.password.empty()) co_return usage_error(system, "Failed: You have to enter password or password script");
  if (options.address.empty()) co_return usage_error(system, "Failed: You have to enter fence address");
  if (about_plug && device.has_plugs() && options.plug.empty())
    co_return usage_error(system, "Failed: You have to enter plug number or machine identification");

  co_await wait_before_fencing(system, options);
  const bool inside = co_await device.log_in(system);
  if (!inside) {
    say_error(system, "Unable to connect/login to fencing device");
    co_return kError;
  }
  if (!about_plug) co_return co_await list_plugs(system, device, action);

  co_return co_await run_plug_action(system, device, options);
}

Task<int> run_power_action(System& system, FenceDevice& device, const FenceOptions& options) {
  co_await wait_before_fencing(system, options);
  co_return co_await run_plug_action(system, device, options);
}

}  // namespace simcluster::agents
