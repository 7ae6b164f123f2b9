// Daemons that agents start: a background program and the file with its process id.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/agents/system.h"
#include "engine/agents/task.h"

namespace simcluster::agents {

// What a pid file says of its daemon.
struct DaemonState {
  bool has_file = false;
  std::optional<std::int32_t> pid;  // of a daemon that lives
};

Task<DaemonState> look_at_daemon(System& system, std::string pid_file);

// Starts the program in a session of its own and writes its pid. False when the file cannot be written.
Task<bool> start_daemon(System& system, BackgroundProgram program, std::string pid_file);

// Sends SIGTERM to the daemon, if it lives, and removes the file.
Task<> end_daemon(System& system, std::string pid_file);

// A server that waits for requests until a signal ends it.
Task<int> plain_server(System& system);

}  // namespace simcluster::agents
