// What the commands of scripts have in common.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/scripts/script_host.h"

namespace simcluster::sim {

// The words of a command line, for the System's calls.
std::string command_line(const ScriptCommand& command);
// "5", "0.5", "2m": as sleep(1) takes them.
std::optional<Duration> sleep_time(std::string_view text);
// Short options (with their values, which `valued` says they have) and the words that are no options.
struct Words {
  std::vector<std::pair<char, std::string>> options;
  std::vector<std::string> operands;

  bool has(char option) const;
  std::string value(char option, std::string_view fallback = {}) const;
};
Words split_words(const std::vector<std::string>& arguments, std::string_view valued);

// `ip`, whose effect is at once.
CommandAnswer ip_command(Kernel& kernel, const std::vector<std::string>& arguments);

// The groups of commands; nothing: it is none of theirs.
using CommandFunction = agents::Task<CommandAnswer> (*)(agents::System&, ScriptHost&, const ScriptCommand&);
struct NamedCommand {
  std::string_view name;
  CommandFunction run;
};
std::vector<NamedCommand> network_commands();
std::vector<NamedCommand> storage_commands();
std::vector<NamedCommand> process_commands();
std::vector<NamedCommand> cluster_commands();

}  // namespace simcluster::sim
