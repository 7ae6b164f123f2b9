// Streaming replication (AT-4.7). The primary watches its standbys and says in attributes of their nodes which of them
// may be promoted; without a primary each standby judges by what was last said of it.
#include <algorithm>
#include <string>
#include <vector>

#include <fmt/core.h>

#include "engine/agents/ocf.h"
#include "engine/agents/pgsql.h"
#include "engine/agents/postgres.h"

namespace simcluster::agents {
namespace {

constexpr std::string_view kPromoteMe = "1000";
constexpr std::string_view kMayBePromoted = "100";
constexpr std::string_view kNeverPromote = "-INFINITY";

constexpr std::string_view kStatus = "status";                   // transient
constexpr std::string_view kDataStatus = "data-status";          // for ever
constexpr std::string_view kLocation = "xlog-loc";               // transient
constexpr std::string_view kReceiverStatus = "receiver-status";  // transient
constexpr std::string_view kBaseline = "master-baseline";        // transient

std::string temporary_file(const Environment& environment, std::string_view name) {
  return fmt::format("{}/{}", environment.get("tmpdir", "/var/lib/pgsql/tmp"), name);
}

std::string lock_file(const Environment& environment) { return temporary_file(environment, "PGSQL.lock"); }
// How often this node was the newest of all.
std::string count_file(const Environment& environment) { return temporary_file(environment, "xlog_note"); }

std::string attribute_name(const Environment& environment, std::string_view what) {
  const std::string_view instance = environment.instance;
  return fmt::format("{}-{}", instance.substr(0, instance.find(':')), what);
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of(" \n"), text.size());
    if (end != 0) words.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

std::vector<std::string> other_nodes(const Environment& environment) {
  std::vector<std::string> nodes = words_of(environment.get("node_list"));
  std::erase(nodes, environment.node_name);
  return nodes;
}

Task<std::string> get_attribute(System& system, std::string_view what, std::string node) {
  const std::string name = attribute_name(system.environment(), what);
  const AttributeQuery query{name, node, what == kDataStatus};
  const AttributeReply reply = co_await system.query_attribute(query);
  co_return std::string(reply.command.ok() ? reply.value : std::string_view());
}

// Only what is another value than before is written.
Task<> put_attribute(System& system, std::string name, std::string node, std::string value, bool forever) {
  const AttributeQuery query{name, node, forever};
  const AttributeReply before = co_await system.query_attribute(query);
  if (before.command.ok() && before.value == value) co_return;
  AttributeUpdate update;
  update.name = name;
  update.value = value;
  update.node = node;
  update.forever = forever;
  co_await system.update_attribute(update);
}

Task<> tell(System& system, std::string_view what, std::string node, std::string_view value) {
  std::string name = attribute_name(system.environment(), what);
  std::string text(value);
  co_await put_attribute(system, std::move(name), std::move(node), std::move(text), what == kDataStatus);
}

Task<> put_score(System& system, std::string node, std::string_view score) {
  std::string name = promotion_attribute(system);
  std::string text(score);
  co_await put_attribute(system, std::move(name), std::move(node), std::move(text), false);
}

Task<WalPosition> own_position(System& system) {
  const std::string file = pgsql_data_file(system.environment(), kWalFile);
  const auto text = co_await read_file(system, file);
  co_return text ? parse_wal(*text).value_or(WalPosition{}) : WalPosition{};
}

// The node that says that it is the primary; empty: none.
Task<std::string> find_primary(System& system) {
  const std::vector<std::string> nodes = other_nodes(system.environment());
  for (const std::string& node : nodes) {
    const std::string status = co_await get_attribute(system, kStatus, node);
    if (status == "PRI") co_return node;
  }
  co_return std::string();
}

bool waits_for_standbys(const Environment& environment) { return environment.get("rep_mode") == "sync"; }

// May a standby of which the primary last said this be promoted?
bool has_all_data(const Environment& environment, std::string_view data_status) {
  if (data_status == "LATEST" || data_status == "STREAMING|SYNC") return true;
  return data_status == "STREAMING|ASYNC" && !waits_for_standbys(environment);
}

// --- the primary -----------------------------------------------------------------------------------------------------

// "STREAMING|SYNC" of a connected standby, "DISCONNECT" of others.
std::string state_of(std::string_view rows, std::string_view node) {
  while (!rows.empty()) {
    const std::size_t end = std::min(rows.find('\n'), rows.size());
    const std::string_view row = rows.substr(0, end);
    if (row.starts_with(node) && row.substr(node.size()).starts_with('|'))
      return std::string(row.substr(node.size() + 1));
    rows.remove_prefix(std::min(end + 1, rows.size()));
  }
  return "DISCONNECT";
}

std::string_view status_of_standby(std::string_view data_status) {
  if (data_status == "STREAMING|SYNC") return "HS:sync";
  if (data_status == "STREAMING|POTENTIAL") return "HS:potential";
  if (data_status == "STREAMING|ASYNC") return "HS:async";
  return "HS:connected";
}

// Commits wait for standbys that are connected, and for no others: a lost one must not hold up the primary.
Task<> choose_synchronous(System& system, std::string rows) {
  const Environment& environment = system.environment();
  if (!waits_for_standbys(environment)) co_return;
  std::string wanted;
  for (const std::string& node : other_nodes(environment))
    if (state_of(rows, node) != "DISCONNECT") wanted += fmt::format("{}{}", wanted.empty() ? "" : " ", node);
  const std::string file = pgsql_sync_file(environment);
  const auto before = co_await read_file(system, file);
  if (before.value_or("") == wanted) co_return;
  std::string told = "Setup all nodes as an async mode.";
  if (!wanted.empty()) told = fmt::format("Setup {} into sync mode.", wanted);
  co_await ocf_log(system, LogPriority::kInfo, told);
  co_await system.write_file(file, wanted);
  const std::string reload = fmt::format("pg_ctl -D {} reload", pgsql_data_file(environment, ""));
  co_await system.execute(reload);
}

Task<> watch_standbys(System& system) {
  const Environment& environment = system.environment();
  const std::string rows = co_await pgsql_ask(system, kAskStandbys);
  const std::vector<std::string> nodes = other_nodes(environment);
  for (const std::string& node : nodes) {
    const std::string state = state_of(rows, node);
    const std::string before = co_await get_attribute(system, kDataStatus, node);
    if (state != before)
      co_await ocf_log(
          system, LogPriority::kInfo,
          fmt::format("Changing {} on {} : {}->{}.", attribute_name(environment, kDataStatus), node, before, state));
    co_await tell(system, kDataStatus, node, state);
    // One that was never there has no score.
    const std::string status = co_await get_attribute(system, kStatus, node);
    if (!status.starts_with("HS")) continue;
    const std::string_view score = has_all_data(environment, state) ? kMayBePromoted : kNeverPromote;
    co_await put_score(system, node, score);
    if (state != "DISCONNECT") co_await tell(system, kStatus, node, status_of_standby(state));
  }
  co_await choose_synchronous(system, rows);
}

Task<int> primary_monitor(System& system) {
  const std::string self = system.environment().node_name;
  if (system.environment().is_probe()) co_return kOcfRunningPromoted;
  co_await tell(system, kStatus, self, "PRI");
  co_await tell(system, kDataStatus, self, "LATEST");
  co_await put_score(system, self, kPromoteMe);
  co_await watch_standbys(system);
  co_return kOcfRunningPromoted;
}

// --- standbys --------------------------------------------------------------------------------------------------------

// Nobody knows whose data are the newest: standbys compare their locations. Equal ones: the first of node_list.
Task<bool> is_newest(System& system) {
  const Environment& environment = system.environment();
  const WalPosition own = co_await own_position(system);
  const std::string location = fmt::format("{:016X}", own.at);
  co_await tell(system, kLocation, environment.node_name, location);
  bool before_self = true;
  const std::vector<std::string> nodes = words_of(environment.get("node_list"));
  for (const std::string& node : nodes) {
    if (node == environment.node_name) {
      before_self = false;
      continue;
    }
    const std::string other = co_await get_attribute(system, kLocation, node);
    if (other > location || (other == location && before_self)) co_return false;
  }
  co_return true;
}

Task<bool> won_comparison(System& system) {
  const Environment& environment = system.environment();
  const std::int64_t needed = parse_number(environment.get("xlog_check_count", "3")).value_or(3);
  const std::string file = count_file(environment);
  const bool newest = co_await is_newest(system);
  if (!newest) {
    co_await system.write_file(file, "0");
    co_return false;
  }
  const auto before = co_await read_file(system, file);
  const std::int64_t count = parse_number(before.value_or("0")).value_or(0) + 1;
  co_await system.write_file(file, std::to_string(count));
  co_return count >= needed;
}

Task<bool> nobody_has_data_status(System& system) {
  const std::vector<std::string> nodes = words_of(system.environment().get("node_list"));
  for (const std::string& node : nodes) {
    const std::string status = co_await get_attribute(system, kDataStatus, node);
    if (!status.empty()) co_return false;
  }
  co_return true;
}

Task<> judge_alone(System& system) {
  const Environment& environment = system.environment();
  const std::string self = environment.node_name;
  co_await tell(system, kStatus, self, "HS:alone");
  const std::string data_status = co_await get_attribute(system, kDataStatus, self);
  std::string_view score = kNeverPromote;
  if (data_status == "LATEST") {
    score = kPromoteMe;
  } else if (has_all_data(environment, data_status)) {
    score = kMayBePromoted;
  } else {
    const bool first_start = co_await nobody_has_data_status(system);
    bool won = false;
    if (first_start) won = co_await won_comparison(system);
    if (won) {
      co_await ocf_log(system, LogPriority::kInfo, "I have a master right.");
      score = kPromoteMe;
    }
  }
  co_await put_score(system, self, score);
}

// check_wal_receiver: whether the standby gets what the primary writes (meta-data of resource-agents 4.12).
Task<> tell_receiver(System& system, std::string_view status) {
  const Environment& environment = system.environment();
  if (!environment.is_true("check_wal_receiver", false) || environment.is_probe()) co_return;
  const std::string self = environment.node_name;
  co_await tell(system, kReceiverStatus, self, status);
}

Task<int> standby_monitor(System& system) {
  if (system.environment().is_probe()) co_return kOcfSuccess;
  const std::string primary = co_await find_primary(system);
  if (primary.empty()) {
    co_await tell_receiver(system, "ERROR");
    co_await judge_alone(system);
    co_return kOcfSuccess;
  }
  const std::string self = system.environment().node_name;
  const std::string data_status = co_await get_attribute(system, kDataStatus, self);
  const std::string status = co_await get_attribute(system, kStatus, self);
  const bool connected = data_status.starts_with("STREAMING");
  co_await tell_receiver(system, connected ? "normal" : "ERROR");
  if (!connected || !status.starts_with("HS")) co_await tell(system, kStatus, self, "HS:alone");
  if (!connected) co_await put_score(system, self, kNeverPromote);
  co_return kOcfSuccess;
}

// Data that the new primary has not cannot be taken back: this server must not follow it.
Task<bool> may_follow(System& system) {
  const Environment& environment = system.environment();
  const std::string primary = co_await find_primary(system);
  if (primary.empty()) co_return true;
  RemoteCommand command;
  const std::string host(environment.get("master_ip"));
  command.host = host;
  command.service = RemoteService::kDatabase;
  command.command = kAskReplication;
  command.timeout = seconds(10);
  const RemoteReply reply = co_await system.remote_command(command);
  const auto theirs = parse_wal(reply.output);
  if (reply.outcome != RemoteOutcome::kDone || !theirs) co_return true;
  const WalPosition own = co_await own_position(system);
  if (can_follow(own, *theirs)) co_return true;
  const std::string baseline = co_await get_attribute(system, kBaseline, primary);
  co_await ocf_exit_reason(system,
                           fmt::format("My data is newer than new master's one. New master's location : {}", baseline));
  co_return false;
}

}  // namespace

bool pgsql_replicates(const Environment& environment) {
  const std::string_view mode = environment.get("rep_mode", "none");
  return mode == "async" || mode == "sync";
}

Task<int> pgsql_replica_monitor(System& system) {
  const int server = co_await pgsql_server_status(system);
  if (server != kOcfSuccess) co_return server;
  const std::string recovering = co_await pgsql_ask(system, kAskRecovery);
  if (recovering == "f") {
    co_await tell_receiver(system, "normal (master)");
    co_return co_await primary_monitor(system);
  }
  co_return co_await standby_monitor(system);
}

Task<int> pgsql_replica_start(System& system) {
  const Environment& environment = system.environment();
  const int before = co_await pgsql_server_status(system);
  if (before == kOcfSuccess) co_return kOcfSuccess;
  const std::string lock = lock_file(environment);
  const bool locked = co_await system.file_exists(lock);
  if (locked) {
    co_await ocf_exit_reason(
        system, fmt::format("My data may be inconsistent. You have to remove {} file to force start.", lock));
    co_return kOcfErrGeneric;
  }
  const bool follows = co_await may_follow(system);
  if (!follows) co_return kOcfErrGeneric;
  co_await system.remove_file(count_file(environment));
  co_await system.write_file(pgsql_sync_file(environment), "");
  const std::string recovery = fmt::format(
      "standby_mode = 'on'\nprimary_conninfo = 'host={} port={} user={} application_name={} {}'\n"
      "restore_command = '{}'\nrecovery_target_timeline = 'latest'\n",
      environment.get("master_ip"), environment.get("pgport", "5432"), environment.get("repuser", "postgres"),
      environment.node_name, environment.get("primary_conninfo_opt"), environment.get("restore_command"));
  const std::string recovery_file = pgsql_data_file(environment, kRecoveryFile);
  co_await system.write_file(recovery_file, recovery);
  co_await put_score(system, environment.node_name, kNeverPromote);
  const int started = co_await pgsql_start_server(system);
  if (started != kOcfSuccess) co_return started;
  co_await tell(system, kStatus, environment.node_name, "HS:alone");
  co_return co_await standby_monitor(system);
}

// A primary that ends cleanly and alone has all data: no lock is needed.
Task<int> pgsql_replica_stop(System& system) {
  const Environment& environment = system.environment();
  const int before = co_await pgsql_server_status(system);
  bool was_primary_alone = false;
  if (before == kOcfSuccess) {
    const std::string recovering = co_await pgsql_ask(system, kAskRecovery);
    const std::string standbys = co_await pgsql_ask(system, kAskStandbys);
    was_primary_alone = recovering == "f" && standbys.empty();
  }
  co_await delete_promotion_score(system);
  const int stopped = co_await pgsql_stop_server(system);
  if (stopped == kOcfSuccess && was_primary_alone) co_await system.remove_file(lock_file(environment));
  co_await tell(system, kStatus, environment.node_name, "STOP");
  co_return stopped;
}

Task<int> pgsql_replica_promote(System& system) {
  const Environment& environment = system.environment();
  const std::string self = environment.node_name;
  const int before = co_await pgsql_replica_monitor(system);
  if (before != kOcfSuccess) co_return before == kOcfRunningPromoted ? kOcfSuccess : kOcfErrGeneric;
  co_await system.write_file(lock_file(environment), "");
  const WalPosition position = co_await own_position(system);
  const std::string baseline = fmt::format("{:016X}", position.at);
  co_await tell(system, kBaseline, self, baseline);
  if (environment.is_true("restart_on_promote", false)) {
    // Without recovery.conf it goes on with its timeline.
    const int stopped = co_await pgsql_stop_server(system);
    if (stopped != kOcfSuccess) co_return kOcfErrGeneric;
    const std::string recovery_file = pgsql_data_file(environment, kRecoveryFile);
    co_await system.remove_file(recovery_file);
    const int started = co_await pgsql_start_server(system);
    if (started != kOcfSuccess) co_return kOcfErrGeneric;
  } else {
    const std::string command = fmt::format("pg_ctl -D {} promote", pgsql_data_file(environment, ""));
    co_await system.execute(command);
    const std::string wish = pgsql_data_file(environment, kPromoteFile);
    co_await system.write_file(wish, "");
  }
  for (;;) {
    const std::string recovering = co_await pgsql_ask(system, kAskRecovery);
    if (recovering == "f") break;
    co_await system.sleep(seconds(1));
  }
  co_await tell(system, kDataStatus, self, "LATEST");
  co_await tell(system, kStatus, self, "PRI");
  co_await put_score(system, self, kPromoteMe);
  const std::vector<std::string> nodes = other_nodes(environment);
  for (const std::string& node : nodes) co_await tell(system, kDataStatus, node, "DISCONNECT");
  co_await ocf_log(system, LogPriority::kInfo, "PostgreSQL is promoted");
  co_return kOcfSuccess;
}

// PostgreSQL cannot go back to recovery while it runs: demoting ends it.
Task<int> pgsql_replica_demote(System& system) {
  AttributeUpdate baseline;
  const std::string name = attribute_name(system.environment(), kBaseline);
  baseline.name = name;
  baseline.remove = true;
  co_await system.update_attribute(baseline);
  co_return co_await pgsql_replica_stop(system);
}

}  // namespace simcluster::agents
