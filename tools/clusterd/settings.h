// /etc/simcluster/clusterd.conf: lines of "key = value"; '#' starts a comment.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/error.h"
#include "engine/base/host.h"
#include "tools/clusterd/agent_command.h"
#include "tools/clusterd/journal.h"

namespace simcluster::clusterd {

inline constexpr std::string_view kSettingsPath = "/etc/simcluster/clusterd.conf";

// Who keeps the links where corosync.conf says knet: libknet, or the engine itself over UDP.
enum class LinkProvider : std::uint8_t { kKnet, kUdp };

struct Settings {
  std::string corosync_conf = "/etc/corosync/corosync.conf";
  std::string authkey = "/etc/corosync/authkey";
  // The cluster manager's variables (PCMK_...), as its service reads them: what comes later goes before.
  std::vector<std::string> environment_files = {"/etc/default/pacemaker", "/etc/sysconfig/pacemaker"};
  std::string node_name;                               // empty: what `uname -n` says
  std::string cib = "/var/lib/pacemaker/cib/cib.xml";  // what a node starts with that has no state of its own
  std::string state_directory = "/var/lib/simcluster";
  std::string control_socket = "/run/simcluster/clusterd.sock";
  std::string control_group = "haclient";  // may read and command; everybody else may do neither
  bool others_may_read = false;
  std::size_t state_versions = 10;
  std::size_t cib_limit = 16;           // MiB; the same on all nodes
  std::size_t scheduler_inputs = 4000;  // kept (pe-input-series-max, S1)
  // Run in place of a reset of the machine; empty: the machine is reset. For containers and tests.
  std::string reset_command;
  std::string watchdog_device;         // empty: none
  bool allow_unauthenticated = false;  // run though corosync.conf asks for no key
  bool trust_links = true;             // members that no link reaches are given up at once
  LinkProvider links = LinkProvider::kKnet;
  AgentPlaces agents;
  LogTarget log = LogTarget::kStandardError;
  LogPriority log_priority = LogPriority::kNotice;
  std::string pacemaker = "3.0.2";  // whose feature set, texts and behaviour
  std::string corosync = "3.1.7";
};

// Where the scheduler's inputs are kept.
inline std::string inputs_directory(const Settings& settings) { return settings.state_directory + "/pengine"; }

struct ReadSettings {
  Settings settings;            // what the good lines say
  std::vector<Error> problems;  // one for each of the others: file, line and what was expected
};
ReadSettings parse_settings(std::string_view text, std::string_view file_name);
// The keys with their defaults, a line each, as `clusterd --help` shows them.
std::string settings_help();

}  // namespace simcluster::clusterd
