#include "engine/agents/postgres.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>

#include <fmt/core.h>

#include "engine/agents/ocf.h"

namespace simcluster::agents {
namespace {

constexpr Duration kTurn = milliseconds(200);
constexpr Duration kCommitInterval = seconds(1);
constexpr Duration kConnectTimeout = seconds(1);
// replication_timeout, as the agent's users are told to set it.
constexpr Duration kStandbyTimeout = seconds(5);
constexpr std::uint64_t kRecordSize = 0x60;

struct Standby {
  std::uint64_t has = 0;
  Time seen;
};

// The server's memory.
struct Server {
  std::string data;
  std::string sync_file;
  WalPosition wal;
  bool recovering = false;
  std::string primary;   // host of primary_conninfo
  std::string own_name;  // application_name
  std::vector<std::string> synchronous;
  std::map<std::string, Standby, std::less<>> standbys;
  Time last_commit;
};

std::optional<std::uint64_t> parse_location(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto hexadecimal = [](std::string_view digits) -> std::optional<std::uint64_t> {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
    if (digits.empty() || error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
    return value;
  };
  const auto high = hexadecimal(text.substr(0, slash));
  const auto low = hexadecimal(text.substr(slash + 1));
  if (!high || !low) return std::nullopt;
  return (*high << 32U) | *low;
}

// The value of `key=` among the words of primary_conninfo.
std::string connection_value(std::string_view text, std::string_view key) {
  const std::size_t start = text.find(key);
  if (start == std::string_view::npos) return {};
  const std::string_view rest = text.substr(start + key.size());
  return std::string(rest.substr(0, rest.find_first_of(" '\n")));
}

Task<> save(System& system, const Server& server) {
  const std::string file = server.data + std::string(kWalFile);
  const std::string text = wal_text(server.wal);
  co_await system.write_file(file, text);
}

Task<> load(System& system, Server& server) {
  const std::string wal_file = server.data + std::string(kWalFile);
  const std::string recovery_file = server.data + std::string(kRecoveryFile);
  const auto position = co_await read_file(system, wal_file);
  if (position) server.wal = parse_wal(*position).value_or(WalPosition{});
  const auto recovery = co_await read_file(system, recovery_file);
  server.recovering = recovery.has_value();
  if (!recovery) co_return;
  server.primary = connection_value(*recovery, "host=");
  server.own_name = connection_value(*recovery, "application_name=");
}

// One turn of the WAL receiver: everything that the primary has.
Task<> stream(System& system, Server& server) {
  if (server.primary.empty()) co_return;
  const std::string question = fmt::format("{} {} {}", kAskReplication, server.own_name, wal_text(server.wal));
  RemoteCommand command;
  command.host = server.primary;
  command.service = RemoteService::kDatabase;
  command.command = question;
  command.timeout = kConnectTimeout;
  const RemoteReply reply = co_await system.remote_command(command);
  if (reply.outcome != RemoteOutcome::kDone) co_return;
  const auto primary = parse_wal(reply.output);
  if (!primary || *primary == server.wal || !can_follow(server.wal, *primary)) co_return;
  server.wal = *primary;
  co_await save(system, server);
}

// pg_ctl promote: a new timeline begins here.
Task<> leave_recovery(System& system, Server& server) {
  co_await system.remove_file(server.data + std::string(kPromoteFile));
  co_await system.remove_file(server.data + std::string(kRecoveryFile));
  server.recovering = false;
  server.wal.ends.push_back(server.wal.at);
  server.wal.at += kRecordSize;
  server.last_commit = system.now();
  co_await save(system, server);
}

void hear_standbys(System& system, Server& server, std::span<const std::string> commands) {
  for (const std::string& command : commands) {
    if (server.recovering || !command.starts_with(kAskReplication)) continue;
    std::string_view rest = std::string_view(command).substr(kAskReplication.size());
    rest.remove_prefix(std::min<std::size_t>(1, rest.size()));
    const std::size_t blank = rest.find(' ');
    if (blank == std::string_view::npos) continue;  // only asked how far the primary is
    const auto position = parse_wal(rest.substr(blank + 1));
    if (!position || !can_follow(*position, server.wal)) continue;
    server.standbys.insert_or_assign(std::string(rest.substr(0, blank)), Standby{position->at, system.now()});
  }
  std::erase_if(server.standbys,
                [&](const auto& standby) { return system.now() - standby.second.seen > kStandbyTimeout; });
}

// The standby that commits wait for: the first one named that is connected.
std::string_view synchronous_standby(const Server& server) {
  for (const std::string& name : server.synchronous)
    if (server.standbys.contains(name)) return name;
  return {};
}

Task<> commit(System& system, Server& server) {
  const auto names = co_await read_file(system, server.sync_file);
  server.synchronous.clear();
  for (std::string_view rest = names ? std::string_view(*names) : std::string_view(); !rest.empty();) {
    const std::size_t end = std::min(rest.find_first_of(" \n"), rest.size());
    if (end != 0) server.synchronous.emplace_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  const std::string_view waits_for = synchronous_standby(server);
  const auto found = server.standbys.find(waits_for);
  const bool replicated = found != server.standbys.end() && found->second.has >= server.wal.at;
  if (!server.synchronous.empty() && !replicated) co_return;
  if (system.now() - server.last_commit < kCommitInterval) co_return;
  server.last_commit = system.now();
  server.wal.at += kRecordSize;
  co_await save(system, server);
}

std::string standby_rows(const Server& server) {
  const std::string_view synchronous = synchronous_standby(server);
  std::string rows;
  for (const auto& [name, standby] : server.standbys) {
    const bool named = std::ranges::find(server.synchronous, name) != server.synchronous.end();
    rows += fmt::format("{}|STREAMING|{}\n", name, name == synchronous ? "SYNC" : named ? "POTENTIAL" : "ASYNC");
  }
  return rows;
}

Task<> answer_clients(System& system, Server& server) {
  const std::string rows = standby_rows(server);
  const std::string position = server.recovering ? std::string() : wal_text(server.wal);
  const std::array answers = {ServedAnswer{kAskRecovery, server.recovering ? "t" : "f"},
                              ServedAnswer{kAskStandbys, rows}, ServedAnswer{kAskReplication, position},
                              ServedAnswer{"", "1"}};
  const ServedCommands heard = co_await system.serve(answers);
  hear_standbys(system, server, heard.commands);
}

// A fast shutdown lets connected standbys have everything first.
Task<bool> may_end(System& system, const Server& server) {
  const bool asked = co_await system.file_exists(server.data + std::string(kShutdownFile));
  if (!asked) co_return false;
  for (const auto& [name, standby] : server.standbys)
    if (!server.recovering && standby.has < server.wal.at) co_return false;
  co_await system.remove_file(server.data + std::string(kShutdownFile));
  co_return true;
}

}  // namespace

std::string location_text(std::uint64_t location) {
  return fmt::format("{:X}/{:X}", location >> 32U, location & 0xFFFFFFFFU);
}

std::string wal_text(const WalPosition& position) {
  std::string text;
  for (const std::uint64_t end : position.ends)
    text += fmt::format("{}{}", text.empty() ? "" : ",", location_text(end));
  return fmt::format("{} {}", text, location_text(position.at));
}

std::optional<WalPosition> parse_wal(std::string_view text) {
  const std::size_t blank = text.find(' ');
  if (blank == std::string_view::npos) return std::nullopt;
  const auto at = parse_location(text.substr(blank + 1));
  if (!at) return std::nullopt;
  WalPosition position{{}, *at};
  for (std::string_view rest = text.substr(0, blank); !rest.empty();) {
    const std::size_t comma = std::min(rest.find(','), rest.size());
    const auto end = parse_location(rest.substr(0, comma));
    if (!end) return std::nullopt;
    position.ends.push_back(*end);
    rest.remove_prefix(std::min(comma + 1, rest.size()));
  }
  return position;
}

bool can_follow(const WalPosition& own, const WalPosition& primary) {
  if (own.ends.size() > primary.ends.size()) return false;
  if (!std::equal(own.ends.begin(), own.ends.end(), primary.ends.begin())) return false;
  return own.at <= (own.ends.size() < primary.ends.size() ? primary.ends[own.ends.size()] : primary.at);
}

Task<int> postgres_server(System& system) {
  system.ignore_termination();
  Server server;
  server.data = system.environment().arguments.at(0);
  server.sync_file = system.environment().arguments.at(1);
  server.last_commit = system.now();
  co_await load(system, server);
  for (;;) {
    if (server.recovering) {
      const bool promoted = co_await system.file_exists(server.data + std::string(kPromoteFile));
      if (promoted) {
        co_await leave_recovery(system, server);
      } else {
        co_await stream(system, server);
      }
    } else {
      co_await commit(system, server);
    }
    co_await answer_clients(system, server);
    const bool ends = co_await may_end(system, server);
    if (ends) co_return 0;
    co_await system.sleep(kTurn);
  }
}

}  // namespace simcluster::agents
