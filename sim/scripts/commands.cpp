#include "sim/scripts/commands.h"

#include <algorithm>
#include <charconv>

#include <fmt/core.h>

#include "engine/agents/ocf.h"
#include "sim/kernel/kernel.h"

namespace simcluster::sim {

namespace {

using agents::System;
using agents::Task;

constexpr std::string_view kHostTools = "/.host/usr/bin/";

Task<CommandAnswer> run_sleep(System& system, ScriptHost&, const ScriptCommand& command) {
  Duration whole;
  for (const std::string& word : command.arguments) {
    const auto time = sleep_time(word);
    if (!time) co_return CommandAnswer{1, "", fmt::format("sleep: invalid time interval '{}'\n", word), {}};
    whole = whole + *time;
  }
  if (command.arguments.empty()) co_return CommandAnswer{1, "", "sleep: missing operand\n", {}};
  co_await system.sleep(whole);
  co_return CommandAnswer{};
}

// date(1) itself does it, with the time of the machine's clock.
Task<CommandAnswer> run_date(System& system, ScriptHost&, const ScriptCommand& command) {
  const agents::CommandResult started = co_await system.execute(command_line(command));
  if (!started.ok()) co_return CommandAnswer{started.exit_code, "", std::string(started.error), {}};
  const Time now = system.now();
  CommandAnswer answer;
  answer.go_on = {std::string(kHostTools) + "date"};
  bool given = false;
  for (std::size_t i = 0; i < command.arguments.size(); ++i) {
    std::string word = command.arguments[i];
    std::string_view option = word;
    const bool separate = (option == "-d" || option == "--date") && i + 1 < command.arguments.size();
    const bool joined = option.starts_with("--date=") || (option.starts_with("-d") && option.size() > 2);
    given = given || separate || joined || option == "-r" || option.starts_with("--reference");
    std::string text;
    if (separate) text = command.arguments[++i];
    if (joined) text = option.substr(option.starts_with("--") ? 7 : 2);
    if (!separate && !joined) {
      answer.go_on.push_back(std::move(word));
      continue;
    }
    // What is counted from now is counted from the machine's now.
    const bool absolute = text.starts_with('@') || text.find_first_of("-:/") != std::string::npos;
    answer.go_on.push_back("-d");
    answer.go_on.push_back(absolute ? text
                                    : fmt::format("1970-01-01 00:00:00 UTC {} seconds {}", now.unix_seconds(), text));
  }
  if (!given) {
    answer.go_on.insert(answer.go_on.begin() + 1,
                        {"-d", fmt::format("@{}.{:09}", now.unix_seconds(), now.ns % 1'000'000'000)});
  }
  co_return answer;
}

LogPriority priority_of(std::string_view text) {
  text = text.substr(text.rfind('.') + 1);
  constexpr std::pair<std::string_view, LogPriority> kNames[] = {
      {"emerg", LogPriority::kEmergency}, {"alert", LogPriority::kAlert},   {"crit", LogPriority::kCritical},
      {"err", LogPriority::kError},       {"error", LogPriority::kError},   {"warning", LogPriority::kWarning},
      {"warn", LogPriority::kWarning},    {"notice", LogPriority::kNotice}, {"info", LogPriority::kInfo},
      {"debug", LogPriority::kDebug}};
  for (const auto& [name, priority] : kNames)
    if (name == text) return priority;
  return LogPriority::kNotice;
}

Task<CommandAnswer> run_logger(System& system, ScriptHost&, const ScriptCommand& command) {
  const Words words = split_words(command.arguments, "tpfnPu");
  std::string tag = words.value('t', "root");
  if (words.has('i')) tag += fmt::format("[{}]", command.pid);
  std::string text;
  for (const std::string& word : words.operands) text += (text.empty() ? "" : " ") + word;
  if (words.operands.empty()) text = command.input;
  while (text.ends_with('\n')) text.pop_back();
  std::string_view rest = text;
  do {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    co_await system.write_log(priority_of(words.value('p', "user.notice")), tag, line);
  } while (!rest.empty());
  co_return CommandAnswer{0, "", words.has('s') ? tag + ": " + text + "\n" : "", {}};
}

Task<CommandAnswer> run_uname(System& system, ScriptHost& host, const ScriptCommand& command) {
  const agents::CommandResult started = co_await system.execute(command_line(command));
  if (!started.ok()) co_return CommandAnswer{started.exit_code, "", std::string(started.error), {}};
  const MachineContext& context = host.kernel().context();
  Words words = split_words(command.arguments, "");
  if (words.options.empty()) words.options.emplace_back('s', "");
  if (words.has('a')) words.options = {{'s', ""}, {'n', ""}, {'r', ""}, {'v', ""}, {'m', ""}, {'o', ""}};
  std::string text;
  // In this order, whatever the order of the options.
  for (const char part : std::string_view("snrvmpio")) {
    if (!words.has(part)) continue;
    if (!text.empty()) text += ' ';
    switch (part) {
      case 's':
        text += "Linux";
        break;
      case 'n':
        text += context.name;
        break;
      case 'r':
        text += context.profile.versions.kernel;
        break;
      case 'v':
        text += "#1 SMP";
        break;
      case 'o':
        text += "GNU/Linux";
        break;
      default:
        text += "x86_64";
    }
  }
  co_return CommandAnswer{0, text + "\n", "", {}};
}

Task<CommandAnswer> run_hostname(System& system, ScriptHost& host, const ScriptCommand& command) {
  const agents::CommandResult started = co_await system.execute(command_line(command));
  if (!started.ok()) co_return CommandAnswer{started.exit_code, "", std::string(started.error), {}};
  const std::string& name = host.kernel().context().name;
  const bool shortened = !command.arguments.empty() && command.arguments[0] == "-s";
  co_return CommandAnswer{0, (shortened ? name.substr(0, name.find('.')) : name) + "\n", "", {}};
}

const std::vector<NamedCommand>& all_commands() {
  static const std::vector<NamedCommand> all = [] {
    std::vector<NamedCommand> list = {{"sleep", run_sleep},      {"date", run_date},   {"logger", run_logger},
                                      {"ha_logger", run_logger}, {"uname", run_uname}, {"hostname", run_hostname}};
    for (const auto& group : {network_commands(), storage_commands(), process_commands(), cluster_commands()})
      list.insert(list.end(), group.begin(), group.end());
    return list;
  }();
  return all;
}

}  // namespace

std::string command_line(const ScriptCommand& command) {
  std::string line = command.name;
  for (const std::string& word : command.arguments) line += " " + word;
  return line;
}

std::optional<Duration> sleep_time(std::string_view text) {
  std::int64_t unit = 1'000'000'000;
  if (!text.empty()) {
    const char last = text.back();
    const std::int64_t factor = last == 's' ? 1 : last == 'm' ? 60 : last == 'h' ? 3600 : last == 'd' ? 86400 : 0;
    if (factor != 0) {
      unit *= factor;
      text.remove_suffix(1);
    }
  }
  const std::size_t dot = std::min(text.find('.'), text.size());
  std::int64_t whole = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + dot, whole);
  if ((dot > 0 && (error != std::errc() || end != text.data() + dot)) || text.empty() || text == "." || whole < 0 ||
      whole > 1'000'000'000)
    return std::nullopt;
  std::int64_t ns = whole * unit;
  std::int64_t place = unit;
  for (const char digit : text.substr(std::min(dot + 1, text.size()))) {
    if (digit < '0' || digit > '9') return std::nullopt;
    place /= 10;
    ns += (digit - '0') * place;
  }
  return Duration{ns};
}

bool Words::has(char option) const {
  return std::ranges::any_of(options, [&](const auto& one) { return one.first == option; });
}

std::string Words::value(char option, std::string_view fallback) const {
  for (const auto& [name, value] : options)
    if (name == option) return value;
  return std::string(fallback);
}

Words split_words(const std::vector<std::string>& arguments, std::string_view valued) {
  Words words;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& word = arguments[i];
    if (word == "--") {
      words.operands.insert(words.operands.end(), arguments.begin() + static_cast<std::ptrdiff_t>(i) + 1,
                            arguments.end());
      break;
    }
    if (word.size() < 2 || word[0] != '-') {
      words.operands.push_back(word);
      continue;
    }
    if (word[1] == '-') continue;  // long options: none that matters here
    for (std::size_t at = 1; at < word.size(); ++at) {
      const char option = word[at];
      if (valued.find(option) == std::string_view::npos) {
        words.options.emplace_back(option, "");
        continue;
      }
      if (at + 1 < word.size())
        words.options.emplace_back(option, word.substr(at + 1));
      else
        words.options.emplace_back(option, i + 1 < arguments.size() ? arguments[++i] : "");
      break;
    }
  }
  return words;
}

std::vector<std::string> script_command_names() {
  std::vector<std::string> names{"mktemp"};
  for (const NamedCommand& command : all_commands()) names.emplace_back(command.name);
  return names;
}

Task<CommandAnswer> run_script_command(System& system, ScriptHost& host, const ScriptCommand& command) {
  for (const NamedCommand& one : all_commands()) {
    if (one.name != command.name) continue;
    CommandAnswer answer = co_await one.run(system, host, command);
    co_return answer;
  }
  co_return CommandAnswer{127, "", fmt::format("{}: command not found\n", command.name), {}};
}

}  // namespace simcluster::sim
