// Commands about processes. Those of the simulated machine; a script's own children are known to its shell.
#include <fmt/core.h>

#include "engine/agents/ocf.h"
#include "sim/kernel/kernel.h"
#include "sim/scripts/commands.h"

namespace simcluster::sim {

namespace {

using agents::System;
using agents::Task;

int signal_of(std::string_view text) {
  if (text.starts_with("SIG")) text.remove_prefix(3);
  constexpr std::pair<std::string_view, int> kNames[] = {{"HUP", 1},   {"INT", 2},   {"QUIT", 3},
                                                         {"KILL", 9},  {"USR1", 10}, {"USR2", 12},
                                                         {"TERM", 15}, {"CONT", 18}, {"STOP", 19}};
  for (const auto& [name, number] : kNames)
    if (text == name) return number;
  return static_cast<int>(agents::parse_number(text).value_or(15));
}

// -SIGNAL, -s SIGNAL; the rest are pids or names.
std::vector<std::string> take_signal(const std::vector<std::string>& arguments, int& signal) {
  std::vector<std::string> rest;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& word = arguments[i];
    if ((word == "-s" || word == "--signal") && i + 1 < arguments.size())
      signal = signal_of(arguments[++i]);
    else if (word.size() > 1 && word[0] == '-' &&
             ((word[1] >= 'A' && word[1] <= 'Z') || (word[1] >= '0' && word[1] <= '9')))
      signal = signal_of(std::string_view(word).substr(1));
    else if (word.empty() || word[0] != '-')
      rest.push_back(word);
  }
  return rest;
}

// kill(1): processes of the simulated machine here; others are the script's own children, which are real.
Task<CommandAnswer> run_kill(System& system, ScriptHost& host, const ScriptCommand& command) {
  const agents::CommandResult started = co_await system.execute(command_line(command));
  if (!started.ok()) co_return CommandAnswer{started.exit_code, "", std::string(started.error), {}};
  int signal = 15;
  const std::vector<std::string> pids = take_signal(command.arguments, signal);
  for (const std::string& word : pids) {
    const auto pid = agents::parse_number(word);
    if (pid && host.kernel().processes().signal(static_cast<std::int32_t>(*pid), signal)) continue;
    CommandAnswer answer;
    answer.go_on = {"/.host/usr/bin/env", "/.host/usr/bin/sh", "-c", "kill \"$@\"", "kill"};
    answer.go_on.insert(answer.go_on.end(), command.arguments.begin(), command.arguments.end());
    co_return answer;
  }
  co_return CommandAnswer{};
}

Task<CommandAnswer> run_by_name(System& system, ScriptHost& host, const ScriptCommand& command) {
  const agents::CommandResult started = co_await system.execute(command_line(command));
  if (!started.ok()) co_return CommandAnswer{started.exit_code, "", std::string(started.error), {}};
  int signal = 15;
  const std::vector<std::string> names = take_signal(command.arguments, signal);
  const bool kills = command.name == "killall" || command.name == "pkill";
  const bool part = command.name == "pgrep" || command.name == "pkill";
  std::vector<std::int32_t> pids;
  for (const ProcessEntry& entry : host.kernel().processes().all())
    for (const std::string& name : names) {
      const std::string_view wanted = std::string_view(name).substr(name.rfind('/') + 1);
      if (part ? entry.name.find(wanted) != std::string_view::npos : entry.name == wanted) pids.push_back(entry.pid);
    }
  CommandAnswer answer;
  answer.exit_code = pids.empty() ? 1 : 0;
  if (kills) {
    for (const std::int32_t pid : pids)
      if (pid != system.pid()) host.kernel().processes().signal(pid, signal);
    if (pids.empty() && command.name == "killall")
      for (const std::string& name : names) answer.error += name + ": no process found\n";
  } else {
    const char* between = command.name == "pidof" ? " " : "\n";
    for (const std::int32_t pid : pids) answer.output += (answer.output.empty() ? "" : between) + std::to_string(pid);
    if (!pids.empty()) answer.output += "\n";
  }
  co_return answer;
}

// ps(1): pid, terminal, time and command of every process, or what -o asks for.
Task<CommandAnswer> run_ps(System& system, ScriptHost& host, const ScriptCommand& command) {
  const agents::CommandResult started = co_await system.execute(command_line(command));
  if (!started.ok()) co_return CommandAnswer{started.exit_code, "", std::string(started.error), {}};
  const Words words = split_words(command.arguments, "opC");
  const std::string wanted_pid = words.value('p');
  std::string columns = words.value('o', "pid,tty,time,comm");
  const bool heads = columns.find('=') == std::string::npos;
  std::string text = heads ? "    PID TTY          TIME CMD\n" : "";
  bool some = false;
  for (const ProcessEntry& entry : host.kernel().processes().all()) {
    if (!wanted_pid.empty() && wanted_pid != std::to_string(entry.pid)) continue;
    some = true;
    if (!words.has('o')) {
      text += fmt::format("{:>7} ?        00:00:00 {}\n", entry.pid, entry.name);
      continue;
    }
    std::string line;
    for (std::string_view rest = columns; !rest.empty();) {
      const std::string_view column = rest.substr(0, rest.find_first_of(",= "));
      rest.remove_prefix(std::min(rest.size(), column.size() + 1));
      if (column.empty()) continue;
      if (!line.empty()) line += ' ';
      if (column == "pid")
        line += fmt::format("{:>7}", entry.pid);
      else if (column == "pgid" || column == "pgrp")
        line += fmt::format("{:>7}", entry.group);
      else
        line += entry.name;
    }
    text += line + "\n";
  }
  co_return CommandAnswer{some ? 0 : 1, text, "", {}};
}

}  // namespace

std::vector<NamedCommand> process_commands() {
  return {{"kill", run_kill},     {"killall", run_by_name}, {"pidof", run_by_name},
          {"pgrep", run_by_name}, {"pkill", run_by_name},   {"ps", run_ps}};
}

}  // namespace simcluster::sim
