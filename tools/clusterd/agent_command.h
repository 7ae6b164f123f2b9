// What is executed for an agent request: program, arguments, environment, standard input. No shell in between.
#pragma once

#include <string>
#include <vector>

#include "engine/base/error.h"
#include "engine/base/host.h"

namespace simcluster::clusterd {

struct AgentPlaces {
  std::string ocf_root = "/usr/lib/ocf";
  std::string fence_directory = "/usr/sbin";
  std::string init_directory = "/etc/init.d";
  std::string agent_tools;     // a directory with crm_attribute and so on, for OCF agents; empty: none
  std::string control_socket;  // by which these reach the daemon
};

struct AgentCommand {
  std::vector<std::string> arguments;    // arguments[0] is the program's path
  std::vector<std::string> environment;  // NAME=value
  std::string input;                     // standard input
};

// An error where a name could leave its directory or no such agent is installed.
Result<AgentCommand> agent_command(const AgentRequest& request, const AgentPlaces& places);

// What the executor is told for an exit status: init scripts answer for themselves (AT-1.4), systemctl's numbers are
// theirs, but it runs for a class that has OCF's.
int exit_code_for_executor(const AgentRequest& request, int exit_code);

}  // namespace simcluster::clusterd
