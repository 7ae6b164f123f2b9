#include "tools/clusterd/settings.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>

#include <fmt/format.h>

namespace simcluster::clusterd {

namespace {

constexpr std::array<std::string_view, 8> kPriorities{"emerg",   "alert",  "crit", "err",
                                                      "warning", "notice", "info", "debug"};
constexpr std::array<std::string_view, 3> kTargets{"stderr", "journal", "syslog"};

// Reads the value into the settings; what was expected when it cannot be.
using Setter = std::function<std::optional<std::string>(Settings&, std::string_view)>;

struct Key {
  std::string_view name;
  std::string_view help;
  Setter set;
};

Setter path(std::string Settings::*member) {
  return [member](Settings& s, std::string_view value) -> std::optional<std::string> {
    if (value.empty() || value.front() != '/') return "an absolute path";
    s.*member = value;
    return std::nullopt;
  };
}

Setter agent_path(std::string AgentPlaces::*member) {
  return [member](Settings& s, std::string_view value) -> std::optional<std::string> {
    if (value.empty() || value.front() != '/') return "an absolute path";
    s.agents.*member = value;
    return std::nullopt;
  };
}

Setter text(std::string Settings::*member) {
  return [member](Settings& s, std::string_view value) -> std::optional<std::string> {
    if (value.empty()) return "a value";
    s.*member = value;
    return std::nullopt;
  };
}

Setter yes_or_no(bool Settings::*member) {
  return [member](Settings& s, std::string_view value) -> std::optional<std::string> {
    if (value != "yes" && value != "no") return "yes or no";
    s.*member = value == "yes";
    return std::nullopt;
  };
}

Setter number(std::size_t Settings::*member, std::size_t least, std::size_t most) {
  return [member, least, most](Settings& s, std::string_view value) -> std::optional<std::string> {
    std::size_t given = 0;
    const auto parsed = std::from_chars(value.data(), value.data() + value.size(), given);
    if (parsed.ec != std::errc() || parsed.ptr != value.data() + value.size() || given < least || given > most)
      return fmt::format("a number from {} to {}", least, most);
    s.*member = given;
    return std::nullopt;
  };
}

template <std::size_t N>
std::optional<std::size_t> place_in(const std::array<std::string_view, N>& words, std::string_view word) {
  for (std::size_t i = 0; i < N; ++i)
    if (words[i] == word) return i;
  return std::nullopt;
}

const std::vector<Key>& keys() {
  static const std::vector<Key> table = {
      {"corosync_conf", "the cluster's corosync.conf", path(&Settings::corosync_conf)},
      {"authkey", "the cluster's key", path(&Settings::authkey)},
      {"environment_file", "PCMK_... variables; without it, /etc/default/pacemaker and /etc/sysconfig/pacemaker",
       [](Settings& s, std::string_view value) -> std::optional<std::string> {
         if (value.empty() || value.front() != '/') return "an absolute path";
         s.environment_files = {std::string(value)};
         return std::nullopt;
       }},
      {"node_name", "this node's name; without it, what uname -n says", text(&Settings::node_name)},
      {"cib", "the CIB to begin with where there is no state yet", path(&Settings::cib)},
      {"state_directory", "CIB, ring sequence, history", path(&Settings::state_directory)},
      {"state_versions", "versions kept of each, 2 to 1000", number(&Settings::state_versions, 2, 1000)},
      {"cib_limit", "MiB that the CIB may have, 1 to 1024; the same on all nodes",
       number(&Settings::cib_limit, 1, 1024)},
      {"scheduler_inputs", "how many pe-input-N.bz2, pe-warn-N.bz2 and pe-error-N.bz2 are kept, each 1 to 100000",
       number(&Settings::scheduler_inputs, 1, 100'000)},
      {"control_socket", "where clusterctl reaches the daemon", path(&Settings::control_socket)},
      {"control_group", "who may command, besides root", text(&Settings::control_group)},
      {"others_may_read", "yes: everybody may look", yes_or_no(&Settings::others_may_read)},
      {"allow_unauthenticated", "yes: run without a key where corosync.conf asks for none; everybody can join then",
       yes_or_no(&Settings::allow_unauthenticated)},
      {"trust_links", "no: wait for the consensus time-out even where no link is up",
       yes_or_no(&Settings::trust_links)},
      {"links", "knet (libknet), or udp (the engine's own links, for tests)",
       [](Settings& s, std::string_view value) -> std::optional<std::string> {
         if (value != "knet" && value != "udp") return "knet or udp";
         s.links = value == "knet" ? LinkProvider::kKnet : LinkProvider::kUdp;
         return std::nullopt;
       }},
      {"reset_command", "a program to run instead of resetting the machine", path(&Settings::reset_command)},
      {"watchdog_device", "such as /dev/watchdog; without it, none", path(&Settings::watchdog_device)},
      {"pacemaker", "the release whose feature set and words this node speaks", text(&Settings::pacemaker)},
      {"corosync", "the same of Corosync", text(&Settings::corosync)},
      {"ocf_root", "where resource agents are", agent_path(&AgentPlaces::ocf_root)},
      {"fence_directory", "where fence agents are", agent_path(&AgentPlaces::fence_directory)},
      {"init_directory", "where init scripts are", agent_path(&AgentPlaces::init_directory)},
      {"agent_tools", "where crm_attribute and so on are for agents; absent: agent-tools beside clusterd",
       agent_path(&AgentPlaces::agent_tools)},
      {"log", "stderr, journal or syslog",
       [](Settings& s, std::string_view value) -> std::optional<std::string> {
         const auto place = place_in(kTargets, value);
         if (!place) return "stderr, journal or syslog";
         s.log = static_cast<LogTarget>(*place);
         return std::nullopt;
       }},
      {"log_priority", "emerg, alert, crit, err, warning, notice, info or debug",
       [](Settings& s, std::string_view value) -> std::optional<std::string> {
         const auto place = place_in(kPriorities, value);
         if (!place) return fmt::format("one of {}", fmt::join(kPriorities, ", "));
         s.log_priority = static_cast<LogPriority>(*place);
         return std::nullopt;
       }},
  };
  return table;
}

std::string_view trimmed(std::string_view text) {
  const auto from = text.find_first_not_of(" \t\r");
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(" \t\r") - from + 1);
}

// What is wrong with the line.
std::optional<std::string> take_line(Settings& settings, std::string_view line) {
  const std::size_t equals = line.find('=');
  if (equals == std::string_view::npos) return "expected \"key = value\"";
  const std::string_view name = trimmed(line.substr(0, equals));
  const std::string_view value = trimmed(line.substr(equals + 1));
  const auto key = std::ranges::find(keys(), name, &Key::name);
  if (key == keys().end()) return fmt::format("unknown key \"{}\" (clusterd --help lists the keys)", name);
  const auto expected = key->set(settings, value);
  if (!expected) return std::nullopt;
  return fmt::format("\"{}\" is no value for {}; expected {}", value, name, *expected);
}

}  // namespace

ReadSettings parse_settings(std::string_view text, std::string_view file_name) {
  ReadSettings read;
  for (int number = 1; !text.empty(); ++number) {
    const std::size_t end = text.find('\n');
    const std::string_view line = trimmed(text.substr(0, end).substr(0, text.substr(0, end).find('#')));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.empty()) continue;
    if (auto problem = take_line(read.settings, line))
      read.problems.push_back({std::move(*problem), {std::string(file_name), number, 1}});
  }
  return read;
}

std::string settings_help() {
  std::string result;
  for (const Key& key : keys()) result += fmt::format("  {:<21} {}\n", key.name, key.help);
  return result;
}

}  // namespace simcluster::clusterd
