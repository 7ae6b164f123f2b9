// Status: node states, histories, failures, and the text of all that.
#include <gtest/gtest.h>

#include "engine/scheduler/display.h"
#include "engine/scheduler/failcount.h"
#include "engine/scheduler/history_sort.h"
#include "engine/scheduler/test_cib.h"

namespace simcluster::scheduler {
namespace {

using testing::TestCib;
using testing::Unpacked;

constexpr const char* kFencing = R"(<primitive id="f" class="stonith" type="fence_x"/>)";

std::string both_online(const std::string& history1, const std::string& history2 = {}) {
  return TestCib::online("n1", history1) + TestCib::online("n2", history2);
}

TEST(NodeState, WithFencing) {  // S2 S-6.9
  const auto node = [](const std::string& attributes) {
    Unpacked u({.nodes = "n1", .resources = kFencing, .states = TestCib::state("n1", attributes)});
    return u.node("n1");
  };
  const Node member = node(R"(in_ccm="true" crmd="online" join="member" expected="member")");
  EXPECT_TRUE(member.online && !member.unclean);
  const Node lost = node(R"(in_ccm="false" crmd="offline" join="down" expected="member")");  // row 6
  EXPECT_TRUE(!lost.online && lost.unclean);
  const Node mute = node(R"(in_ccm="true" crmd="offline" join="member" expected="member")");  // row 7
  EXPECT_TRUE(mute.online && mute.unclean);
  const Node joining = node(R"(in_ccm="true" crmd="online" join="pending" expected="member")");  // row 9
  EXPECT_TRUE(joining.online && joining.pending && joining.standby);
  const Node down = node(R"(in_ccm="false" crmd="offline" join="down" expected="down")");  // row 5
  EXPECT_TRUE(!down.online && !down.unclean);
  EXPECT_EQ(down.score, -kInfinity);  // S-6.11
}

TEST(NodeState, WithoutFencing) {  // S2 S-6.8
  Unpacked u({.options = "fencing-enabled=false",
              .nodes = "n1",
              .states = TestCib::state("n1", R"(in_ccm="true" crmd="online" join="pending" expected="member")")});
  EXPECT_FALSE(u.node("n1").online);
  EXPECT_FALSE(u.node("n1").unclean);
}

TEST(NodeState, AnyShutdownValueButZero) {  // S2 A-4.5
  Unpacked u({.states = TestCib::online("n1", "", "shutdown=false") + TestCib::online("n2", "", "shutdown=0")});
  EXPECT_TRUE(u.node("n1").shutdown);
  EXPECT_FALSE(u.node("n2").shutdown);
}

TEST(History, SortsByCallIdWithPendingLast) {  // S2 O-10.2
  auto document =
      cib::parse_document(TestCib::history("r", "start:3=0 monitor:1=7 stop:2=0 monitor/10000:4=!"), "test");
  ASSERT_TRUE(document);
  std::string order;
  for (const HistoryEntry& entry : sorted_history(document->root())) order += std::string(entry.operation) + " ";
  EXPECT_EQ(order, "monitor stop start monitor ");
}

TEST(History, StartAndStopIndexes) {  // S2 R-15.1
  auto document = cib::parse_document(TestCib::history("r", "monitor:1=0 stop:2=0 monitor/10000:3=0"), "test");
  ASSERT_TRUE(document);
  const std::vector<HistoryEntry> entries = sorted_history(document->root());
  const StartStop indexes = start_stop_indexes(entries);
  EXPECT_EQ(indexes.stop, 1);
  EXPECT_EQ(indexes.start, 2);  // implied by the monitor
}

TEST(History, ProbeThatFoundItActive) {  // S2 E-11.6 step 5
  Unpacked u({.options = "fencing-enabled=false",
              .resources = TestCib::dummy("r"),
              .states = both_online(TestCib::history("r", "monitor:1=0"))});
  EXPECT_EQ(u.resource("r").original_role, Role::kStarted);
  EXPECT_FALSE(u.resource("r").failed);
  EXPECT_EQ(u.resource("r").active.size(), 1U);
}

TEST(History, FailedMonitorRestarts) {  // S2 R-15.6 restart
  Unpacked u({.options = "fencing-enabled=false",
              .resources = TestCib::dummy("r"),
              .states = both_online(TestCib::history("r", "start:1=0 monitor/10000:2=7"))});
  EXPECT_TRUE(u.resource("r").failed);
  EXPECT_TRUE(u.resource("r").stop_if_failed);
  ASSERT_EQ(u.model().failed_actions.size(), 1U);
  const ActionId stop = newest_action(u.model(), u.resource("r"), Task::kStop);
  ASSERT_TRUE(stop.valid());
  EXPECT_TRUE(u.model().actions[stop].required());
}

TEST(History, FailedStopBlocksWithoutFencing) {  // S2 E-11.15 step 4, R-15.6 block
  Unpacked u({.options = "fencing-enabled=false",
              .resources = TestCib::dummy("r"),
              .states = both_online(TestCib::history("r", "start:1=0 stop:2=1"))});
  EXPECT_TRUE(u.resource("r").blocked);
  EXPECT_FALSE(u.resource("r").managed);
}

TEST(History, FailedStopFencesWithFencing) {  // S2 R-15.6 fence-node
  Unpacked u({.resources = kFencing + TestCib::dummy("r"),
              .states = both_online(TestCib::history("r", "start:1=0 stop:2=1"))});
  EXPECT_TRUE(u.node("n1").unclean);
  const Action& fence = u.model().actions[ActionId(0)];
  EXPECT_EQ(action_key(u.model(), const_cast<Action&>(fence)), "stonith-n1-reboot");
  EXPECT_EQ(fence.reason, "r failed there");
}

TEST(History, MaskedProbeFailureIsNoFailure) {  // S2 E-11.8, D-20.9 item 4
  Unpacked u({.options = "fencing-enabled=false",
              .resources = TestCib::dummy("r"),
              .states = both_online(TestCib::history("r", "monitor:1=5"))});
  EXPECT_FALSE(u.resource("r").failed);
  EXPECT_EQ(u.resource("r").allowed.find(u.node("n1").self)->score, -kInfinity);
  EXPECT_EQ(resource_line(u.model(), u.resource("r"), "r", NodeId(), true),
            "r\t(ocf:pacemaker:Dummy):\t Stopped (Not installed) ");
}

TEST(History, IgnoredWithoutFencingWhenTheNodeIsOffline) {  // S2 P-7.1
  const std::string offline = TestCib::state("n1", R"(in_ccm="false" crmd="offline" join="down" expected="down")",
                                             TestCib::history("r", "start:1=0"));
  Unpacked off({.options = "fencing-enabled=false", .resources = TestCib::dummy("r"), .states = offline});
  EXPECT_TRUE(off.resource("r").active.empty());
  Unpacked on({.resources = kFencing + TestCib::dummy("r"), .states = offline});
  EXPECT_EQ(on.resource("r").active.size(), 1U);
  EXPECT_TRUE(on.node("n1").unclean);  // R-15.3
}

TEST(History, RemovedResources) {  // S2 X-16.1, X-16.2
  Unpacked u({.options = "fencing-enabled=false", .states = both_online(TestCib::history("gone", "start:1=0"))});
  const Resource& gone = u.resource("gone");
  EXPECT_TRUE(gone.removed);
  EXPECT_EQ(u.model().top_level.back(), gone.self);
  EXPECT_EQ(gone.allowed.find(u.node("n2").self)->score, -kInfinity);
}

TEST(History, AnonymousInstancesAreMatchedInOrderOfNodes) {  // S2 M-9.5
  Unpacked u({.options = "fencing-enabled=false",
              .resources = R"(<clone id="c">)" + TestCib::dummy("r") + "</clone>",
              .states = TestCib::online("n2", TestCib::history("r", "start:1=0")) +
                        TestCib::online("n1", TestCib::history("r", "start:1=0"))});
  EXPECT_EQ(u.model().node(u.resource("r:0").active.front()).name, "n2");
  EXPECT_EQ(u.model().node(u.resource("r:1").active.front()).name, "n1");
  EXPECT_EQ(u.resource("r:0").history_id, "r");
}

TEST(History, MultiplyActiveBlock) {  // S2 R-15.9 step 4
  Unpacked u({.options = "fencing-enabled=false",
              .resources = TestCib::dummy("r", TestCib::meta("r", "multiple-active=block")),
              .states = both_online(TestCib::history("r", "start:1=0"), TestCib::history("r", "start:1=0"))});
  EXPECT_TRUE(u.resource("r").blocked);
}

TEST(FailCount, MatchesNamesAndExpires) {  // S2 C-12.2, C-12.3
  TestCib cib{.options = "fencing-enabled=false",
              .resources = TestCib::dummy("r", TestCib::meta("r", "failure-timeout=60s")) + TestCib::dummy("rx")};
  cib.states = TestCib::online("n1", "",
                               "fail-count-r#monitor_10000=2 last-failure-r#monitor_10000=999990 "
                               "fail-count-rx#start_0=INFINITY fail-count-r=9");
  Unpacked fresh(cib, 1'000'000);
  const auto count = [](Unpacked& u, std::string_view id) {
    return fail_count(u.model(), u.resource(id), u.node("n1"), {.effective = true}).count;
  };
  EXPECT_EQ(count(fresh, "r"), 2);  // the old form without '#' does not count
  EXPECT_EQ(count(fresh, "rx"), kInfinity);
  Unpacked later(cib, 999990 + 61);
  EXPECT_EQ(count(later, "r"), 0);
}

TEST(FailCount, InstancesShareTheCount) {  // S2 C-12.1
  Unpacked u({.options = "fencing-enabled=false",
              .resources = R"(<clone id="c">)" + TestCib::dummy("r") + "</clone>",
              .states = TestCib::online("n1", "", "fail-count-r:1#start_0=3 fail-count-r#start_0=4")});
  EXPECT_EQ(fail_count(u.model(), u.resource("r:0"), u.node("n1"), {}).count, 7);
}

TEST(Display, StatusBlock) {  // S2 D-20.8 to D-20.21
  Unpacked u({.options = "fencing-enabled=false",
              .nodes = "n1 n2 n3",
              .resources = R"(<group id="g">)" + TestCib::dummy("a") + TestCib::dummy("b") + "</group>" +
                           R"(<clone id="c">)" + TestCib::dummy("r") + "</clone>",
              .states = TestCib::online("n1", TestCib::history("a", "start:1=0") + TestCib::history("r", "start:2=0")) +
                        TestCib::online("n2", "", "standby=on")});
  std::string out;
  write_status(u.model(), "Current cluster status", {}, out);
  EXPECT_EQ(out,
            "Current cluster status:\n"
            "  * Node List:\n"
            "    * Node n2: standby\n"
            "    * Online: [ n1 ]\n"
            "    * OFFLINE: [ n3 ]\n"
            "\n"
            "  * Full List of Resources:\n"
            "    * Resource Group: g:\n"
            "      * a\t(ocf:pacemaker:Dummy):\t Started n1\n"
            "      * b\t(ocf:pacemaker:Dummy):\t Stopped\n"
            "    * Clone Set: c [r]:\n"
            "      * Started: [ n1 ]\n"
            "      * Stopped: [ n2 n3 ]\n");
}

TEST(Display, EmptyCluster) {  // S1 C-4.1
  Unpacked u({.nodes = ""});
  std::string out;
  write_status(u.model(), "Current cluster status", {}, out);
  EXPECT_EQ(out, "Current cluster status:\n  * Full List of Resources:\n    * No resources\n");
}

TEST(Display, NewerFeatureSetShowsNothing) {  // S1 C-4.2
  Unpacked u({.attributes = R"(have-quorum="1" crm_feature_set="99.0")", .resources = TestCib::dummy("r")});
  EXPECT_TRUE(u.model().top_level.empty());
  EXPECT_TRUE(u.model().node_order.empty());
}

}  // namespace
}  // namespace simcluster::scheduler
