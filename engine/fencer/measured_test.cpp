// What the fencers of Pacemaker 2.1.5 do and log, seen in black-box runs with agents that fail, hang and wait. Two
// nodes, targets that are no nodes of the cluster, requests by stonith_admin.
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/base/testing_host.h"
#include "engine/fencer/fencer.h"

namespace simcluster::fencer {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

using Parameters = std::vector<std::pair<std::string, std::string>>;

Profile profile_of(const char* pacemaker) {
  StackVersions versions;
  versions.pacemaker = pacemaker;
  return make_profile(versions).value();
}

class MeasuredFencing : public ::testing::Test {
 protected:
  struct Node final : FencerClient, FencerTransport {
    Node(MeasuredFencing& owner, const std::string& node_name)
        : test(owner), name(node_name), host(owner.clock, name), fencer(host, owner.profile, *this, *this) {
      fencer.set_node(name, "pacemaker-fenced.49");
      fencer.set_peers({"node1", "node2"});
      host.set_agents([this](const AgentRequest& request) { return test.run(*this, request); });
    }
    void broadcast_fencer(std::span<const std::byte> bytes) override {
      test.messages.emplace_back(name, std::vector<std::byte>(bytes.begin(), bytes.end()));
    }
    void on_fencing_result(const FencingResult& result) override { results.push_back(result); }

    MeasuredFencing& test;
    std::string name;
    TestingHost host;
    Fencer fencer;
    std::vector<FencingResult> results;
  };

  MeasuredFencing() {
    clock.after_each([this] { deliver(); });
  }
  void deliver() {
    while (!messages.empty()) {
      const auto [sender, bytes] = std::move(messages.front());
      messages.pop_front();
      node1.fencer.on_message(sender, bytes);
      if (!silent) node2.fencer.on_message(sender, bytes);
    }
  }
  TestingHost::Answer run(const Node& node, const AgentRequest& request) {
    calls.push_back(std::to_string((clock.now() - asked_at).seconds()) + " " + node.name + " " + request.instance +
                    " " + request.action);
    TestingHost::Answer answer;
    const auto found = agents.find(request.instance);
    return found == agents.end() ? answer : found->second(request);
  }
  static std::function<TestingHost::Answer(const AgentRequest&)> fails(Duration after = milliseconds(10)) {
    return [after](const AgentRequest&) {
      TestingHost::Answer answer;
      answer.result.exit_code = 1;
      answer.takes = after;
      return answer;
    };
  }
  static std::function<TestingHost::Answer(const AgentRequest&)> hangs() {
    return [](const AgentRequest&) { return TestingHost::Answer{{}, seconds(-1), true}; };
  }
  void device(const char* id, const std::string& target, Parameters parameters = {}) {
    parameters.emplace_back("pcmk_host_list", target);
    devices.push_back({id, "fence_ipmilan", std::move(parameters)});
  }
  // Asks node1 and waits until all is over.
  void ask(const char* target, const char* action = "reboot", Duration timeout = seconds(120), Duration delay = {}) {
    begin(target, action, timeout, delay);
    clock.run_for(seconds(60));
  }
  void begin(const char* target, const char* action = "reboot", Duration timeout = seconds(120), Duration delay = {}) {
    for (Node* node : {&node1, &node2}) {
      node->fencer.set_devices(devices);
      node->fencer.set_topology(topology);
    }
    asked_at = clock.now();
    node1.fencer.request({target, action, timeout, delay, "stonith_admin.396"});
    deliver();
  }
  static bool logged(const Node& node, std::string_view text) { return node.host.logged(text); }

  TestingClock clock;
  Profile profile = profile_of("2.1.5");
  std::deque<std::pair<std::string, std::vector<std::byte>>> messages;
  std::map<std::string, std::function<TestingHost::Answer(const AgentRequest&)>> agents;
  std::vector<std::string> calls;  // "second node device action"
  Time asked_at;
  bool silent = false;  // node2 hears nothing
  std::vector<Device> devices;
  std::vector<TopologyLevel> topology;
  Node node1{*this, "node1"};
  Node node2{*this, "node2"};
};

// AT-10.2: one request from its beginning to its end.
TEST_F(MeasuredFencing, TheLinesOfAnOperation) {
  device("d1", "g1");
  ask("g1");
  for (const char* line :
       {"Client stonith_admin.396 wants to fence (reboot) g1 using any device",
        "Requesting peer fencing (reboot) targeting g1 | id=", " state=querying base_timeout=120",
        "d1 is eligible to fence (reboot) g1: static-list", "Query result 1 of 2 from node1 for g1/reboot (1 device) ",
        "Total timeout set to 144 for peer's fencing targeting g1 for stonith_admin.396|id=",
        "Requesting that node1 perform 'reboot' action targeting g1 | for client stonith_admin.396 (144s, 0s)",
        "Found 1 matching device for target 'g1'", "targeting g1 using d1 returned 0 | call 1 from stonith_admin.396",
        "Operation 'reboot' targeting g1 by node1 for stonith_admin.396@node1: OK (complete) | id="})
    EXPECT_TRUE(logged(node1, line)) << line;
  EXPECT_TRUE(logged(node2, "Operation 'reboot' targeting g1 by node1 for stonith_admin.396@node1: OK (complete)"));
}

// CM-10.19: delays of devices and of requests are no part of a time limit in 2.1.5.
TEST_F(MeasuredFencing, Delays) {
  device("d1", "g1", {{"pcmk_delay_base", "2s"}});
  device("d4", "g4", {{"pcmk_delay_base", "4s"}, {"pcmk_delay_max", "2s"}});
  device("d5", "g5 g6", {{"pcmk_delay_base", "g5:2s;g6:0"}});
  ask("g1");
  EXPECT_THAT(calls, ElementsAre("2 node1 d1 reboot"));
  EXPECT_TRUE(logged(node1,
                     "Delaying 'reboot' action targeting g1 using d1 for 2s | timeout=120s requested_delay=0s "
                     "base=2s max=2s"));
  EXPECT_TRUE(logged(node1, "Total timeout set to 144 for"));
  ask("g4");
  EXPECT_EQ(calls.back(), "2 node1 d4 reboot");
  EXPECT_TRUE(logged(node1,
                     "pcmk_delay_base (4s) is larger than pcmk_delay_max (2s) for reboot using d4 (limiting to "
                     "maximum delay)"));
  ask("g5");
  EXPECT_EQ(calls.back(), "2 node1 d5 reboot");
  ask("g6");
  EXPECT_EQ(calls.back(), "0 node1 d5 reboot");
  ask("g6", "reboot", seconds(120), seconds(3));
  EXPECT_EQ(calls.back(), "3 node1 d5 reboot");
  EXPECT_TRUE(logged(node1, "using d5 for 3s | timeout=120s requested_delay=3s base=0s max=0s"));
  ask("g1", "reboot", seconds(120), seconds(-1));
  EXPECT_EQ(calls.back(), "0 node1 d1 reboot") << "-1 switches every delay off";
  ask("g1", "on");
  EXPECT_EQ(calls.back(), "0 node1 d1 on") << "on is never delayed";
}

// CM-10.19: at random between base and max.
TEST_F(MeasuredFencing, RandomDelays) {
  device("d3", "g3", {{"pcmk_delay_base", "1s"}, {"pcmk_delay_max", "3s"}});
  std::set<std::string> seen;
  for (int i = 0; i < 40; ++i) {
    ask("g3");
    seen.insert(calls.back());
  }
  EXPECT_THAT(seen, ElementsAre("1 node1 d3 reboot", "2 node1 d3 reboot", "3 node1 d3 reboot"));
}

// A delay that is longer than the time limit: the operation fails, its device works afterwards all the same, and the
// history of the node that led it tells of a success.
TEST_F(MeasuredFencing, TheDelayIsLongerThanTheTimeLimit) {
  device("e6", "i6", {{"pcmk_reboot_timeout", "2s"}, {"pcmk_delay_base", "4s"}});
  ask("i6");
  EXPECT_THAT(calls, ElementsAre("4 node1 e6 reboot"));
  EXPECT_TRUE(logged(node1,
                     "Operation 'reboot' targeting i6 by node1 for stonith_admin.396@node1: Error occurred (Timed "
                     "Out: Fencing did not complete within a total timeout based on the configured timeout and "
                     "retries for any devices attempted)"));
  EXPECT_TRUE(logged(node1,
                     "Operation 'reboot' targeting i6 by node1 for stonith_admin.396@node1: Result arrived too "
                     "late"));
  EXPECT_TRUE(node1.fencer.history().at(0).succeeded);
  EXPECT_FALSE(node2.fencer.history().at(0).succeeded);
}

// CM-10.12: later releases count them.
TEST_F(MeasuredFencing, LaterReleasesCountDelays) {
  profile = profile_of("3.0.0");
  device("e6", "i6", {{"pcmk_reboot_timeout", "2s"}, {"pcmk_delay_base", "i6:4s"}});
  ask("i6");
  EXPECT_TRUE(logged(node1, "Total timeout set to 7 for"));
  EXPECT_TRUE(logged(node1, "i6 by node1 for stonith_admin.396@node1: OK (complete)"));
}

// CM-10.22, CM-10.23, CM-10.16: the agent fails on both nodes, with as many attempts as configured; the last peer is
// named, no reason is.
TEST_F(MeasuredFencing, Retries) {
  device("d8", "g8", {{"pcmk_reboot_retries", "4"}});
  agents["d8"] = fails();
  ask("g8");
  EXPECT_THAT(calls, ElementsAre("0 node1 d8 reboot", "1 node1 d8 reboot", "2 node1 d8 reboot", "3 node1 d8 reboot",
                                 "3 node2 d8 reboot", "4 node2 d8 reboot", "5 node2 d8 reboot", "6 node2 d8 reboot"));
  EXPECT_TRUE(logged(node1, "Attempt 4 to execute fence_ipmilan (reboot). remaining timeout is 118"));
  EXPECT_TRUE(logged(node1, "targeting g8 using d8 returned 1 | call 1 from stonith_admin.396"));
  EXPECT_TRUE(logged(node1, "Couldn't find anyone to fence (reboot) g8 using any device"));
  EXPECT_TRUE(logged(node1,
                     "No peers (out of 2) are capable of fencing (reboot) g8 for client stonith_admin.396 | "
                     "state=executing"));
  EXPECT_TRUE(logged(node1, "targeting g8 by node2 for stonith_admin.396@node1: Error occurred (complete)"));
  ASSERT_EQ(node1.results.size(), 1U);
  EXPECT_EQ(node1.results[0].delegate, "node2");
  EXPECT_EQ(node1.results[0].reason, "");
}

// CM-10.22: no third of the time is left, so there is no second attempt; the other peer has the rest of it.
TEST_F(MeasuredFencing, NoTimeForARetry) {
  device("d11", "g11");
  agents["d11"] = fails(seconds(8));
  ask("g11", "reboot", seconds(10));
  EXPECT_THAT(calls, ElementsAre("0 node1 d11 reboot", "8 node2 d11 reboot"));
  EXPECT_TRUE(logged(node1, "Total timeout set to 12 for"));
  EXPECT_TRUE(logged(node1, "Error occurred (Timed Out: Fencing did not complete within a total timeout"));
}

// CM-10.12: limits are whole seconds. With 3 s the whole is over when the agent is, with 10 s the agent is first.
TEST_F(MeasuredFencing, Timeouts) {
  device("d9", "g9", {{"pcmk_reboot_timeout", "3s"}});
  device("h8", "h8", {{"pcmk_reboot_timeout", "10s"}});
  agents["d9"] = agents["h8"] = hangs();
  ask("g9");
  EXPECT_TRUE(logged(node1,
                     "Requesting that node1 perform 'reboot' action targeting g9 | for client stonith_admin.396 "
                     "(3s, 0s)"));
  EXPECT_TRUE(
      logged(node1, "targeting g9 by node1 for stonith_admin.396@node1: Error occurred (Timed Out: Fencing did"));
  EXPECT_TRUE(
      logged(node1, "using d9 could not be executed: Timed Out (Fence agent did not complete within 3s) | call"));
  EXPECT_EQ(node1.fencer.history().at(0).reason, "Fence agent did not complete within 3s");
  ask("h8");
  EXPECT_TRUE(logged(node1, "Fence agent fence_ipmilan_reboot_1of2["));
  EXPECT_TRUE(logged(node1, "] timed out after 10s"));
}

// CM-10.13: a level whose device says that it timed out is done with, without asking another peer for the same device.
TEST_F(MeasuredFencing, TopologyAfterATimeout) {
  device("p7", "h7", {{"pcmk_reboot_timeout", "10s"}});
  device("p7b", "h7");
  topology = {{"h7", false, 1, {"p7"}}, {"h7", false, 2, {"p7b"}}};
  agents["p7"] = hangs();
  ask("h7");
  EXPECT_THAT(calls, ElementsAre("0 node1 p7 reboot", "10 node1 p7b reboot"));
  EXPECT_TRUE(logged(node1, "Total timeout set to 156 for"));
  EXPECT_TRUE(logged(node1,
                     "Requesting that node1 perform 'reboot' action targeting h7 using p7 | for client "
                     "stonith_admin.396 (12s)"));
  EXPECT_TRUE(logged(node1,
                     "Action 'reboot' targeting h7 using p7 on behalf of stonith_admin.396@node1: Timed Out (Fence "
                     "agent did not complete within 10s)"));
  EXPECT_TRUE(logged(node1, "Action 'reboot' targeting h7 using p7b on behalf of stonith_admin.396@node1: complete"));
}

// CM-10.13: a peer that says nothing is passed over for the other one that has the device.
TEST_F(MeasuredFencing, TopologyWithASilentPeer) {
  device("d14a", "g14", {{"pcmk_reboot_timeout", "3s"}});
  device("d14b", "g14");
  topology = {{"g14", false, 1, {"d14a"}}, {"g14", false, 2, {"d14b"}}};
  agents["d14a"] = hangs();
  ask("g14");
  EXPECT_TRUE(logged(node1, "Peer's 'reboot' action targeting g14 for client stonith_admin.396 timed out"));
  EXPECT_TRUE(logged(node1, "Requesting that node2 perform 'reboot' action targeting g14 using d14a"));
  EXPECT_TRUE(logged(node1, "OK (complete)"));
}

// CM-10.14: the lines and the time limit of a reboot in two phases.
TEST_F(MeasuredFencing, TwoDevicesOfALevel) {
  device("d12a", "g12", {{"pcmk_off_timeout", "31s"}, {"pcmk_on_timeout", "32s"}, {"pcmk_reboot_timeout", "33s"}});
  device("d12b", "g12", {{"pcmk_delay_base", "1s"}});
  topology = {{"g12", false, 1, {"d12a", "d12b"}}};
  ask("g12");
  EXPECT_THAT(calls, ElementsAre("0 node1 d12a off", "1 node1 d12b off", "1 node1 d12a on", "1 node1 d12b on"));
  for (const char* line :
       {"Remapping multiple-device reboot targeting g12 to 'off' | id=",
        "Requesting peer fencing (off) targeting g12 | id=", "Total timeout set to 181 for",
        "'off' action targeting g12 using d12a | for client stonith_admin.396 (37s)",
        "Delaying 'off' action targeting g12 using d12b for 1s | timeout=120s requested_delay=0s base=1s max=1s",
        "Remapped 'off' targeting g12 complete, remapping to 'on' for stonith_admin.396 | id=",
        "'on' action targeting g12 using d12a | for client stonith_admin.396 (38s)",
        "Undoing remap of reboot targeting g12 for stonith_admin.396 | id=",
        "Operation 'reboot' targeting g12 by node1 for stonith_admin.396@node1: OK (complete)"})
    EXPECT_TRUE(logged(node1, line)) << line;
}

// CM-10.14: what stays off, what fails to come back, what cannot be switched off.
TEST_F(MeasuredFencing, ExceptionsOfTwoPhases) {
  device("d16a", "g16", {{"pcmk_reboot_action", "off"}});
  device("d16b", "g16");
  device("e4b", "g16");
  device("e5a", "i5");
  device("e5b", "i5");
  topology = {{"g16", false, 1, {"d16a", "d16b", "e4b"}}, {"i5", false, 1, {"e5a", "e5b"}}};
  agents["e4b"] = [](const AgentRequest& request) {
    TestingHost::Answer answer;
    answer.result.exit_code = request.action == "on" ? 1 : 0;
    return answer;
  };
  agents["e5a"] = fails();
  ask("g16");
  EXPECT_THAT(calls, Not(::testing::Contains("0 node1 d16a on")));
  EXPECT_TRUE(logged(node1,
                     "Not turning g16 back on using d16a because the device is configured to stay off "
                     "(pcmk_reboot_action='off')"));
  EXPECT_TRUE(logged(node1, "Ignoring e4b 'on' failure (complete) targeting g16 after successful 'off'"));
  EXPECT_TRUE(node1.fencer.history().at(0).succeeded);
  calls.clear();
  ask("i5");
  EXPECT_THAT(calls, ElementsAre("0 node1 e5a off", "1 node1 e5a off"));
  EXPECT_TRUE(logged(node1, "All fencing options targeting i5 for client stonith_admin.396@node1 failed | id="));
  EXPECT_TRUE(logged(node1, "Operation 'reboot' targeting i5 by node1 for stonith_admin.396@node1: Error occurred "));
}

// pcmk_reboot_action=off (CM-10.20).
TEST_F(MeasuredFencing, RebootByOff) {
  device("d15", "g15", {{"pcmk_reboot_action", "off"}});
  ask("g15");
  EXPECT_THAT(calls, ElementsAre("0 node1 d15 off"));
  EXPECT_TRUE(logged(node1, "targeting g15 using d15 returned 0"));
}

// CM-10.21, AT-5.10: an agent that says of itself that it cannot reboot.
TEST_F(MeasuredFencing, AnAgentWithoutReboot) {
  devices.push_back({"d17", "fence_labnr", {{"pcmk_host_list", "g17"}}});
  agents["d17"] = [](const AgentRequest& request) {
    TestingHost::Answer answer;
    if (request.action == "metadata")
      answer.result.output = "<actions><action name=\"on\"/><action name=\"off\"/></actions>";
    return answer;
  };
  asked_at = clock.now();
  for (Node* node : {&node1, &node2}) node->fencer.set_devices(devices);
  clock.run_for(seconds(1));
  EXPECT_THAT(calls, ElementsAre("0 node1 d17 metadata", "0 node2 d17 metadata"));
  ask("g17");
  EXPECT_EQ(calls.size(), 3U) << "it is asked once what it can do";
  EXPECT_EQ(calls.back(), "0 node1 d17 off");
  EXPECT_TRUE(logged(node1,
                     "Remapping 'reboot' action targeting g17 using d17 to 'off' because agent 'fence_labnr' does "
                     "not support reboot"));
}

// CM-10.9: a peer with a device that has answered before is enough; else all are waited for, for 1.2 times the time.
TEST_F(MeasuredFencing, WhenItStarts) {
  device("d1", "g1");
  const auto begin_alone = [&] {
    node1.fencer.set_devices(devices);
    asked_at = clock.now();
    node1.fencer.request({"g1", "reboot", seconds(20), {}, "stonith_admin.396"});
    deliver();
  };
  silent = true;
  begin_alone();
  clock.run_for(seconds(30));
  EXPECT_THAT(calls, ElementsAre("24 node1 d1 reboot"));
  begin_alone();
  clock.run_for(seconds(30));
  EXPECT_EQ(calls.back(), "0 node1 d1 reboot") << "now it is verified";
}

// CM-10.25: a device that is taken out of the configuration is gone, but ends what it is at.
TEST_F(MeasuredFencing, ADeviceIsRemoved) {
  device("d19", "g19");
  agents["d19"] = [](const AgentRequest&) { return TestingHost::Answer{{}, seconds(2), false}; };
  begin("g19");
  clock.run_for(seconds(1));
  devices.clear();
  for (Node* node : {&node1, &node2}) node->fencer.set_devices({});
  EXPECT_EQ(node1.fencer.device_count(), 0U);
  clock.run_for(seconds(5));
  ASSERT_EQ(node1.results.size(), 1U);
  EXPECT_EQ(node1.results[0].status, FencingStatus::kDone);
  ask("g19");
  EXPECT_EQ(node1.results.at(1).status, FencingStatus::kNoDevice);
}

// CM-10.6: a client of the other node asks for what goes on already. The device runs once, both are told.
TEST_F(MeasuredFencing, TheSameFromAnotherNode) {
  device("d19", "g19");
  agents["d19"] = [](const AgentRequest&) { return TestingHost::Answer{{}, seconds(2), false}; };
  begin("g19");
  clock.run_for(seconds(1));
  node2.fencer.request({"g19", "reboot", seconds(120), {}, "stonith_admin.877"});
  deliver();
  clock.run_for(seconds(5));
  EXPECT_THAT(calls, ElementsAre("0 node1 d19 reboot"));
  EXPECT_TRUE(logged(node2,
                     "Merging fencing action 'reboot' targeting g19 originating from client stonith_admin.877 with "
                     "identical request from stonith_admin.396@node1 | original="));
  EXPECT_TRUE(logged(node2, "Requesting peer fencing (reboot) targeting g19 (duplicate) | id="));
  EXPECT_TRUE(logged(node2, "targeting g19 by node1 for stonith_admin.877@node2 (merged): OK (complete)"));
  ASSERT_EQ(node2.results.size(), 2U);
  EXPECT_TRUE(node2.results[1].own);
}

// CM-10.6: the other node dies meanwhile; then this one does it itself.
TEST_F(MeasuredFencing, TheOtherLeaderIsLost) {
  device("d19", "g19");
  agents["d19"] = [](const AgentRequest&) { return TestingHost::Answer{{}, seconds(2), false}; };
  begin("g19");
  node2.fencer.request({"g19", "reboot", seconds(120), {}, "stonith_admin.877"});
  deliver();
  node2.fencer.set_peers({"node2"});
  clock.run_for(seconds(5));
  EXPECT_EQ(calls.size(), 2U) << "nobody will tell how the first one has ended";
}

// CM-10.11
TEST_F(MeasuredFencing, NoDevice) {
  ask("nosuch");
  EXPECT_TRUE(logged(node1, "All query replies have arrived, continuing (2 expected/2 received) "));
  EXPECT_TRUE(logged(node1, "Couldn't find anyone to fence (reboot) nosuch using any device"));
  EXPECT_TRUE(logged(node1,
                     "No peers (out of 2) have devices capable of fencing (reboot) nosuch for client "
                     "stonith_admin.396 | state=querying"));
  EXPECT_TRUE(logged(node1,
                     "Operation 'reboot' targeting nosuch by unknown node for stonith_admin.396@node1: Error "
                     "occurred (No fence device)"));
}

// CM-10.16: an error is one to the node that led the operation, and a notice to the others.
TEST_F(MeasuredFencing, TheWeightOfTheResult) {
  ask("nosuch");
  const auto priority = [](const Node& node) {
    for (const auto& line : node.host.logs())
      if (line.text.starts_with("Operation 'reboot' targeting nosuch")) return line.priority;
    return LogPriority::kDebug;
  };
  EXPECT_EQ(priority(node1), LogPriority::kError);
  EXPECT_EQ(priority(node2), LogPriority::kNotice);
}

// CM-10.3: how devices that must be asked answer, and what is told of it. All are asked at the same time.
TEST_F(MeasuredFencing, HostCheck) {
  const auto says = [](int code, std::string output, Duration takes = seconds(2)) {
    return [code, output = std::move(output), takes](const AgentRequest&) {
      TestingHost::Answer answer;
      answer.result.exit_code = code;
      answer.result.output = output;
      answer.takes = takes;
      return answer;
    };
  };
  const auto asked = [&](const char* id, const char* check) {
    devices.push_back({id, "fence_vbox", check == nullptr ? Parameters{} : Parameters{{"pcmk_host_check", check}}});
  };
  asked("c2", nullptr);
  agents["c2"] = says(0, "j2,x j2b\n");
  asked("c3", "status");
  agents["c3"] = says(2, "");
  asked("c4", "status");
  agents["c4"] = says(1, "");
  asked("c5", "none");
  asked("c6", nullptr);
  agents["c6"] = says(1, "");
  asked("c7", "status");
  agents["c7"] = says(3, "");
  asked("c8", "dynamic-list");
  agents["c8"] = says(1, "");
  asked("c9", "static-list");
  std::vector<std::vector<std::string>> answers;
  std::vector<std::int64_t> took;
  for (int i = 0; i < 2; ++i) {
    node1.fencer.set_devices(devices);
    asked_at = clock.now();
    node1.fencer.ask({DeviceQuestion::Kind::kDevices, "j2"}, [&](const DeviceAnswer& answer) {
      answers.push_back(answer.names);
      took.push_back((clock.now() - asked_at).seconds());
    });
    clock.run_for(seconds(10));
  }
  EXPECT_THAT(answers.at(0), ElementsAre("c2", "c3", "c5"));
  EXPECT_THAT(took.at(0), 4) << "each twice, all at the same time, without a pause";
  agents["c6"] = says(0, "");
  EXPECT_THAT(answers.at(1), ElementsAre("c2", "c3", "c5")) << "the list of c2 is not asked for again";
  for (const char* line :
       {"c5 is eligible to fence (off) j2: none", "Refreshing target list for c2",
        "Assuming c6 cannot fence j2 because list returned error code 1",
        "Switching to pcmk_host_check='status' for c6", "Assuming c7 cannot fence j2 (status returned unknown code 3)",
        "Assuming c8 cannot fence j2 because list returned error code 1",
        "c2 is eligible to fence (off) j2: dynamic-list", "c9 is not eligible to fence (off) j2: static-list"})
    EXPECT_TRUE(logged(node1, line)) << line;
  EXPECT_FALSE(logged(node1, "Assuming c4")) << "1 means that nobody knows";
  EXPECT_FALSE(logged(node1, "for c8")) << "it is configured";
}

// CM-10.26
TEST_F(MeasuredFencing, Confirmation) {
  node1.fencer.confirm("ghost", "stonith_admin.1216");
  deliver();
  EXPECT_TRUE(logged(node1, "Received manual confirmation that ghost has been fenced"));
  EXPECT_TRUE(logged(node2, "Operation 'off' targeting ghost by a human for stonith_admin.1216@node1: OK (complete)"));
}

}  // namespace
}  // namespace simcluster::fencer
