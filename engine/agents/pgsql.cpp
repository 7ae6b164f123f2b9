#include <algorithm>
#include <array>
#include <string>

#include <fmt/format.h>

#include "engine/agents/daemon.h"
#include "engine/agents/ocf.h"
#include "engine/agents/services.h"

namespace simcluster::agents {
namespace {

constexpr std::int64_t kLeftForImmediate = 10;  // seconds of the operation's timeout

std::string data_directory(const Environment& environment) {
  return std::string(environment.get("pgdata", "/var/lib/pgsql/data"));
}

std::string pid_file_of(const Environment& environment) {
  return fmt::format("{}/postmaster.pid", data_directory(environment));
}

Task<int> pgsql_monitor(System& system) {
  const Environment& environment = system.environment();
  const DaemonState server = co_await look_at_daemon(system, pid_file_of(environment));
  if (!server.pid) {
    co_await ocf_log(system, LogPriority::kInfo, "PostgreSQL is down");
    co_return kOcfNotRunning;
  }
  const std::string query = fmt::format("psql -p {} -U {} {} -Atc \"{}\"", environment.get("pgport", "5432"),
                                        environment.get("pgdba", "postgres"), environment.get("pgdb", "template1"),
                                        environment.get("monitor_sql", "select now();"));
  const CommandResult answered = co_await system.execute(query);
  if (answered.ok()) co_return kOcfSuccess;
  co_await ocf_log(system, LogPriority::kError,
                   fmt::format("PostgreSQL {} isn't running.", environment.get("pgdb", "template1")));
  co_return kOcfErrGeneric;
}

Task<int> pgsql_start(System& system) {
  const Environment& environment = system.environment();
  const std::string pid_file = pid_file_of(environment);
  const DaemonState before = co_await look_at_daemon(system, pid_file);
  if (before.pid) co_return kOcfSuccess;
  if (before.has_file) co_await system.remove_file(pid_file);
  BackgroundProgram server;
  server.name = "postgres";
  server.main = plain_server;
  const bool started = co_await start_daemon(system, server, pid_file);
  if (!started) co_return kOcfErrGeneric;
  for (;;) {
    const int now = co_await pgsql_monitor(system);
    if (now == kOcfSuccess) co_return kOcfSuccess;
    co_await system.sleep(seconds(1));
  }
}

// `pg_ctl stop -m fast` or `-m immediate`: the server obeys SIGINT or SIGQUIT; then waits for it to be gone.
Task<bool> shut_down(System& system, std::int32_t pid, std::int64_t tries) {
  constexpr int kSigterm = 15;
  co_await system.kill_process(pid, kSigterm);
  for (std::int64_t i = 0; i < tries; ++i) {
    const bool alive = co_await system.kill_process(pid, 0);
    if (!alive) co_return true;
    co_await system.sleep(seconds(1));
  }
  co_return false;
}

Task<std::int64_t> stop_time(System& system) {
  const Environment& environment = system.environment();
  const std::int64_t wanted = parse_number(environment.get("stop_escalate", "90")).value_or(90);
  const auto timeout = parse_number(environment.get("CRM_meta_timeout"));
  if (!timeout || wanted <= *timeout / 1000 - kLeftForImmediate) co_return wanted;
  const std::int64_t adjusted = std::max<std::int64_t>(0, *timeout / 1000 - kLeftForImmediate);
  co_await ocf_log(system, LogPriority::kInfo,
                   fmt::format("stop_escalate(or stop_escalate_in_slave) time is adjusted to {} based on the "
                               "configured timeout.",
                               adjusted));
  co_return adjusted;
}

Task<int> pgsql_stop(System& system) {
  constexpr int kSigkill = 9;
  const std::string pid_file = pid_file_of(system.environment());
  const DaemonState server = co_await look_at_daemon(system, pid_file);
  if (server.pid) {
    const std::int64_t tries = co_await stop_time(system);
    bool gone = co_await shut_down(system, *server.pid, tries);
    if (!gone) co_await system.kill_process(*server.pid, kSigkill);
    while (!gone) {
      co_await system.sleep(seconds(1));
      const bool alive = co_await system.kill_process(*server.pid, 0);
      gone = !alive;
    }
  }
  if (server.has_file) co_await system.remove_file(pid_file);
  co_return kOcfSuccess;
}

constexpr std::array kParameters = {
    ParameterMetadata{"pgctl", "string", "/usr/bin/pg_ctl", false, false, "pgctl", "Path to pg_ctl."},
    ParameterMetadata{"psql", "string", "/usr/bin/psql", false, false, "psql", "Path to psql."},
    ParameterMetadata{"pgdata", "string", "/var/lib/pgsql/data", false, false, "pgdata", "Directory of the database."},
    ParameterMetadata{"pgdba", "string", "postgres", false, false, "pgdba", "User that owns the database."},
    ParameterMetadata{"pgport", "integer", "5432", false, false, "pgport", "Port of the server."},
    ParameterMetadata{"pgdb", "string", "template1", false, false, "pgdb", "Database that a monitor asks."},
    ParameterMetadata{"monitor_sql", "string", "select now();", false, false, "monitor_sql", "What it asks."},
    ParameterMetadata{"stop_escalate", "integer", "90", false, false, "stop escalation",
                      "Seconds that a fast shutdown may take."},
    ParameterMetadata{"logfile", "string", "/dev/null", false, false, "logfile", "Log of the server."},
};

constexpr std::array kActions = {
    ActionMetadata{"start", 120},      ActionMetadata{"stop", 120},       ActionMetadata{"status", 60},
    ActionMetadata{"monitor", 30, 30}, ActionMetadata{"validate-all", 5}, ActionMetadata{"meta-data", 5},
};

}  // namespace

Task<int> pgsql(System& system) {
  const std::string_view action = system.environment().action;
  if (action == "meta-data") {
    system.print(metadata_xml(pgsql_metadata()));
    co_return kOcfSuccess;
  }
  if (action == "start") co_return co_await pgsql_start(system);
  if (action == "stop") co_return co_await pgsql_stop(system);
  if (action == "monitor" || action == "status") co_return co_await pgsql_monitor(system);
  co_return action == "validate-all" ? kOcfSuccess : kOcfErrUnimplemented;
}

AgentMetadata pgsql_metadata() {
  AgentMetadata metadata;
  metadata.standard = "ocf";
  metadata.provider = "heartbeat";
  metadata.type = "pgsql";
  metadata.short_text = "Manages a PostgreSQL database instance";
  metadata.long_text = "Resource script for PostgreSQL.";
  metadata.parameters = kParameters;
  metadata.actions = kActions;
  return metadata;
}

}  // namespace simcluster::agents
