// votequorum: its configuration and its arithmetic (M 10).
#include "engine/membership/testing_host.h"
#include "engine/membership/testing_vectors.h"
#include "engine/membership/votequorum.h"

namespace simcluster::membership {
namespace {

using testing::Test;
using vectors::conf;
using vectors::Net;

Profile profile(const std::string& version) {
  StackVersions versions;
  versions.corosync = version;
  return *make_profile(versions);
}

// Nodes with these votes; the local one is the first.
VoteSettings settings(std::vector<int> votes, const std::string& quorum, const std::string& version = "3.1.7") {
  std::string text = votes.empty() ? "" : "nodelist {\n";
  int id = 0;
  for (const int each : votes) {
    ++id;
    text += fmt::format(" node {{\n ring0_addr: 10.0.0.{0}\n nodeid: {0}\n quorum_votes: {1}\n }}\n", id, each);
  }
  text += votes.empty() ? "" : "}\n";
  const Profile p = profile(version);
  const auto conf = parse_corosync_conf(text + "quorum {\n" + quorum + "}\n", "c", p);
  const auto local = votes.empty() ? std::nullopt : std::optional<std::uint32_t>(votes.front());
  auto result = vote_settings(*conf, local, p);
  EXPECT_TRUE(result) << result.error().message;
  return result.value_or(VoteSettings());
}

std::string error(std::vector<int> votes, const std::string& quorum) {
  std::string text = "nodelist {\n";
  for (std::size_t i = 0; i < votes.size(); ++i)
    text += fmt::format(" node {{\n ring0_addr: 10.0.0.{0}\n nodeid: {0}\n quorum_votes: {1}\n }}\n", i + 1, votes[i]);
  const Profile p = profile("3.1.7");
  const auto conf = parse_corosync_conf(text + "}\nquorum {\n" + quorum + "}\n", "c", p);
  const auto result = vote_settings(*conf, static_cast<std::uint32_t>(votes.front()), p);
  return result ? "" : result.error().message;
}

// VQ-1, VQ-2.
TEST(VoteSettings, Votes) {
  const VoteSettings listed = settings({2, 1, 3}, "");
  EXPECT_EQ(listed.votes, 2U);
  EXPECT_EQ(listed.expected_votes, 6U);
  EXPECT_EQ(settings({2, 1, 3}, "expected_votes: 9\nvotes: 5\n").expected_votes, 9U);
  EXPECT_EQ(settings({2, 1, 3}, "expected_votes: 9\nvotes: 5\n").votes, 2U) << "the nodelist's";
  EXPECT_EQ(settings({}, "expected_votes: 7\nvotes: 4\n").votes, 4U);
  EXPECT_EQ(settings({}, "expected_votes: 7\n").votes, 1U);
  EXPECT_EQ(settings({}, "expected_votes: 7\n").expected_votes, 7U);
  EXPECT_EQ(settings({1}, "").last_man_standing_window, 10000U);
}

// VQ-3 #3, #5 and #8 to #11; VQ-4, VQ-5, VQ-7.
TEST(VoteSettings, WhatGoesTogether) {
  const VoteSettings both = settings({1, 1}, "two_node: 1\nauto_tie_breaker: 1\n");
  EXPECT_FALSE(both.two_node);
  EXPECT_EQ(both.complaints,
            (std::vector<std::string>{"two_node and auto_tie_breaker are both specified but are not compatible.",
                                      "two_node has been disabled, please fix your corosync.conf"}));
  const VoteSettings odd = settings({1, 1, 1}, "auto_tie_breaker: 1\n");
  EXPECT_EQ(odd.tie_breaker, VoteSettings::TieBreaker::kNone);
  EXPECT_EQ(odd.complaints.front(), "auto_tie_breaker is set and the cluster has an odd number of nodes.");
  EXPECT_EQ(settings({1, 1, 1}, "auto_tie_breaker: 1\nwait_for_all: 1\n").tie_breaker,
            VoteSettings::TieBreaker::kLowest);
  EXPECT_EQ(settings({}, "expected_votes: 3\nauto_tie_breaker: 1\n").tie_breaker, VoteSettings::TieBreaker::kLowest)
      << "only the nodelist's sum is odd or even";
  EXPECT_EQ(settings({1, 1, 1, 1}, "device {\n model: net\n }\n").device_votes, 3U);
  EXPECT_EQ(settings({1, 1, 1, 1}, "device {\n model: net\n }\n").expected_votes, 7U);
  EXPECT_TRUE(settings({1, 1}, "two_node: 1\n").wait_for_all);
  EXPECT_FALSE(settings({1, 1}, "two_node: 1\nwait_for_all: 0\n").wait_for_all);
  EXPECT_TRUE(settings({1, 1}, "allow_downscale: 1\n").expected_votes_tracking);
  const std::string device = "device {\n model: net\n }\n";
  EXPECT_EQ(error({1, 1}, "last_man_standing: 1\n" + device),
            "configuration error: quorum.device is not compatible with last_man_standing");
  EXPECT_EQ(error({1, 1}, "auto_tie_breaker: 1\n" + device),
            "configuration error: quorum.device is not compatible with auto_tie_breaker");
  EXPECT_EQ(error({1, 1}, "allow_downscale: 1\n" + device),
            "configuration error: quorum.device is not compatible with allow_downscale");
  EXPECT_EQ(error({1, 1}, "expected_votes: 2\n" + device),
            "configuration error: quorum.device.votes must be specified when quorum.expected_votes is set");
  EXPECT_EQ(error({1, 2}, device),
            "configuration error: quorum.device.votes must be specified when not all nodes votes 1");
  EXPECT_EQ(error({1, 1}, "expected_votes: 3\ndevice {\n model: net\n votes: 2\n }\n"),
            "configuration error: quorum.device.votes is too high or expected_votes is too low");
}

// VQ-6.
TEST(VoteSettings, TieBreakerNode) {
  using TieBreaker = VoteSettings::TieBreaker;
  const auto with = [](const std::string& value) {
    return settings({1, 1}, "auto_tie_breaker: 1\nauto_tie_breaker_node: " + value + "\n");
  };
  EXPECT_EQ(with("lowest").tie_breaker, TieBreaker::kLowest);
  EXPECT_EQ(with("highest").tie_breaker, TieBreaker::kHighest);
  EXPECT_EQ(with("2 1").tie_breaker, TieBreaker::kList);
  EXPECT_EQ(with("2 1").tie_breaker_list, (std::vector{ClusterNodeId(2), ClusterNodeId(1)}));
  EXPECT_EQ(with("best").tie_breaker, TieBreaker::kNone);
  EXPECT_EQ(with("best").complaints.front(),
            "auto_tie_breaker_nodes is not valid. It must be 'lowest', 'highest' or a space-separated list of node "
            "IDs. auto_tie_breaker is disabled");
  EXPECT_EQ(settings({1, 1}, "auto_tie_breaker_node: lowest\n").complaints.front(),
            "auto_tie_breaker_node: is meaningless if auto_tie_breaker is set to 0");
}

// VQ-10, M 10.9: the quorum of a node that is alone.
TEST(Votes, QuorumOfExpectedVotes) {
  for (const auto& [expected, quorum] : {std::pair(1, 1), {2, 2}, {3, 2}, {4, 3}, {5, 3}, {8, 5}, {9, 5}}) {
    Net net(1, conf(1, fmt::format("expected_votes: {}\n", expected)));
    net.start(1);
    net.run_for(seconds(3));
    EXPECT_NE(net.stack(1).run_tool("corosync-quorumtool -s").output.find(fmt::format("Quorum:           {} ", quorum)),
              std::string::npos)
        << expected;
    EXPECT_EQ(net.stack(1).quorate(), expected == 1) << expected;
  }
}

std::string votes_of(Net& net, std::uint32_t node) {
  const std::string text = net.stack(node).run_tool("corosync-quorumtool -s").output;
  const auto number = [&](std::string_view label) {
    const auto at = text.find(label);
    return at == std::string::npos ? std::string("?")
                                   : text.substr(at + 18, text.find_first_of(" \n", at + 18) - at - 18);
  };
  return fmt::format("expected {} highest {} total {} quorum {}", number("Expected votes:"),
                     number("Highest expected:"), number("Total votes:"), number("Quorum:  "));
}

// VQ-11.2: more votes than were expected raise what is expected, and the quorum does not fall when they go (VQ-10).
TEST(Votes, MoreThanExpected) {
  Net net(4, conf(4, "expected_votes: 2\n"));
  net.start(1);
  net.start(2);
  net.time_until({{1, 2}});
  net.run_for(seconds(1));
  EXPECT_EQ(votes_of(net, 1), "expected 2 highest 2 total 2 quorum 2");
  net.start(3);
  net.start(4);
  net.time_until({{1, 2, 3, 4}});
  net.run_for(seconds(1));
  EXPECT_EQ(votes_of(net, 1), "expected 4 highest 4 total 4 quorum 3");
  net.crash(4);
  net.crash(3);
  net.time_until({{1, 2}});
  net.run_for(seconds(1));
  EXPECT_EQ(votes_of(net, 1), "expected 4 highest 4 total 2 quorum 3");
  EXPECT_FALSE(net.stack(1).quorate());
}

// VQ-15: a newcomer takes what the quorate side expects. VQ-17: what an operator sets counts everywhere.
TEST(Votes, ANewcomerBelievesTheQuorateSide) {
  Net net(3, conf(3));
  net.start(1);
  net.start(2);
  net.time_until({{1, 2}});
  net.run_for(seconds(1));
  EXPECT_EQ(net.stack(1).run_tool("corosync-quorumtool -e 2").status, 0);
  net.run_for(seconds(1));
  EXPECT_EQ(votes_of(net, 2), "expected 2 highest 2 total 2 quorum 2");
  EXPECT_EQ(net.stack(1).run_tool("corosync-cmapctl -qg runtime.votequorum.ev_barrier").output, "2\n");
  net.start(3);
  net.time_until({{1, 2, 3}});
  net.run_for(seconds(1));
  EXPECT_EQ(votes_of(net, 3), votes_of(net, 1));
  EXPECT_EQ(votes_of(net, 1), "expected 3 highest 3 total 3 quorum 2") << "three are there, after all";
}

// VQ-18, VQ-21, MV-22: the window counts from the last loss; then expected votes and quorum shrink.
TEST(Votes, LastManStanding) {
  Net net(5, conf(5, "last_man_standing: 1\nlast_man_standing_window: 3000\nwait_for_all: 1\n"));
  net.boot();
  EXPECT_EQ(votes_of(net, 1), "expected 5 highest 5 total 5 quorum 3");
  for (const auto& [victim, before, after] :
       {std::tuple(5U, "expected 5 highest 5 total 4 quorum 3", "expected 4 highest 4 total 4 quorum 3"),
        std::tuple(4U, "expected 4 highest 4 total 3 quorum 3", "expected 3 highest 3 total 3 quorum 2"),
        std::tuple(3U, "expected 3 highest 3 total 2 quorum 2", "expected 2 highest 2 total 2 quorum 2")}) {
    net.kill(victim);
    std::vector<std::uint32_t> rest;
    for (std::uint32_t node = 1; node < victim; ++node) rest.push_back(node);
    net.time_until({rest});
    net.run_for(milliseconds(2900));
    EXPECT_EQ(votes_of(net, 1), before) << victim;
    net.run_for(milliseconds(300));
    EXPECT_EQ(votes_of(net, 1), after) << victim;
  }
}

// VQ-15: last_man_standing needs nodes of one vote each.
TEST(Votes, LastManStandingIsForEqualNodes) {
  Net net(3, conf(3, "last_man_standing: 1\n"));
  net.boot();
  EXPECT_EQ(net.stack(1).run_tool("corosync-quorumtool -v 2 -n 2").status, 0);
  net.run_for(seconds(1));
  net.kill(3);  // the next synchronisation tells everybody
  net.time_until({{1, 2}});
  net.run_for(seconds(1));
  EXPECT_GE(net.count_logs(1,
                           "[VOTEQ ] Last Man Standing feature is supported only when allcluster nodes votes are set "
                           "to 1. Disabling LMS."),
            1U);
}

// VQ-22, VQ-19: what a node expects before it has met anybody; its NODEINFO goes with the first ring.
// VQ-28: who tracks hears at once. VSF-4: nodes before quorum.
TEST(Votes, Trackers) {
  struct Tracker final : QuorumClient {
    void on_quorum(const QuorumView& view) override {
      text += fmt::format("q{}{} ", view.quorate ? '+' : '-', view.members.size());
    }
    void on_nodes(const NodesView& view) override {
      text += fmt::format("n{}+{}-{} ", view.members.size(), view.joined.size(), view.left.size());
    }
    std::string text;
  };
  Net net(3, conf(3));
  net.boot();
  Tracker tracker;
  net.stack(1).track_quorum(tracker);
  EXPECT_EQ(tracker.text, "q+3 ");
  tracker.text.clear();
  net.kill(3);
  net.time_until({{1, 2}});
  net.run_for(seconds(1));
  EXPECT_EQ(tracker.text, "n2+0-1 q+2 ");  // VQ-20: exactly one of each
  tracker.text.clear();
  net.kill(2);
  net.time_until({{1}});
  net.run_for(seconds(1));
  EXPECT_EQ(tracker.text, "n1+0-1 q-1 ");
  net.stack(1).untrack_quorum(tracker);
}

// VSF-2: a list that is longer than a record goes on in the next.
TEST(QuorumLog, LongLists) {
  PatientHost host;
  const Profile p = profile("3.1.7");
  QuorumService service(host, p, true);
  std::vector<ClusterNodeId> members;
  for (std::uint32_t id = 1; id <= 24; ++id) members.push_back(ClusterNodeId(id));
  service.update(members, true, {});
  ASSERT_EQ(host.lines.size(), 3U);
  EXPECT_EQ(host.lines[0], "[QUORUM] This node is within the primary component and will provide service.");
  EXPECT_EQ(host.lines[1], "[QUORUM] Members[24]: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20\\");
  EXPECT_EQ(host.lines[2], "[QUORUM] Members[24]: 21 22 23 24");
  service.update(members, true, {});
  EXPECT_EQ(host.lines.size(), 5U) << "the verdict is told when it changes, the members always";
  service.update(members, false, {});
  EXPECT_EQ(host.lines[5], "[QUORUM] This node is within the non-primary component and will NOT provide any services.");
}

}  // namespace
}  // namespace simcluster::membership
