// pgsql, and the server below it (AT-4.7).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/agents/postgres.h"
#include "engine/agents/services.h"
#include "engine/agents/testing.h"

namespace simcluster::agents {
namespace {

using Parameters = std::vector<std::pair<std::string, std::string>>;
using testing::Contains;
using testing::HasSubstr;

constexpr const char* kLock = "/var/lib/pgsql/tmp/PGSQL.lock";
constexpr const char* kOtherHost = "10.0.0.9";

WalPosition position(std::vector<std::uint64_t> ends, std::uint64_t at) { return {std::move(ends), at}; }

TEST(Wal, PositionsAsText) {
  EXPECT_EQ(wal_text(position({}, 0x3000060)), " 0/3000060");
  const WalPosition forked = position({0x5000060, 0x100000000}, 0x100000060);
  EXPECT_EQ(wal_text(forked), "0/5000060,1/0 1/60");
  EXPECT_EQ(parse_wal(wal_text(forked)), forked);
  EXPECT_EQ(parse_wal(""), std::nullopt);
  EXPECT_EQ(parse_wal("x 0/1"), std::nullopt);
  EXPECT_EQ(parse_wal(" 01"), std::nullopt);
}

TEST(Wal, AStandbyMayHaveNothingThatThePrimaryHasNot) {
  EXPECT_TRUE(can_follow(position({}, 5), position({}, 5)));
  EXPECT_FALSE(can_follow(position({}, 6), position({}, 5)));
  EXPECT_TRUE(can_follow(position({}, 5), position({5}, 9)));
  EXPECT_FALSE(can_follow(position({}, 6), position({5}, 9)));
  EXPECT_FALSE(can_follow(position({4}, 6), position({5}, 9)));
  EXPECT_FALSE(can_follow(position({5}, 6), position({}, 9)));
}

struct Pgsql : testing::Test {
  int run(std::string_view action, const Parameters& more = {}, Duration interval = seconds(10)) {
    Parameters parameters = more;
    if (!mode.empty()) {
      parameters.emplace_back("rep_mode", mode);
      parameters.emplace_back("node_list", "node01 node02");
      parameters.emplace_back("master_ip", kOtherHost);
    }
    FakeProcess& process = host.start(pgsql, fake_environment("pgsql", "pg", action, interval, parameters, profile));
    const Time begun = host.now();
    while (!process.exit_code() && host.now() - begun < minutes(10)) host.run_until(host.now() + milliseconds(1));
    return process.exit_code().value_or(-1);
  }
  void wait(Duration time) { host.run_until(host.now() + time); }
  void kill_server() { host.kill(std::stoi(host.files.at("/var/lib/pgsql/data/postmaster.pid"))); }
  // First start: after three comparisons this node is the primary.
  void become_primary() {
    ASSERT_EQ(run("start"), 0);
    while (host.attributes["master-pg"] != "1000") ASSERT_EQ(run("monitor"), 0);
    ASSERT_EQ(run("promote"), 0);
  }
  // The standby node02 has what the primary had, and says so.
  void other_asks() {
    const WalPosition has = *parse_wal(host.files.at("/var/lib/pgsql/data/pg_xlog/position"));
    FakeProcess& asks = host.start(
        [](System& system) -> Task<int> {
          const std::string text = system.environment().arguments.at(0);
          RemoteCommand command;
          command.host = "127.0.0.1";
          command.command = text;
          co_await system.remote_command(command);
          co_return 0;
        },
        asking("START_REPLICATION node02 " + wal_text(has)));
    wait(milliseconds(500));
    ASSERT_TRUE(asks.exit_code().has_value());
  }
  static Environment asking(std::string text) {
    Environment environment;
    environment.arguments = {std::move(text)};
    return environment;
  }

  FakeHost host;
  Profile profile = *make_profile({});
  std::string mode;
};

TEST_F(Pgsql, Alone) {
  EXPECT_EQ(run("monitor"), 7);
  EXPECT_EQ(host.log.back(), "INFO: PostgreSQL is down");
  EXPECT_EQ(run("start"), 0);
  EXPECT_EQ(run("monitor"), 0);
  EXPECT_EQ(run("promote"), 3);
  host.faults["psql"] = {2, "", false};
  EXPECT_EQ(run("monitor"), 1);
  EXPECT_EQ(host.log.back(), "ERROR: PostgreSQL template1 isn't running.");
  EXPECT_EQ(run("stop", {{"CRM_meta_timeout", "60000"}}), 0);
  EXPECT_THAT(host.log, Contains("INFO: stop_escalate(or stop_escalate_in_slave) time is adjusted to 50 based on the "
                                 "configured timeout."));
  EXPECT_EQ(run("monitor"), 7);
}

// First start without status anywhere: the newest gets 1000, after xlog_check_count comparisons.
TEST_F(Pgsql, FirstStartComparesLocations) {
  mode = "sync";
  EXPECT_EQ(run("start"), 0);
  EXPECT_EQ(host.attributes["pg-status"], "HS:alone");
  EXPECT_EQ(host.attributes["pg-xlog-loc"], "0000000003000060");
  EXPECT_EQ(host.attributes["master-pg"], "-INFINITY");
  EXPECT_EQ(run("monitor"), 0);
  EXPECT_EQ(host.attributes["master-pg"], "-INFINITY");
  EXPECT_EQ(run("monitor"), 0);
  EXPECT_EQ(host.attributes["master-pg"], "1000");
}

TEST_F(Pgsql, FirstStartWithAnOlderLocation) {
  mode = "sync";
  host.attributes["pg-xlog-loc@node02"] = "0000000003000061";
  EXPECT_EQ(run("start"), 0);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(run("monitor"), 0);
  EXPECT_EQ(host.attributes["master-pg"], "-INFINITY");
}

TEST_F(Pgsql, PromotionWritesTheLockAndTheBaseline) {
  mode = "sync";
  become_primary();
  EXPECT_TRUE(host.files.contains(kLock));
  EXPECT_EQ(host.attributes["pg-master-baseline"], "0000000003000060");
  EXPECT_EQ(host.attributes["pg-status"], "PRI");
  EXPECT_EQ(host.attributes["pg-data-status"], "LATEST");
  EXPECT_EQ(host.attributes["pg-data-status@node02"], "DISCONNECT");
  EXPECT_EQ(run("monitor"), 8);
  EXPECT_EQ(run("monitor", {}, Duration{}), 8);
}

// The primary says which standbys may be promoted.
TEST_F(Pgsql, ThePrimaryWatchesItsStandby) {
  mode = "sync";
  become_primary();
  host.attributes["pg-status@node02"] = "HS:alone";
  other_asks();
  EXPECT_EQ(run("monitor"), 8);
  EXPECT_EQ(host.attributes["pg-data-status@node02"], "STREAMING|ASYNC");
  EXPECT_EQ(host.attributes["pg-status@node02"], "HS:async");
  EXPECT_EQ(host.attributes["master-pg@node02"], "-INFINITY");
  other_asks();
  EXPECT_EQ(run("monitor"), 8);
  EXPECT_EQ(host.attributes["pg-data-status@node02"], "STREAMING|SYNC");
  EXPECT_EQ(host.attributes["master-pg@node02"], "100");
  wait(seconds(6));
  EXPECT_EQ(run("monitor"), 8);
  EXPECT_EQ(host.attributes["pg-data-status@node02"], "DISCONNECT");
  EXPECT_EQ(host.attributes["master-pg@node02"], "-INFINITY");
}

// A commit waits for the synchronous standby.
TEST_F(Pgsql, CommitsWaitForTheSynchronousStandby) {
  mode = "sync";
  become_primary();
  host.attributes["pg-status@node02"] = "HS:alone";
  const auto committed = [&] { return parse_wal(host.files.at("/var/lib/pgsql/data/pg_xlog/position"))->at; };
  const std::uint64_t before = committed();
  wait(seconds(3));
  EXPECT_GE(committed(), before + 2 * 0x60);
  other_asks();
  EXPECT_EQ(run("monitor"), 8);
  const std::uint64_t waiting = committed();
  wait(seconds(4));
  EXPECT_LE(committed(), waiting + 0x60);
}

TEST_F(Pgsql, AKilledPrimaryDoesNotStart) {
  mode = "sync";
  become_primary();
  kill_server();
  EXPECT_EQ(run("monitor"), 7);
  EXPECT_EQ(run("stop"), 0);
  EXPECT_EQ(host.attributes["pg-status"], "STOP");
  EXPECT_EQ(run("start"), 1);
  EXPECT_THAT(host.log.back(),
              HasSubstr("My data may be inconsistent. You have to remove /var/lib/pgsql/tmp/PGSQL.lock file to force "
                        "start."));
  host.files.erase(kLock);
  EXPECT_EQ(run("start"), 0);
  EXPECT_EQ(host.attributes["master-pg"], "1000");
}

TEST_F(Pgsql, ACleanStopAloneNeedsNoLock) {
  mode = "async";
  become_primary();
  EXPECT_EQ(run("demote"), 0);
  EXPECT_FALSE(host.files.contains(kLock));
  EXPECT_FALSE(host.attributes.contains("master-pg"));
  EXPECT_FALSE(host.attributes.contains("pg-master-baseline"));
  EXPECT_EQ(run("start"), 0);
}

TEST_F(Pgsql, ACleanStopWithAStandbyLeavesTheLock) {
  mode = "async";
  become_primary();
  other_asks();
  EXPECT_EQ(run("demote", {{"CRM_meta_timeout", "30000"}}), 0);
  EXPECT_TRUE(host.files.contains(kLock));
}

// The old primary has what the new one never got.
TEST_F(Pgsql, DataThatAreNewerThanTheNewPrimarys) {
  mode = "async";
  become_primary();
  wait(seconds(3));
  kill_server();
  host.files.erase(kLock);
  host.attributes["pg-status@node02"] = "PRI";
  host.attributes["pg-master-baseline@node02"] = "00000000030000C0";
  host.remote_answers[kOtherHost] = wal_text(position({0x3000060, 0x30000C0}, 0x3000200));
  EXPECT_EQ(run("start"), 1);
  EXPECT_THAT(host.log.back(), HasSubstr("My data is newer than new master's one. New master's location : "
                                         "00000000030000C0"));
}

TEST_F(Pgsql, AStandbyCopiesWhatThePrimaryHas) {
  mode = "async";
  host.attributes["pg-status@node02"] = "PRI";
  const WalPosition primary = position({0x3000060}, 0x3000200);
  host.remote_answers[kOtherHost] = wal_text(primary);
  EXPECT_EQ(run("start"), 0);
  wait(seconds(1));
  EXPECT_EQ(parse_wal(host.files.at("/var/lib/pgsql/data/pg_xlog/position")), primary);
  EXPECT_THAT(host.remote_questions, Contains("START_REPLICATION node01  0/3000060"));
  EXPECT_EQ(run("monitor"), 0);
  EXPECT_EQ(host.attributes["master-pg"], "-INFINITY");
}

// AT-4.7 check_wal_receiver, restart_on_promote (meta-data of resource-agents 4.12).
TEST_F(Pgsql, TheReceiverIsToldAbout) {
  mode = "async";
  const Parameters check = {{"check_wal_receiver", "true"}};
  become_primary();
  EXPECT_FALSE(host.attributes.contains("pg-receiver-status"));
  EXPECT_EQ(run("monitor", check), 8);
  EXPECT_EQ(host.attributes["pg-receiver-status"], "normal (master)");
}

TEST_F(Pgsql, AStandbyWithoutAPrimaryReceivesNothing) {
  mode = "async";
  const Parameters check = {{"check_wal_receiver", "true"}};
  EXPECT_EQ(run("start"), 0);
  EXPECT_EQ(run("monitor", check), 0);
  EXPECT_EQ(host.attributes["pg-receiver-status"], "ERROR");
  host.attributes["pg-status@node02"] = "PRI";
  host.attributes["pg-data-status"] = "STREAMING|ASYNC";
  EXPECT_EQ(run("monitor", check), 0);
  EXPECT_EQ(host.attributes["pg-receiver-status"], "normal");
}

TEST_F(Pgsql, ARestartKeepsTheTimeline) {
  mode = "async";
  const auto timelines_ended = [this] {
    const auto file = host.files.find("/var/lib/pgsql/data/pg_xlog/position");
    return file == host.files.end() ? 0U : parse_wal(file->second)->ends.size();
  };
  const auto promoted = [&](const Parameters& parameters) {
    EXPECT_EQ(run("start"), 0);
    while (host.attributes["master-pg"] != "1000") EXPECT_EQ(run("monitor"), 0);
    const std::size_t before = timelines_ended();
    EXPECT_EQ(run("promote", parameters), 0);
    wait(seconds(3));
    EXPECT_EQ(run("monitor"), 8);
    return timelines_ended() - before;
  };
  EXPECT_EQ(promoted({{"restart_on_promote", "true"}}), 0U);
  EXPECT_FALSE(host.files.contains("/var/lib/pgsql/data/recovery.conf"));
  EXPECT_EQ(run("stop"), 0);
  host.attributes.clear();
  EXPECT_EQ(promoted({}), 1U);
}

// Without a primary a standby goes by what was last said of it.
TEST_F(Pgsql, AStandbyThatIsLeftAlone) {
  mode = "sync";
  host.attributes["pg-data-status@node02"] = "LATEST";
  host.attributes["pg-data-status"] = "STREAMING|SYNC";
  EXPECT_EQ(run("start"), 0);
  EXPECT_EQ(host.attributes["master-pg"], "100");
  host.attributes["pg-data-status"] = "STREAMING|ASYNC";
  EXPECT_EQ(run("monitor"), 0);
  EXPECT_EQ(host.attributes["master-pg"], "-INFINITY");
  mode = "async";
  EXPECT_EQ(run("monitor"), 0);
  EXPECT_EQ(host.attributes["master-pg"], "100");
}

}  // namespace
}  // namespace simcluster::agents
