// A PostgreSQL server with streaming replication, as far as the agent pgsql and its peers can see it: a location in the
// log that grows with every commit, timelines that fork at promotions, standbys that copy.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/agents/system.h"
#include "engine/agents/task.h"

namespace simcluster::agents {

// How far a server's data go: the locations at which its earlier timelines ended, and where it is now.
struct WalPosition {
  std::vector<std::uint64_t> ends;
  std::uint64_t at = 0x3000060;

  bool operator==(const WalPosition&) const = default;
};

// "0/5000060,0/6000000 0/7000060": ends of timelines, then the location. Nothing for other text.
std::string wal_text(const WalPosition& position);
std::optional<WalPosition> parse_wal(std::string_view text);
// As PostgreSQL prints a location: "0/3000060".
std::string location_text(std::uint64_t location);
// A standby with `own` data can go on from those of `primary`: it has nothing that the primary has not.
bool can_follow(const WalPosition& own, const WalPosition& primary);

// Files below the data directory.
constexpr std::string_view kWalFile = "/pg_xlog/position";
constexpr std::string_view kRecoveryFile = "/recovery.conf";
// Stand for the signals of `pg_ctl promote` and `pg_ctl stop -m fast`.
constexpr std::string_view kPromoteFile = "/promote";
constexpr std::string_view kShutdownFile = "/shutdown";

// What is asked of a server (psql), up to the part that the answer depends on.
constexpr std::string_view kAskRecovery = "select pg_is_in_recovery();";  // "t" or "f"
// NAME|STATE|SYNC_STATE, a line for each connected standby.
constexpr std::string_view kAskStandbys =
    "select application_name,upper(state),upper(sync_state) from pg_stat_replication;";
// A standby's question for more, "START_REPLICATION NAME WAL": the primary's position, nothing from a standby.
constexpr std::string_view kAskReplication = "START_REPLICATION";

// The server. In recovery while recovery.conf is there; a primary commits about once a second, and with synchronous
// standbys waits for the first of them before it goes on.
//   arguments: PGDATA FILE; FILE has the names of the synchronous standbys, apart by blanks
Task<int> postgres_server(System& system);

}  // namespace simcluster::agents
