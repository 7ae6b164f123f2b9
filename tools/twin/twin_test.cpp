// Recordings, what is taken from them, and a comparison that must fail.
#include <gtest/gtest.h>

#include "engine/agents/agent_models.h"
#include "sim/scenario/loader.h"
#include "tools/twin/bounds.h"
#include "tools/twin/commands.h"
#include "tools/twin/compare.h"
#include "tools/twin/observed.h"
#include "tools/twin/orders.h"
#include "tools/twin/real_run.h"
#include "tools/twin/recording.h"
#include "tools/twin/simulate.h"

namespace simcluster::twin {
namespace {

sim::ScenarioFile scenario_file(const std::string& name) {
  auto file = sim::load_scenario(std::string(SIMCLUSTER_SOURCE_DIR) + "/scenarios/reality/" + name + ".yaml");
  EXPECT_TRUE(file.has_value()) << (file ? "" : file.error().text());
  return file.value_or(sim::ScenarioFile{});
}

Line log(std::int64_t ms, std::string node, std::string text) {
  return {ms, std::move(node), Line::Kind::kLog, std::move(text)};
}

TEST(RecordingText, ReadsWhatItWrites) {
  Recording recording;
  recording.scenario = "crash";
  recording.versions = {"corosync 3.1.7-1+deb12u2"};
  recording.script = "network lan\n\ngo\n";
  recording.runs = {{{5, "-", Line::Kind::kDone, "heal"},
                     {15003, "node1", Line::Kind::kLog, "[TOTEM ] A new membership (1.5) was formed. Members"},
                     {15003, "node1", Line::Kind::kOutput, ""}}};
  const std::string text = write_recording(recording);
  const auto read = parse_recording(text, "file");
  ASSERT_TRUE(read.has_value()) << read.error().text();
  EXPECT_EQ(write_recording(*read), text);
  EXPECT_EQ(read->script, recording.script);
  EXPECT_EQ(read->runs[0][1].ms, 15003);
}

TEST(RecordingText, SaysWhereALineIsWrong) {
  const auto read = parse_recording("scenario x\nrun 1\n    0.1 node1 : too few digits\n", "file");
  ASSERT_FALSE(read.has_value());
  EXPECT_EQ(read.error().text(), "file:3:1: this is no line of a recording");
  EXPECT_EQ(parse_recording("scenario x\n", "file").error().message, "the recording has no run");
}

TEST(LogLines, HaveTimeAndText) {
  const auto line = parse_log_line(
      "Nov 21 08:04:25.279 [28] node1 corosync notice  [TOTEM ] A new membership (1.9) was formed. Members joined: 2 "
      "3");
  ASSERT_TRUE(line.has_value());
  EXPECT_EQ(line->day_ms, ((8 * 60 + 4) * 60 + 25) * 1000 + 279);
  EXPECT_EQ(line->text, "[TOTEM ] A new membership (1.9) was formed. Members joined: 2 3");
  EXPECT_FALSE(parse_log_line("no log line").has_value());
  EXPECT_FALSE(is_kept("[QB    ] server name: cmap"));
}

TEST(LogLines, OfClusterd) {
  const auto ring = parse_clusterd_line("2026-11-21 17:27:21.741 corosync notice: [QUORUM] Members[3]: 1 2 3");
  ASSERT_TRUE(ring.has_value());
  EXPECT_EQ(ring->day_ms, ((17 * 60 + 27) * 60 + 21) * 1000 + 741);
  EXPECT_EQ(ring->text, "[QUORUM] Members[3]: 1 2 3");
  const auto result = parse_clusterd_line(
      "2026-11-21 17:27:24.067 pacemaker-controld notice: Result of probe operation for vip on node3: not running | "
      "CIB "
      "update 5, graph action confirmed; call=4 key=vip_monitor_0 rc=7");
  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(result->text, "[PCMK  ] Result of probe operation for vip on node3: not running");
  EXPECT_FALSE(parse_clusterd_line("clusterd: corosync.conf: not there").has_value());
}

TEST(Orders, ActionsHaveNames) {
  EXPECT_EQ(action_name("Result of start operation for vip on node1: ok"), "start vip on node1");
  EXPECT_EQ(action_name("Result of probe operation for vip on node2: not running"), "probe vip on node2");
  EXPECT_EQ(action_name("Peer node1 was terminated (reboot) by node2"), "fence node1");
  EXPECT_EQ(action_name("Result of monitor operation for vip on node1: Cancelled"), "");
}

TEST(Orders, WhatTheGraphWantsFirstComesFirst) {
  const auto action = [](std::int64_t ms, const char* text) {
    Event event;
    event.ms = ms;
    event.change = Change::kAction;
    event.text = text;
    return event;
  };
  Phase phase;
  phase.events["node1"] = {action(10, "Peer node3 was terminated (reboot) by node2"),
                           action(30, "Result of start operation for web on node1: ok")};
  phase.events["node2"] = {action(11, "Peer node3 was terminated (reboot) by node2"),
                           action(40, "Result of stop operation for db on node2: ok")};
  const OrderCheck kept =
      check_orders({"fence node3 < start web on node1", "start web on node1 < stop db on node2"}, phase);
  EXPECT_EQ(kept.checked, 2U);
  EXPECT_TRUE(kept.broken.empty());
  const OrderCheck broken =
      check_orders({"stop db on node2 < start web on node1", "start x on a < stop y on b"}, phase);
  EXPECT_EQ(broken.checked, 1U);
  EXPECT_EQ(broken.broken, std::vector<std::string>{"stop db on node2 < start web on node1"});
}

TEST(Observed, RingsAreToldByTheirSteps) {
  const Lines run = {
      log(400, "node1", "[MAIN  ] Corosync Cluster Engine 3.1.7 starting up"),
      log(401, "node1", "[TOTEM ] A new membership (1.5) was formed. Members joined: 1"),
      log(2500, "node1", "[KNET  ] rx: host: 2 link: 0 is up"),
      log(2600, "node1", "[TOTEM ] A new membership (1.9) was formed. Members joined: 2"),
      log(2601, "node1", "[QUORUM] This node is within the primary component and will provide service."),
      {9000, "node2", Line::Kind::kDone, "cluster_signal node2 9"},
      log(9600, "node1", "[KNET  ] link: host: 2 link: 0 is down"),
      log(15000, "node1", "[TOTEM ] A new membership (1.d) was formed. Members left: 2"),
      log(15000, "node1", "[TOTEM ] Failed to receive the leave message. failed: 2"),
  };
  const auto phases = phases_of(run, {9000});
  ASSERT_TRUE(phases.has_value());
  ASSERT_EQ(phases->size(), 2U);
  const auto& boot = (*phases)[0].events.at("node1");
  ASSERT_EQ(boot.size(), 4U);
  EXPECT_EQ(boot[0].text, "ring 1.+5 {1} joined 1");
  EXPECT_EQ(boot[0].change, Change::kFirstRing);
  EXPECT_EQ(boot[1].text, "link 0 to 2 up");
  EXPECT_EQ(boot[2].text, "ring 1.+4 {1 2} joined 2");
  EXPECT_EQ(boot[3].text, "quorum won");
  const auto& crash = (*phases)[1].events.at("node1");
  ASSERT_EQ(crash.size(), 2U);
  EXPECT_EQ(crash[1].text, "ring 1.+4 {1} left 2 failed 2");
  EXPECT_EQ(crash[1].change, Change::kRemoval);
  EXPECT_FALSE(phases_of(run, {9000, 10000}).has_value());  // one thing was not done
}

TEST(Observed, TheWayOfAMergeCanBeLeftOut) {  // MV-23
  const auto direct = phases_of({log(1, "node1", "[TOTEM ] A new membership (1.5) was formed. Members joined: 1"),
                                 log(2, "node1", "[TOTEM ] A new membership (1.d) was formed. Members joined: 2 3"),
                                 log(2, "node1", "[QUORUM] This node is within the primary component and will")},
                                {})
                          .value();
  const auto detour = phases_of({log(1, "node1", "[TOTEM ] A new membership (1.5) was formed. Members joined: 1"),
                                 log(2, "node1", "[TOTEM ] A new membership (1.9) was formed. Members joined: 3"),
                                 log(2, "node1", "[QUORUM] This node is within the primary component and will"),
                                 log(3, "node1", "[TOTEM ] A new membership (1.d) was formed. Members joined: 2")},
                                {})
                          .value();
  const auto texts = [](const std::vector<Phase>& phases) {
    std::vector<std::string> list;
    for (const Event& event : merged(phases[0].events.at("node1"))) list.push_back(event.text);
    return list;
  };
  EXPECT_EQ(texts(direct), (std::vector<std::string>{"ring 1 {1 2 3} merged", "quorum won"}));
  EXPECT_EQ(texts(detour), texts(direct));
}

TEST(BoundsOfTheProtocol, FollowTheTimers) {  // M 20.2, MV-04: T = 3.65, C = 4.38
  const auto file = scenario_file("crash");
  const auto& machine = file.variants.at(0).world.machines.at(0);
  const auto bounds = Bounds::of(machine.corosync_conf, machine.profile);
  ASSERT_TRUE(bounds.has_value());
  const Bound removal = bounds->of(Change::kRemoval, 3);
  EXPECT_LE(removal.least, 7710);  // measured
  EXPECT_GE(removal.most, 7710);
  EXPECT_EQ(removal.most, 3650 + 4380 + 400);
}

TEST(Script, SaysWhatIsDone) {
  const auto file = scenario_file("partition_three_ways");
  const auto script = real_script(file.variants.at(0));
  ASSERT_TRUE(script.has_value()) << script.error().text();
  EXPECT_NE(script->find("interface node4 eth0 ring0 10.0.0.4/24\n"), std::string::npos);
  EXPECT_NE(script->find("at 18.000 - partition - node1,node2 node3 node4\n"), std::string::npos);
  EXPECT_NE(script->find("at 34.000 - heal\n"), std::string::npos);
}

TEST(Script, RefusesWhatARealClusterCannotDo) {
  auto file = scenario_file("crash");
  sim::Scenario scenario = file.variants.at(0);
  scenario.timeline.at(0).said.name = "clock-jump";
  EXPECT_EQ(real_script(scenario).error().message, "\"clock-jump\" cannot be done to a real cluster");
  scenario.world.machines.at(0).models = std::make_shared<const agents::AgentModels>("node1");
  EXPECT_EQ(real_script(scenario).error().message, "the agents that \"agents\" describes are others on a real cluster");
}

// The simulator's own run stands for the real one; then one line of it is another.
class Deviation : public testing::Test {
 protected:
  void SetUp() override {
    file = scenario_file("crash");
    simulated = simulate(file.variants.at(0)).value();
    recording.runs = {simulated};
  }
  bool same() { return compare(file.variants.at(0), recording, simulated).value().good; }
  Line& line_with(std::string_view text) {
    for (Line& line : simulated)
      if (line.text.find(text) != std::string::npos) return line;
    ADD_FAILURE() << text;
    return simulated.front();
  }
  sim::ScenarioFile file;
  Lines simulated;
  Recording recording;
};

TEST_F(Deviation, NoneIsFine) { EXPECT_TRUE(same()); }

TEST_F(Deviation, OtherMembersAreSeen) {
  line_with("Members left: 3").text = "[TOTEM ] A new membership (1.d) was formed. Members left: 2";
  EXPECT_FALSE(same());
}

TEST_F(Deviation, AMissingQuorumLineIsSeen) {
  line_with("within the primary").text = "[QUORUM] something else";
  EXPECT_FALSE(same());
}

TEST_F(Deviation, ALinkThatStaysUpIsSeen) {
  line_with(" is down").text = "[KNET  ] nothing";
  EXPECT_FALSE(same());
}

TEST_F(Deviation, ATimeOutOfBoundsIsSeen) {
  for (Line& line : simulated)
    if (line.ms > 16000 && line.ms < 29000) line.ms += 2000;
  EXPECT_FALSE(same());
}

}  // namespace
}  // namespace simcluster::twin
