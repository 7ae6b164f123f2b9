#include <algorithm>
#include <array>
#include <string>

#include <fmt/core.h>

#include "engine/agents/daemon.h"
#include "engine/agents/ocf.h"
#include "engine/agents/services.h"

namespace simcluster::agents {
namespace {

constexpr int kSigkill = 9;
constexpr int kSigterm = 15;
constexpr std::int64_t kStopWithoutTimeout = 15;
constexpr std::int64_t kLeftForKill = 5;
constexpr int kWritableScore = 2;
constexpr int kReadOnlyScore = 1;

std::string pid_file_of(const Environment& environment) {
  return std::string(environment.get("pid", "/var/run/mysql/mysqld.pid"));
}

// What the server was told of read_only; it starts with it (promotable resources).
std::string writable_mark(const Environment& environment) {
  return fmt::format("{}/mysql-{}.writable", environment.state_directory, environment.instance);
}

bool is_promotable(const Environment& environment) {
  const auto most = parse_number(environment.get("CRM_meta_master_max")).value_or(0);
  return most > 0 || environment.is_true("CRM_meta_promotable", false);
}

// 7 for no process, else 0, or 8 for a promotable server that takes writes.
Task<int> mysql_status(System& system) {
  const Environment& environment = system.environment();
  const DaemonState server = co_await look_at_daemon(system, pid_file_of(environment));
  if (!server.pid) co_return kOcfNotRunning;
  if (!is_promotable(environment)) co_return kOcfSuccess;
  const bool writable = co_await system.file_exists(writable_mark(environment));
  co_return writable ? kOcfRunningPromoted : kOcfSuccess;
}

Task<int> mysql_monitor(System& system) {
  const Environment& environment = system.environment();
  const int status = co_await mysql_status(system);
  if (status == kOcfNotRunning) co_return status;
  const std::int64_t level = parse_number(environment.get("OCF_CHECK_LEVEL", "0")).value_or(0);
  if (level > 0) {
    const std::string query =
        fmt::format("mysql -e \"SELECT COUNT(*) FROM {}\"", environment.get("test_table", "mysql.user"));
    const CommandResult counted = co_await system.execute(query);
    if (!counted.ok()) co_return kOcfErrGeneric;
  }
  if (is_promotable(environment))
    co_await set_promotion_score(system, status == kOcfRunningPromoted ? kWritableScore : kReadOnlyScore);
  co_return status;
}

Task<int> mysql_start(System& system) {
  const int before = co_await mysql_status(system);
  if (before != kOcfNotRunning) co_return kOcfSuccess;
  BackgroundProgram server;
  server.name = "mysqld";
  server.main = plain_server;
  const bool started = co_await start_daemon(system, server, pid_file_of(system.environment()));
  if (!started) co_return kOcfErrGeneric;
  for (;;) {
    const int now = co_await mysql_status(system);
    if (now != kOcfNotRunning) break;
    co_await system.sleep(seconds(1));
  }
  if (is_promotable(system.environment())) co_await set_promotion_score(system, kReadOnlyScore);
  co_return kOcfSuccess;
}

Task<int> mysql_stop(System& system) {
  const Environment& environment = system.environment();
  const std::string pid_file = pid_file_of(environment);
  if (is_promotable(environment)) co_await delete_promotion_score(system);
  co_await system.remove_file(writable_mark(environment));
  const DaemonState server = co_await look_at_daemon(system, pid_file);
  // Until 3.9.7 the process id of a server that has just died was taken for one that must be killed (CM-14.17).
  if (!server.pid)
    co_return server.has_file&& environment.profile.mysql_stop_of_dead_fails ? kOcfErrGeneric : kOcfSuccess;

  const auto timeout = parse_number(environment.get("CRM_meta_timeout"));
  const std::int64_t polls = timeout ? std::max<std::int64_t>(1, *timeout / 1000 - kLeftForKill) : kStopWithoutTimeout;
  co_await system.kill_process(*server.pid, kSigterm);
  bool alive = true;
  for (std::int64_t i = 0; alive && i < polls; ++i) {
    co_await system.sleep(seconds(1));
    alive = co_await system.kill_process(*server.pid, 0);
  }
  if (alive) {
    co_await system.kill_process(*server.pid, kSigkill);
    co_await system.sleep(milliseconds(1));
    alive = co_await system.kill_process(*server.pid, 0);
  }
  if (alive) co_return kOcfErrGeneric;
  co_await system.remove_file(pid_file);
  co_return kOcfSuccess;
}

Task<int> mysql_set_writable(System& system, bool writable) {
  const Environment& environment = system.environment();
  const int status = co_await mysql_status(system);
  if (status == kOcfNotRunning) co_return kOcfNotRunning;
  const std::string mark = writable_mark(environment);
  if (writable) {
    co_await system.write_file(mark, "");
  } else {
    co_await system.remove_file(mark);
  }
  co_await set_promotion_score(system, writable ? kWritableScore : kReadOnlyScore);
  co_return kOcfSuccess;
}

constexpr std::array kParameters = {
    ParameterMetadata{"binary", "string", "/usr/bin/mysqld_safe", false, false, "MySQL server binary",
                      "The program that starts the server."},
    ParameterMetadata{"config", "string", "/etc/mysql/my.cnf", false, false, "MySQL config", "Configuration file."},
    ParameterMetadata{"datadir", "string", "/var/lib/mysql", false, false, "MySQL datadir", "Directory of databases."},
    ParameterMetadata{"pid", "string", "/var/run/mysql/mysqld.pid", false, false, "MySQL pid file", "The pid file."},
    ParameterMetadata{"socket", "string", "/var/lib/mysql/mysql.sock", false, false, "MySQL socket", "The socket."},
    ParameterMetadata{"test_table", "string", "mysql.user", false, false, "MySQL test table",
                      "Table that a monitor with a level counts."},
    ParameterMetadata{"max_slave_lag", "integer", "3600", false, false, "Maximum lag", "Seconds of allowed lag."},
    ParameterMetadata{"evict_outdated_slaves", "boolean", "false", false, false, "Evict outdated slaves",
                      "Shut down slaves that lag too much."},
};

constexpr std::array kActions = {
    ActionMetadata{"start", 120},
    ActionMetadata{"stop", 120},
    ActionMetadata{"status", 60},
    ActionMetadata{"monitor", 30, 20},
    ActionMetadata{"monitor", 30, 10, 0, "Master"},
    ActionMetadata{"monitor", 30, 30, 0, "Slave"},
    ActionMetadata{"promote", 120},
    ActionMetadata{"demote", 120},
    ActionMetadata{"notify", 90},
    ActionMetadata{"validate-all", 5},
    ActionMetadata{"meta-data", 5},
};

}  // namespace

Task<int> mysql(System& system) {
  const std::string_view action = system.environment().action;
  if (action == "meta-data") {
    system.print(metadata_xml(mysql_metadata()));
    co_return kOcfSuccess;
  }
  if (action == "start") co_return co_await mysql_start(system);
  if (action == "stop") co_return co_await mysql_stop(system);
  if (action == "monitor") co_return co_await mysql_monitor(system);
  if (action == "status") co_return co_await mysql_status(system);
  if (action == "promote") co_return co_await mysql_set_writable(system, true);
  if (action == "demote") co_return co_await mysql_set_writable(system, false);
  co_return action == "notify" || action == "validate-all" ? kOcfSuccess : kOcfErrUnimplemented;
}

AgentMetadata mysql_metadata() {
  AgentMetadata metadata;
  metadata.standard = "ocf";
  metadata.provider = "heartbeat";
  metadata.type = "mysql";
  metadata.short_text = "Manages a MySQL database instance";
  metadata.long_text = "Resource script for a MySQL server, alone or as a promotable set.";
  metadata.parameters = kParameters;
  metadata.actions = kActions;
  return metadata;
}

}  // namespace simcluster::agents
