#include "engine/agents/pgsql.h"

#include <algorithm>
#include <array>
#include <string>

#include <fmt/core.h>

#include "engine/agents/daemon.h"
#include "engine/agents/ocf.h"
#include "engine/agents/postgres.h"
#include "engine/agents/services.h"

namespace simcluster::agents {
namespace {

constexpr std::int64_t kLeftForImmediate = 10;  // seconds of the operation's timeout

std::string pid_file_of(const Environment& environment) { return pgsql_data_file(environment, "/postmaster.pid"); }

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

// `pg_ctl stop -m fast`; false: it does not obey.
Task<bool> shut_down(System& system, std::int32_t pid, std::int64_t tries) {
  const std::string wish = pgsql_data_file(system.environment(), kShutdownFile);
  co_await system.write_file(wish, "");
  for (std::int64_t i = 0; i < tries; ++i) {
    const bool alive = co_await system.kill_process(pid, 0);
    if (!alive) co_return true;
    co_await system.sleep(seconds(1));
  }
  co_return false;
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
    ParameterMetadata{"rep_mode", "string", "none", false, false, "rep_mode", "Replication: none, async or sync."},
    ParameterMetadata{"node_list", "string", "", false, false, "node list", "Nodes of the set."},
    ParameterMetadata{"master_ip", "string", "", false, false, "master ip", "Address that standbys connect to."},
    ParameterMetadata{"restore_command", "string", "", false, false, "restore_command", "For recovery.conf."},
    ParameterMetadata{"repuser", "string", "postgres", false, false, "repuser", "User of the replication."},
    ParameterMetadata{"primary_conninfo_opt", "string", "", false, false, "primary_conninfo_opt",
                      "More options of primary_conninfo."},
    ParameterMetadata{"tmpdir", "string", "/var/lib/pgsql/tmp", false, false, "tmpdir", "Directory of the lock."},
    ParameterMetadata{"xlog_check_count", "integer", "3", false, false, "xlog check count",
                      "How often locations are compared before the newest becomes primary."},
    ParameterMetadata{"logfile", "string", "/dev/null", false, false, "logfile", "Log of the server."},
};

constexpr std::array kActions = {
    ActionMetadata{"start", 120},
    ActionMetadata{"stop", 120},
    ActionMetadata{"status", 60},
    ActionMetadata{"monitor", 30, 30},
    ActionMetadata{"monitor", 30, 29, 0, "Master"},
    ActionMetadata{"promote", 120},
    ActionMetadata{"demote", 120},
    ActionMetadata{"notify", 90},
    ActionMetadata{"validate-all", 5},
    ActionMetadata{"meta-data", 5},
};

}  // namespace

std::string pgsql_data_file(const Environment& environment, std::string_view name) {
  return fmt::format("{}{}", environment.get("pgdata", "/var/lib/pgsql/data"), name);
}

std::string pgsql_sync_file(const Environment& environment) {
  return fmt::format("{}/rep_mode.conf", environment.get("tmpdir", "/var/lib/pgsql/tmp"));
}

Task<std::string> pgsql_ask(System& system, std::string_view question) {
  const Environment& environment = system.environment();
  const std::string query =
      fmt::format("psql -p {} -U {} {} -Atc \"{}\"", environment.get("pgport", "5432"),
                  environment.get("pgdba", "postgres"), environment.get("pgdb", "template1"), question);
  const CommandResult begun = co_await system.execute(query);
  if (!begun.ok()) co_return std::string();
  RemoteCommand command;
  command.host = "127.0.0.1";
  command.service = RemoteService::kDatabase;
  command.command = question;
  command.timeout = seconds(10);
  const RemoteReply reply = co_await system.remote_command(command);
  co_return std::string(reply.outcome == RemoteOutcome::kDone ? reply.output : std::string_view());
}

Task<int> pgsql_server_status(System& system) {
  const Environment& environment = system.environment();
  const DaemonState server = co_await look_at_daemon(system, pid_file_of(environment));
  if (!server.pid) {
    co_await ocf_log(system, LogPriority::kInfo, "PostgreSQL is down");
    co_return kOcfNotRunning;
  }
  const std::string answered = co_await pgsql_ask(system, environment.get("monitor_sql", "select now();"));
  if (!answered.empty()) co_return kOcfSuccess;
  co_await ocf_log(system, LogPriority::kError,
                   fmt::format("PostgreSQL {} isn't running.", environment.get("pgdb", "template1")));
  co_return kOcfErrGeneric;
}

Task<int> pgsql_start_server(System& system) {
  const Environment& environment = system.environment();
  const std::string pid_file = pid_file_of(environment);
  const DaemonState before = co_await look_at_daemon(system, pid_file);
  if (before.pid) co_return kOcfSuccess;
  if (before.has_file) co_await system.remove_file(pid_file);
  co_await system.remove_file(pgsql_data_file(environment, kShutdownFile));
  const std::array arguments = {pgsql_data_file(environment, ""), pgsql_sync_file(environment)};
  BackgroundProgram server;
  server.name = "postgres";
  server.main = postgres_server;
  server.arguments = arguments;
  const bool started = co_await start_daemon(system, server, pid_file);
  if (!started) co_return kOcfErrGeneric;
  for (;;) {
    const int now = co_await pgsql_server_status(system);
    if (now == kOcfSuccess) co_return kOcfSuccess;
    co_await system.sleep(seconds(1));
  }
}

Task<int> pgsql_stop_server(System& system) {
  constexpr int kSigkill = 9;
  const std::string pid_file = pid_file_of(system.environment());
  const DaemonState server = co_await look_at_daemon(system, pid_file);
  if (server.pid) {
    const std::int64_t tries = co_await stop_time(system);
    bool gone = co_await shut_down(system, *server.pid, tries);
    // -m immediate
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

Task<int> pgsql(System& system) {
  const std::string_view action = system.environment().action;
  if (action == "meta-data") {
    system.print(metadata_xml(pgsql_metadata()));
    co_return kOcfSuccess;
  }
  const bool replicates = pgsql_replicates(system.environment());
  const bool monitors = action == "monitor" || action == "status";
  if (action == "validate-all" || action == "notify") co_return kOcfSuccess;
  if (!replicates) {
    if (action == "start") co_return co_await pgsql_start_server(system);
    if (action == "stop") co_return co_await pgsql_stop_server(system);
    if (monitors) co_return co_await pgsql_server_status(system);
    co_return kOcfErrUnimplemented;
  }
  if (action == "start") co_return co_await pgsql_replica_start(system);
  if (action == "stop") co_return co_await pgsql_replica_stop(system);
  if (monitors) co_return co_await pgsql_replica_monitor(system);
  if (action == "promote") co_return co_await pgsql_replica_promote(system);
  if (action == "demote") co_return co_await pgsql_replica_demote(system);
  co_return kOcfErrUnimplemented;
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
