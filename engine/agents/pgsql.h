// The two halves of the agent pgsql: the server (AT-4.7 start, stop, monitor) and replication (rep_mode).
#pragma once

#include <string>

#include "engine/agents/system.h"
#include "engine/agents/task.h"

namespace simcluster::agents {

std::string pgsql_data_file(const Environment& environment, std::string_view name);
// Names of standbys that commits wait for (rep_mode.conf).
std::string pgsql_sync_file(const Environment& environment);

// 0, 7 when no server runs, 1 when it does not answer.
Task<int> pgsql_server_status(System& system);
// Starts it and waits, for ever, until it answers.
Task<int> pgsql_start_server(System& system);
Task<int> pgsql_stop_server(System& system);
// What the local server says to a question.
Task<std::string> pgsql_ask(System& system, std::string_view question);

// rep_mode is async or sync.
bool pgsql_replicates(const Environment& environment);
Task<int> pgsql_replica_start(System& system);
Task<int> pgsql_replica_stop(System& system);
Task<int> pgsql_replica_monitor(System& system);
Task<int> pgsql_replica_promote(System& system);
Task<int> pgsql_replica_demote(System& system);

}  // namespace simcluster::agents
