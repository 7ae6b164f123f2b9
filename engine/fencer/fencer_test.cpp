// Fencers of several nodes that talk through one ordered group (CM J.2, J.4).
#include "engine/fencer/fencer.h"

#include <algorithm>
#include <deque>
#include <functional>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/base/testing_host.h"
#include "engine/fencer/fencer_messages.h"
#include "engine/fencer/topology.h"

namespace simcluster::fencer {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Profile profile_of(const char* pacemaker) {
  StackVersions versions;
  versions.pacemaker = pacemaker;
  return make_profile(versions).value();
}

class FencerTest : public ::testing::Test {
 protected:
  struct Node final : FencerClient, FencerTransport {
    Node(FencerTest& owner, std::string node_name)
        : test(owner), name(std::move(node_name)), host(owner.clock, name), fencer(host, owner.profile, *this, *this) {
      fencer.set_node(name, "pacemaker-fenced.1002");
      host.set_agents([this](const AgentRequest& request) {
        if (request.action == "metadata") return test.describe(request);
        std::string target;
        for (const auto& [key, value] : request.parameters)
          if (key == "nodename") target = value;
        runs.push_back(request.instance + " " + request.action + (target.empty() ? "" : " " + target));
        return test.answer(request);
      });
    }
    void broadcast_fencer(std::span<const std::byte> bytes) override {
      test.messages.emplace_back(name, std::vector<std::byte>(bytes.begin(), bytes.end()));
    }
    void on_fencing_result(const FencingResult& result) override { results.push_back(result); }

    FencerTest& test;
    std::string name;
    TestingHost host;
    Fencer fencer;
    std::vector<std::string> runs;
    std::vector<FencingResult> results;
  };

  void boot(std::vector<std::string> names) {
    clock.after_each([this] { deliver(); });
    for (const std::string& name : names) nodes.push_back(std::make_unique<Node>(*this, name));
    for (const auto& node : nodes) node->fencer.set_peers(names);
  }
  void deliver() {
    while (!messages.empty()) {
      const auto [sender, bytes] = std::move(messages.front());
      messages.pop_front();
      for (const auto& node : nodes)
        if (!absent.contains(node->name)) node->fencer.on_message(sender, bytes);
    }
  }
  // Of an agent that says nothing of itself nothing is known.
  TestingHost::Answer describe(const AgentRequest& request) {
    TestingHost::Answer answer;
    const auto found = metadata.find(request.type);
    if (found == metadata.end()) answer.result.exit_code = 5;
    if (found != metadata.end()) answer.result.output = found->second;
    return answer;
  }
  TestingHost::Answer answer(const AgentRequest& request) {
    TestingHost::Answer answer;
    answer.takes = slow.contains(request.instance) ? slow.at(request.instance) : seconds(1);
    if (broken.contains(request.instance)) {
      answer.result.exit_code = 1;
      answer.result.error_output = request.instance + " is broken\n";
    }
    return answer;
  }
  Node& node(const std::string& name) {
    for (const auto& each : nodes)
      if (each->name == name) return *each;
    throw std::runtime_error("no such node");
  }
  void fence(const std::string& at, const std::string& target, const char* client = "crmd") {
    node(at).fencer.request({target, "reboot", seconds(60), {}, client});
    deliver();
  }
  static Device device(const std::string& id, const std::string& targets) {
    return {id, "fence_dummy", {{"pcmk_host_list", targets}}};
  }

  // A device whose agent says of itself that it reserves disks (AT-5.9).
  Device disk_reservation() {
    metadata["fence_reserve"] =
        "<resource-agent name=\"fence_reserve\"><parameters><parameter name=\"plug\"/></parameters><actions>\n"
        "<action name=\"on\" on_target=\"1\" automatic=\"1\"/><action name=\"off\"/><action name=\"status\"/>\n"
        "<action name=\"reboot\"/></actions></resource-agent>\n";
    return {"disk", "fence_reserve", {{"pcmk_host_list", "node1 node2"}}};
  }
  bool logged(const std::string& at, std::string_view text) { return node(at).host.logged(text); }

  TestingClock clock;
  Profile profile = profile_of("2.1.5");
  std::deque<std::pair<std::string, std::vector<std::byte>>> messages;
  std::set<std::string> broken;
  std::map<std::string, Duration> slow;
  std::map<std::string, std::string> metadata;  // of agents, by type
  std::set<std::string> absent;
  std::vector<std::unique_ptr<Node>> nodes;
};

// CM-10.17: what goes on is known to all nodes, until its end.
TEST_F(FencerTest, PendingOperations) {
  boot({"node1", "node2", "node3"});
  node("node2").fencer.set_devices({device("f3", "node3")});
  fence("node1", "node3");
  for (const char* name : {"node1", "node2", "node3"}) {
    const auto pending = node(name).fencer.pending();
    ASSERT_EQ(pending.size(), 1U) << name;
    EXPECT_EQ(pending[0].target, "node3");
    EXPECT_EQ(pending[0].origin, "node1");
    EXPECT_TRUE(pending[0].pending);
  }
  clock.run_for(seconds(5));
  for (const char* name : {"node1", "node2", "node3"}) EXPECT_TRUE(node(name).fencer.pending().empty());
  fence("node1", "node3");
  node("node2").fencer.set_peers({"node2", "node3"});
  EXPECT_TRUE(node("node2").fencer.pending().empty()) << "its leader is lost";
}

// CM-10.7 to CM-10.10: whoever has a device for the target does it, and everybody hears of it.
TEST_F(FencerTest, ThePeerWithTheDeviceExecutes) {
  boot({"node1", "node2", "node3"});
  node("node2").fencer.set_devices({device("f3", "node3")});
  fence("node1", "node3");
  clock.run_for(seconds(5));
  EXPECT_THAT(node("node2").runs, ElementsAre("f3 reboot node3"));
  for (const char* name : {"node1", "node2", "node3"}) {
    ASSERT_EQ(node(name).results.size(), 1U) << name;
    EXPECT_EQ(node(name).results[0].status, FencingStatus::kDone);
    EXPECT_EQ(node(name).results[0].delegate, "node2");
  }
}

// CM-10.5: a node does not lead its own fencing while somebody else can.
TEST_F(FencerTest, ARequestAgainstOneselfIsRelayed) {
  boot({"node1", "node2"});
  node("node2").fencer.set_devices({device("f1", "node1")});
  fence("node1", "node1");
  clock.run_for(seconds(5));
  EXPECT_TRUE(node("node1").host.logged("Forwarding self-fencing request to node2"));
  EXPECT_THAT(node("node2").runs, ElementsAre("f1 reboot node1"));
}

// CM-10.4, black-box runs of 2.1.5: a device that reserves disks unfences only the node that asks it; one that others
// can use is used by others. Whoever leads a request of the target against itself asks in its own name.
TEST_F(FencerTest, UnfencingOnTheTarget) {
  boot({"node1", "node2"});
  const Device reserve = disk_reservation();
  for (const char* name : {"node1", "node2"}) node(name).fencer.set_devices({reserve});
  clock.run_for(seconds(1));
  node("node1").fencer.request({"node1", "on", seconds(60), {}, "pacemaker-controld.1006"});
  deliver();
  clock.run_for(seconds(5));
  EXPECT_THAT(node("node1").runs, ElementsAre("disk on node1"));
  EXPECT_THAT(node("node2").runs, IsEmpty());
  EXPECT_TRUE(
      node("node2").host.logged("disk is not eligible to fence (on) node1: This node is not allowed to execute"));
  ASSERT_EQ(node("node1").results.size(), 1U);
  EXPECT_EQ(node("node1").results[0].status, FencingStatus::kDone);
  EXPECT_EQ(node("node1").results[0].delegate, "node1");
  EXPECT_EQ(node("node1").results[0].client, "pacemaker-fenced.1002");
  EXPECT_EQ(node("node1").results[0].origin, "node2");
  EXPECT_TRUE(node("node1").results[0].own) << "the client of node1 waits for it";

  node("node2").fencer.set_devices({reserve, device("power", "node1")});
  node("node1").runs.clear();
  node("node1").fencer.request({"node1", "on", seconds(60), {}, "pacemaker-controld.1006"});
  deliver();
  clock.run_for(seconds(5));
  EXPECT_THAT(node("node1").runs, IsEmpty());
  EXPECT_THAT(node("node2").runs, ElementsAre("power on node1"));
  node("node2").runs.clear();
  fence("node2", "node1");
  clock.run_for(seconds(5));
  EXPECT_THAT(node("node2").runs, ElementsAre("disk reboot node1")) << "others may switch off";
}

// CM-10.13, CM-10.14, black-box runs of 2.1.5: `on` of a topology asks every device of the first level; the `on` that
// ends a reboot leaves out what unfences.
TEST_F(FencerTest, UnfencingThroughATopology) {
  boot({"node1", "node2"});
  const Device reserve = disk_reservation();
  for (const char* name : {"node1", "node2"}) {
    node(name).fencer.set_devices({reserve, device("power", "node2"), device("spare", "node2")});
    node(name).fencer.set_topology({{"node2", false, 1, {"power", "disk"}}, {"node2", false, 2, {"spare"}}});
  }
  clock.run_for(seconds(1));
  node("node1").fencer.request({"node2", "on", seconds(60), {}, "stonith_admin.2001"});
  deliver();
  clock.run_for(seconds(5));
  EXPECT_THAT(node("node1").runs, ElementsAre("power on node2"));
  EXPECT_THAT(node("node2").runs, ElementsAre("disk on node2"));
  node("node1").runs.clear();
  fence("node1", "node2");
  clock.run_for(seconds(10));
  EXPECT_THAT(node("node1").runs, ElementsAre("power off node2", "disk off node2", "power on node2"));
  EXPECT_THAT(node("node2").runs, ElementsAre("disk on node2"));
}

// CM-10.11: nobody has a device.
TEST_F(FencerTest, NoDevice) {
  boot({"node1", "node2"});
  fence("node1", "node2");
  clock.run_for(seconds(1));
  ASSERT_EQ(node("node1").results.size(), 1U);
  EXPECT_EQ(node("node1").results[0].status, FencingStatus::kNoDevice);
}

// CM-10.15: without a topology a node tries its devices one after the other; CM-10.22: each twice.
TEST_F(FencerTest, TheNextDeviceOfThePeerIsTried) {
  boot({"node1", "node2"});
  broken = {"a"};
  node("node1").fencer.set_devices({device("a", "node2"), device("b", "node2")});
  fence("node1", "node2");
  clock.run_for(seconds(10));
  EXPECT_THAT(node("node1").runs, ElementsAre("a reboot node2", "a reboot node2", "b reboot node2"));
  EXPECT_EQ(node("node1").results[0].status, FencingStatus::kDone);
}

// CM-10.13: a failed level is followed by the next one.
TEST_F(FencerTest, TopologyGoesToTheNextLevel) {
  boot({"node1", "node2"});
  broken = {"first"};
  node("node1").fencer.set_devices({device("first", "node2"), device("second", "node2")});
  node("node1").fencer.set_topology({{"node2", false, 2, {"second"}}, {"node2", false, 1, {"first"}}});
  fence("node1", "node2");
  clock.run_for(seconds(10));
  EXPECT_THAT(node("node1").runs, ElementsAre("first reboot node2", "first reboot node2", "second reboot node2"));
  EXPECT_EQ(node("node1").results[0].status, FencingStatus::kDone);
}

// CM-10.14: two power supplies: both off before one is on again.
TEST_F(FencerTest, RebootOfALevelWithTwoDevicesIsOffThenOn) {
  boot({"node1", "node2", "node3"});
  node("node1").fencer.set_devices({device("psu1", "node2")});
  node("node3").fencer.set_devices({device("psu2", "node2")});
  node("node1").fencer.set_topology({{"node2", false, 1, {"psu1", "psu2"}}});
  fence("node1", "node2");
  clock.run_for(seconds(10));
  EXPECT_THAT(node("node1").runs, ElementsAre("psu1 off node2", "psu1 on node2"));
  EXPECT_THAT(node("node3").runs, ElementsAre("psu2 off node2", "psu2 on node2"));
  ASSERT_EQ(node("node1").results.size(), 1U);
  EXPECT_EQ(node("node1").results[0].action, "reboot");
  EXPECT_EQ(node("node1").results[0].status, FencingStatus::kDone);
}

// CM-10.14: what is off is fenced, whether it comes on again or not.
TEST_F(FencerTest, AFailureToSwitchOnAgainDoesNotMatter) {
  boot({"node1", "node2"});
  node("node1").fencer.set_devices(
      {device("psu1", "node2"), {"psu2", "fence_dummy", {{"pcmk_host_list", "node2"}, {"pcmk_reboot_action", "off"}}}});
  node("node1").fencer.set_topology({{"node2", false, 1, {"psu1", "psu2"}}});
  fence("node1", "node2");
  clock.run_for(seconds(10));
  EXPECT_THAT(node("node1").runs, ElementsAre("psu1 off node2", "psu2 off node2", "psu1 on node2"));
  EXPECT_EQ(node("node1").results[0].status, FencingStatus::kDone);
}

// CM-10.12, CM-10.15: the executing node is lost; another one does it.
TEST_F(FencerTest, ALostPeerIsGivenUp) {
  boot({"node1", "node2", "node3"});
  node("node2").fencer.set_devices({device("f", "node3"), device("g", "node3")});
  node("node1").fencer.set_devices({device("f", "node3")});
  node("node2").host.set_agents([](const AgentRequest&) { return TestingHost::Answer{{}, hours(1), false}; });
  node("node1").fencer.request({"node3", "reboot", seconds(60), {}, "crmd"});
  deliver();
  clock.run_for(seconds(5));
  EXPECT_THAT(node("node1").results, IsEmpty());
  node("node2").host.power_off();
  node("node1").fencer.set_peers({"node1", "node3"});
  clock.run_for(seconds(5));
  ASSERT_EQ(node("node1").results.size(), 1U);
  EXPECT_EQ(node("node1").results[0].status, FencingStatus::kDone);
  EXPECT_EQ(node("node1").results[0].delegate, "node1");
}

// CM-10.6: two clients want the same; the device runs once, both are answered.
TEST_F(FencerTest, EqualRequestsAreMerged) {
  boot({"node1", "node2"});
  node("node1").fencer.set_devices({device("f", "node2")});
  fence("node1", "node2", "crmd");
  fence("node1", "node2", "stonith_admin");
  clock.run_for(seconds(10));
  EXPECT_THAT(node("node1").runs, ElementsAre("f reboot node2"));
  EXPECT_EQ(node("node1").results.size(), 2U);
}

// CM-10.6: the DC wants to be fenced and is lost; its successor asks for the same. The node is switched once.
TEST_F(FencerTest, TheSuccessorsRequestIsMergedWithThatOfTheLostDc) {
  boot({"node1", "node2"});
  node("node2").fencer.set_devices({device("f", "node1")});
  fence("node1", "node1");
  absent = {"node1"};
  node("node2").fencer.set_peers({"node2"});
  fence("node2", "node1");
  clock.run_for(seconds(10));
  EXPECT_THAT(node("node2").runs, ElementsAre("f reboot node1"));
  EXPECT_TRUE(node("node2").host.logged("Merging fencing action 'reboot' targeting node1"));
}

// CM-10.26, CM-10.17
TEST_F(FencerTest, AHumanConfirms) {
  boot({"node1", "node2"});
  node("node1").fencer.confirm("node2", "stonith_admin.2001");
  deliver();
  ASSERT_EQ(node("node1").results.size(), 1U);
  EXPECT_EQ(node("node1").results[0].delegate, "a human");
  EXPECT_EQ(node("node1").results[0].action, "off");
  ASSERT_EQ(node("node2").fencer.history().size(), 1U);
  EXPECT_TRUE(node("node2").fencer.history()[0].succeeded);
}

// CM-10.17: who joins later learns what was.
TEST_F(FencerTest, HistoryIsShared) {
  boot({"node1", "node2"});
  absent = {"node2"};
  node("node1").fencer.confirm("node3", "stonith_admin.2001");
  deliver();
  absent = {};
  node("node1").fencer.share_history();
  deliver();
  EXPECT_EQ(node("node2").fencer.history().size(), 1U);
  EXPECT_EQ(node("node1").fencer.history().size(), 1U);
}

// CM-10.17: each node notes the end by its own clock, and still knows the operation again.
TEST_F(FencerTest, WhatTwoHaveSeenIsOneEntry) {
  boot({"node1", "node2"});
  absent = {"node2"};
  node("node1").fencer.confirm("node3", "stonith_admin.2001");
  const auto heard = messages.front();
  deliver();
  absent = {};
  clock.run_for(milliseconds(3));
  node("node2").fencer.on_message(heard.first, heard.second);
  ASSERT_NE(node("node1").fencer.history()[0].completed, node("node2").fencer.history()[0].completed);
  for (const char* name : {"node1", "node2"}) node(name).fencer.share_history();
  deliver();
  EXPECT_EQ(node("node1").fencer.history().size(), 1U);
  EXPECT_EQ(node("node2").fencer.history().size(), 1U);
}

TEST_F(FencerTest, HistoryOnTheDisk) {
  boot({"node1"});
  node("node1").fencer.keep_history();
  node("node1").fencer.confirm("node3", "stonith_admin.2001");
  node("node1").fencer.confirm("node4", "stonith_admin.2002");
  deliver();
  Node& first = node("node1");
  EXPECT_FALSE(first.host.load("fencing_history").has_value()) << "one write for all that changes within a second";
  clock.run_for(seconds(2));
  Fencer next(first.host, profile, first, first);
  next.keep_history();
  ASSERT_EQ(next.history().size(), 2U);
  EXPECT_EQ(next.history()[0].target, "node3");
  EXPECT_EQ(next.history()[1].client, first.fencer.history()[1].client);
  EXPECT_EQ(next.history()[1].completed, first.fencer.history()[1].completed);
}

// CM-10.17: the oldest half goes when there are more than 500, whoever sends them.
TEST_F(FencerTest, HistoryDoesNotGrowWithoutEnd) {
  boot({"node1", "node2"});
  std::size_t most = 0;
  for (int i = 0; i < 1200; ++i) {
    node("node1").fencer.confirm("node" + std::to_string(i + 3), "stonith_admin");
    deliver();
    most = std::max(most, node("node2").fencer.history().size());
  }
  EXPECT_EQ(most, 500U);
  EXPECT_EQ(node("node2").fencer.history().back().target, "node1202");
}

// CM-12.6: nobody can fence it, but its watchdog will.
TEST_F(FencerTest, TheWatchdogIsWaitedFor) {
  boot({"node1", "node2"});
  node("node1").fencer.set_watchdog_timeout(seconds(10));
  fence("node1", "node2");
  clock.run_for(seconds(9));
  EXPECT_THAT(node("node1").results, IsEmpty());
  clock.run_for(seconds(2));
  ASSERT_EQ(node("node1").results.size(), 1U);
  EXPECT_EQ(node("node1").results[0].status, FencingStatus::kDone);
}

// CM-10.13: the node's own name goes before expressions.
TEST(Topology, NamesBeforeExpressions) {
  const std::vector<TopologyLevel> table = {
      {"node[0-9]+", true, 1, {"all"}}, {"node2", false, 1, {"own"}}, {"node2", false, 2, {"spare"}}};
  EXPECT_THAT(levels_for(table, "NODE2"), ElementsAre(ElementsAre("own"), ElementsAre("spare")));
  EXPECT_THAT(levels_for(table, "node7"), ElementsAre(ElementsAre("all")));
  EXPECT_THAT(levels_for(table, "other"), IsEmpty());
}

// A node with the key that asks without end: so much is done at a time, the rest is dropped and told once.
class CrowdOfRequests : public FencerTest {
 protected:
  static constexpr std::size_t kMost = Fencer::kMostOperations;

  static FencingRequest request_for(std::size_t number) {
    return {fmt::format("target{}", number), "reboot", seconds(60), {}, "crmd"};
  }
  // To node2, as node1 would send it.
  void throw_in(const WireWriter& out) { node("node2").fencer.on_message("node1", out.bytes()); }
  void relay(std::size_t number, std::size_t target) {
    WireWriter out = open_message(MessageKind::kRelay, {"node1", static_cast<std::uint32_t>(number)});
    out.text("node2");
    write_request(out, request_for(target));
    throw_in(out);
  }
  std::uint64_t dropped() { return node("node2").fencer.dropped(); }
  std::ptrdiff_t times_told() {
    return std::ranges::count_if(node("node2").host.logs(), [](const TestingHost::LogLine& line) {
      return line.text.find("Ignoring fencing requests from node1") != std::string::npos;
    });
  }
};

TEST_F(CrowdOfRequests, Forwarded) {
  boot({"node1", "node2"});
  for (std::size_t i = 0; i < kMost + 500; ++i) relay(i, i);
  EXPECT_EQ(node("node2").fencer.requests(), kMost);
  EXPECT_EQ(dropped(), 500U);
  EXPECT_EQ(times_told(), 1);
  deliver();
  clock.run_for(minutes(10));
  EXPECT_EQ(node("node2").fencer.requests(), 0U) << "nobody has a device";
  relay(9999, 9999);
  EXPECT_EQ(node("node2").fencer.requests(), 1U) << "there is room again";
}

// Those that share the result of another one wait, too.
TEST_F(CrowdOfRequests, ForTheSameTarget) {
  boot({"node1", "node2"});
  for (std::size_t i = 0; i < kMost + 500; ++i) relay(i, 0);
  EXPECT_EQ(node("node2").fencer.requests(), kMost);
  EXPECT_EQ(dropped(), 500U);
}

TEST_F(CrowdOfRequests, QuestionsThatADeviceMustAnswer) {
  boot({"node1", "node2"});
  node("node2").fencer.set_devices({{"power", "fence_dummy", {{"pcmk_host_check", "status"}}}});
  for (std::size_t i = 0; i < kMost + 500; ++i) {
    WireWriter out = open_message(MessageKind::kQuery, {"node1", static_cast<std::uint32_t>(i)});
    write_request(out, request_for(i));
    throw_in(out);
  }
  EXPECT_EQ(dropped(), 500U);
  EXPECT_EQ(times_told(), 1);
  EXPECT_EQ(node("node2").fencer.pending().size(), kMost);
}

TEST_F(CrowdOfRequests, Orders) {
  boot({"node1", "node2"});
  node("node2").fencer.set_devices({device("power", "")});
  for (std::size_t i = 0; i < kMost + 500; ++i) {
    WireWriter out = open_message(MessageKind::kExecute, {"node1", static_cast<std::uint32_t>(i)});
    out.text("node2");
    out.text("power");
    write_request(out, request_for(i));
    throw_in(out);
  }
  EXPECT_EQ(dropped(), 500U);
}

}  // namespace
}  // namespace simcluster::fencer
