#include "engine/controller/election.h"

#include <optional>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace simcluster::controller {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr ClusterNodeId kUs(2);
constexpr ClusterNodeId kPeer(1);
constexpr Time kNow{1'000'000'000'000};

class ElectionTest : public ::testing::Test, public ElectionClient {
 protected:
  void broadcast_vote(const Vote& vote) override { last_vote = vote; }
  void send_no_vote(ClusterNodeId, const Vote&) override { ++no_votes; }
  ElectionAge election_age() const override { return {0, age}; }
  std::size_t active_members() const override { return active.size(); }
  bool is_active(ClusterNodeId node) const override { return active.contains(node); }
  void start_vote_timer() override {}
  void stop_vote_timer() override {}
  void log_election(bool, std::string_view text) override { lines.emplace_back(text); }

  ElectionResult hear(std::int64_t their_age, const char* feature_set = "3.16.2", Time now = kNow,
                      const char* name = "node1", bool eligible = true) {
    return election.count(kPeer, name, feature_set, false, {kPeer.value, 7, 0, their_age}, eligible, now);
  }

  std::set<ClusterNodeId> active{kPeer, kUs};
  std::int64_t age = 100;
  Vote last_vote;
  int no_votes = 0;
  std::vector<std::string> lines;
  Election election{*this, kUs, "node2", "3.16.2"};
};

// CM-4.4 rule 6: the older feature set wins, then the greater age, then the name that comes first.
TEST_F(ElectionTest, WhoIsBetter) {
  EXPECT_EQ(hear(100), ElectionResult::kLost);
  EXPECT_EQ(hear(0, "3.16.1", kNow + seconds(10)), ElectionResult::kLost);
  EXPECT_EQ(hear(900, "3.17.0", kNow + seconds(20)), ElectionResult::kWinRound);
  EXPECT_EQ(hear(101, "3.16.2", kNow + seconds(30)), ElectionResult::kLost);
  EXPECT_EQ(hear(99, "3.16.2", kNow + seconds(40)), ElectionResult::kWinRound);
  EXPECT_EQ(hear(100, "3.16.2", kNow + seconds(50), "Node3"), ElectionResult::kWinRound);
  EXPECT_THAT(lines.back(), HasSubstr("pass: vote from Node3 (Host name)"));
  EXPECT_EQ(no_votes, 3);
}

// CM-4.4 rules 1 to 4
TEST_F(ElectionTest, WhoDoesNotCount) {
  EXPECT_EQ(hear(0, "3.16.2", kNow, "node1", false), ElectionResult::kLost);
  active.erase(kPeer);
  EXPECT_EQ(hear(900), ElectionResult::kNothing);
  active.erase(kUs);
  EXPECT_EQ(hear(0), ElectionResult::kLost);
}

// CM-4.5: who has just lost does not win.
TEST_F(ElectionTest, ALossIsRemembered) {
  EXPECT_EQ(hear(101), ElectionResult::kLost);
  EXPECT_EQ(hear(1, "3.16.2", kNow + milliseconds(1900)), ElectionResult::kLost);
  EXPECT_THAT(lines.back(), HasSubstr("because we lost less than 2s ago"));
  EXPECT_EQ(hear(1, "3.16.2", kNow + seconds(3)), ElectionResult::kWinRound);
}

// CM-4.8: unless it was the leader that has left.
TEST_F(ElectionTest, ButNotAgainstALeaderThatHasLeft) {
  EXPECT_EQ(hear(101), ElectionResult::kLost);
  election.forget_voter(kPeer, true);
  EXPECT_EQ(hear(1, "3.16.2", kNow + seconds(1)), ElectionResult::kWinRound);
}

// CM-4.6: every active member has to vote, this one too; votes of another round do not count.
TEST_F(ElectionTest, AllVotes) {
  election.start_round();
  const Vote ours = last_vote;
  election.count(kUs, "node2", "3.16.2", false, ours, true, kNow);
  EXPECT_FALSE(election.check_won());
  Vote old = ours;
  old.round -= 1;
  election.count(kPeer, "node1", "3.16.2", true, old, true, kNow);
  EXPECT_FALSE(election.check_won());
  election.count(kPeer, "node1", "3.16.2", true, ours, true, kNow);
  EXPECT_TRUE(election.check_won());
  EXPECT_FALSE(election.check_won());
}

// CM-4.6: or the time is over.
TEST_F(ElectionTest, NobodyElseVotes) {
  EXPECT_FALSE(election.on_timeout());
  election.start_round();
  EXPECT_TRUE(election.on_timeout());
  EXPECT_THAT(lines, ElementsAre("Declaring local node as winner after election timed out"));
}

// CM-4.7: more wins than (peers + 1) squared within two seconds.
TEST_F(ElectionTest, Storm) {
  for (int i = 0; i < 9; ++i) hear(1);
  EXPECT_THAT(lines, testing::Not(testing::Contains(HasSubstr("storm"))));
  hear(1);
  EXPECT_THAT(lines, testing::Contains("Election storm detected: 10 wins in 0 seconds"));
}

// CM-1.4
TEST(FeatureSets, Compatible) {
  EXPECT_TRUE(feature_sets_compatible("3.16.2", "3.17.0"));
  EXPECT_TRUE(feature_sets_compatible("3.16.2", "3.16.0"));
  EXPECT_FALSE(feature_sets_compatible("3.16.2", "3.15.9"));
  EXPECT_FALSE(feature_sets_compatible("3.0.1", "4.0.1"));
  EXPECT_TRUE(feature_sets_compatible("3.0.10", ""));
}

}  // namespace
}  // namespace simcluster::controller
