// The DC: election, join, timers of the machine, transitions, shutdown (CM parts B to E, G, K).
#include <algorithm>
#include <string>

#include <gmock/gmock.h>

#include "engine/controller/testing_cluster.h"

namespace simcluster::controller {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class DcTest : public ClusterTest {
 protected:
  static std::string with_property(std::string_view name, std::string_view value) {
    std::string text(kCib);
    text.insert(text.find("<nvpair id=\"o1\""),
                fmt::format("<nvpair id=\"p-{0}\" name=\"{0}\" value=\"{1}\"/>", name, value));
    return text;
  }
  static std::size_t lines(const TestingHost& host, std::string_view part) {
    return static_cast<std::size_t>(std::ranges::count_if(
        host.logs(), [&](const TestingHost::LogLine& line) { return line.text.find(part) != std::string::npos; }));
  }
  static std::string state_attribute(const Controller& controller, std::string_view node, std::string_view name) {
    for (const cib::Element state : controller.cib().root().first_child("status").children("node_state"))
      if (state.value("uname") == node) return std::string(state.value(name));
    return {};
  }
  // node1 is the DC, and alone; node2 has not been started.
  void boot_the_first_of_two(const char* pacemaker) {
    profile = profile_of(pacemaker);
    cluster = std::make_unique<membership::TestCluster>(2, false);
    clock.after_each([this] { ASSERT_TRUE(cluster->run()); });
    for (std::uint32_t id = 1; id <= 2; ++id) machines.push_back(std::make_unique<Machine>(*this, id));
    start(*machines[0], kCib);
    clock.run_for(seconds(40));
    ASSERT_TRUE(node(1).controller->is_dc());
  }
  // A cluster at rest gets a reason to calculate; the answer is due with the next event.
  void ask_the_scheduler() {
    boot("2.1.5");
    clock.run_for(seconds(60));
    dc().update_attribute("x", "1", {}, "");
    while (dc().state() != State::kPolicyEngine) ASSERT_TRUE(clock.step());
    const Time asked = clock.now();
    while (clock.now() - asked < milliseconds(12)) ASSERT_TRUE(clock.step());
  }
  std::size_t victim() { return node(1).controller->is_dc() ? 1 : 0; }  // not the DC
};

// CM-4.6, CM-2.12, CM-5.6: a member that says nothing. The election waits two minutes for its vote, the integration
// three for its request, the finalization half an hour for it; then all begins anew.
TEST_F(DcTest, AMuteMemberIsWaitedFor) {
  boot("2.1.5");
  cluster->drop_next(2, 1'000'000);
  clock.run_for(seconds(100));
  EXPECT_FALSE(node(1).controller->is_dc());
  clock.run_for(seconds(60));
  ASSERT_TRUE(node(1).controller->is_dc());
  EXPECT_TRUE(dc_machine().host.logged("after election timed out"));
  EXPECT_EQ(dc().state(), State::kIntegration);
  clock.run_for(seconds(150));
  EXPECT_EQ(dc().state(), State::kIntegration);
  clock.run_for(seconds(60));
  EXPECT_TRUE(dc_machine().host.logged(
      "Integration Timer just popped in state S_INTEGRATION! | input=I_INTEGRATED time=180000ms"));
  EXPECT_TRUE(dc_machine().host.logged("1 cluster node failed to respond to join offer"));
  EXPECT_EQ(dc().state(), State::kFinalizeJoin);  // CM-5.7: it is still welcome
  clock.run_for(minutes(30));
  EXPECT_TRUE(node(1).host.logged("Finalization Timer just popped"));
}

// CM-2.12: with three there is somebody whose DC timer begins the election anew before it ends.
TEST_F(DcTest, ElectionLoopsAreNoticed) {
  boot("2.1.5", 3);
  cluster->drop_next(3, 1'000'000);
  clock.run_for(minutes(5));
  EXPECT_FALSE(node(1).controller->is_dc() || node(2).controller->is_dc());
  EXPECT_TRUE(node(2).host.logged("We appear to be in an election loop, something may be wrong"));
}

// CM-2.10: what is logged of a change of state, and how loud.
TEST_F(DcTest, ChangesOfStateAreLogged) {
  boot("2.1.5");
  clock.run_for(seconds(40));
  const auto priority = [&](std::string_view part) {
    for (const TestingHost::LogLine& line : dc_machine().host.logs())
      if (line.text.find(part) != std::string::npos) return line.priority;
    return LogPriority::kDebug;
  };
  EXPECT_EQ(priority("State transition S_STARTING -> S_PENDING | input=I_PENDING cause=C_FSA_INTERNAL"),
            LogPriority::kNotice);
  EXPECT_EQ(priority("State transition S_ELECTION -> S_INTEGRATION"), LogPriority::kNotice);
  EXPECT_EQ(priority("State transition S_INTEGRATION -> S_FINALIZE_JOIN"), LogPriority::kInfo);
  EXPECT_EQ(priority("State transition S_TRANSITION_ENGINE -> S_IDLE"), LogPriority::kNotice);
}

// CM-4.9: what the new DC writes down.
TEST_F(DcTest, TheDcIntroducesItself) {
  boot("2.1.5");
  clock.run_for(seconds(40));
  EXPECT_TRUE(dc_machine().host.logged("Taking over DC status for this partition"));
  EXPECT_EQ(dc().cib().root().value("crm_feature_set"), "3.16.1");
  for (const std::string_view name : {"dc-version", "cluster-infrastructure", "have-watchdog"})
    EXPECT_TRUE(dc().cib().find_id("cib-bootstrap-options-" + std::string(name))) << name;
}

// CM-3.7: as words, from 2.1.7 on as times.
TEST_F(DcTest, NodeStates) {
  for (const bool times : {false, true}) {
    reset();
    boot(times ? "2.1.7" : "2.1.5");
    clock.run_for(seconds(40));
    const std::string lost = machines[victim()]->name;
    EXPECT_EQ(state_attribute(dc(), lost, "join"), "member");
    EXPECT_EQ(state_attribute(dc(), lost, "expected"), "member");
    EXPECT_EQ(state_attribute(dc(), lost, "crmd") == "online", !times);
    EXPECT_EQ(state_attribute(dc(), lost, "in_ccm") == "true", !times);
    crash(victim());
    clock.run_for(seconds(10));
    EXPECT_EQ(state_attribute(dc(), lost, "in_ccm"), times ? "0" : "false");
    EXPECT_EQ(state_attribute(dc(), lost, "crmd"), times ? "0" : "offline");
    EXPECT_EQ(state_attribute(dc(), lost, "join"), "down");
  }
}

// CM-3.9: quorum that is lost ends the transition at once, and the resources with no-quorum-policy=stop.
TEST_F(DcTest, LostQuorumStopsResources) {
  std::string text(kCib);
  text.replace(text.find("value=\"ignore\""), 14, "value=\"stop\"");
  boot("2.1.5", 3, text);
  clock.run_for(seconds(40));
  Machine& last = dc_machine();
  for (const auto& machine : machines)
    if (machine.get() != &last) crash(machine->id - 1);
  clock.run_for(seconds(10));
  EXPECT_TRUE(last.host.logged("Quorum lost"));
  EXPECT_EQ(last.controller->cib().root().value("have-quorum"), "0");
  EXPECT_THAT(where("a"), IsEmpty());
  EXPECT_THAT(where("b"), IsEmpty());
}

// CM-5.3: a late joiner gets an offer of the join that was, and the transition is aborted.
TEST_F(DcTest, ALateJoinerJoinsTheSameJoin) {
  boot_the_first_of_two("2.1.5");
  start(*machines[1], kCib);
  clock.run_for(seconds(20));
  EXPECT_EQ(node(2).controller->state(), State::kNotDc);
  EXPECT_EQ(lines(node(1).host, "offer to node2"), lines(node(1).host, "Sending join-1 offer to node2"));
  EXPECT_TRUE(node(1).host.logged("Node join"));
  EXPECT_TRUE(node(1).host.logged("join-1 complete"));
}

// CM-1.4, CM-5.4: an older release does not come into a newer cluster, and stays down.
TEST_F(DcTest, AnOlderReleaseStaysOut) {
  const Profile old = profile_of("1.1.14");
  boot_the_first_of_two("2.1.5");
  Machine& late = *machines[1];
  late.controller = std::make_unique<Controller>(late.host, old, cluster->node(late.id), config_of(late, kCib), late);
  cluster->start(late.id);
  ASSERT_TRUE(late.controller->start());
  clock.run_for(seconds(60));
  EXPECT_TRUE(late.host.logged("Local feature set (3.0.10) is incompatible with DC's (3.16.1)"));
  EXPECT_EQ(late.ended, 100);
  EXPECT_TRUE(node(1).controller->is_dc());
  reset();  // before the profile goes
}

// CM-7.5: each reason puts the calculation off anew.
TEST_F(DcTest, TransitionDelayJoinsReasons) {
  boot("1.1.14", 2, with_property("crmd-transition-delay", "2s"));
  clock.run_for(seconds(60));
  ASSERT_EQ(dc().state(), State::kIdle);
  const std::size_t graphs = lines(dc_machine().host, "Processing graph");
  dc().update_attribute("pingd", "100", {}, "");
  clock.run_for(milliseconds(1500));
  dc().update_attribute("pingd", "200", {}, "");
  clock.run_for(milliseconds(1900));
  EXPECT_EQ(lines(dc_machine().host, "Processing graph"), graphs);
  clock.run_for(milliseconds(300));
  EXPECT_EQ(lines(dc_machine().host, "Processing graph"), graphs + 1);
  EXPECT_TRUE(dc_machine().host.logged("New Transition Timer just popped"));
}

// CM-2.6: the graph is walked when nothing else is left to do at that instant; a reason to abort that is there already
// comes first.
TEST_F(DcTest, TheGraphComesLast) {
  boot("2.1.5");
  clock.run_for(seconds(60));
  ASSERT_EQ(dc().state(), State::kIdle);
  const std::size_t graphs = lines(dc_machine().host, "Processing graph");
  on(where("a").front()).services.running["a"] = false;
  while (lines(dc_machine().host, "Processing graph") == graphs) ASSERT_TRUE(clock.step());
  dc().update_attribute("x", "1", {}, "");
  ASSERT_TRUE(cluster->run());
  clock.run_for(milliseconds(5));
  EXPECT_TRUE(dc_machine().host.logged("Fired=0, Skipped=1, Incomplete="));
  clock.run_for(seconds(20));
  EXPECT_THAT(where("a"), SizeIs(1));
}

// CM-7.2: with changes of its own still on their way the DC asks again a second later.
TEST_F(DcTest, TheSchedulerWaitsForOwnChanges) {
  boot("2.1.5");
  clock.run_for(seconds(40));
  const auto entered = [&](std::string_view state) {
    for (const TestingHost::Traced& line : dc_machine().host.traces())
      if (line.kind == TraceKind::kControllerState && line.text.find(state) != std::string::npos) return line.at;
    return Time{};
  };
  EXPECT_EQ(entered("to=S_TRANSITION_ENGINE") - entered("to=S_POLICY_ENGINE"), milliseconds(1024));
}

// CM-7.2: what the scheduler is told beside the CIB.
TEST_F(DcTest, WhatTheSchedulerIsTold) {
  struct Inputs final : SchedulerInputs {
    int last_number(InputSeries) const override { return -1; }
    void keep(InputSeries, int, std::string xml) override { last = std::move(xml); }
    std::string last;
  };
  for (const bool sbd : {false, true}) {
    reset();
    Inputs inputs;
    sbd_watchdog_timeout = seconds(sbd ? 5 : 0);
    std::string text(kCib);
    text.replace(text.find("value=\"ignore\""), 14, "value=\"stop\"");
    boot("2.1.5", 3, text);
    for (const auto& machine : machines) machine->host.keep_scheduler_inputs(inputs);
    clock.run_for(seconds(40));
    const std::string dc_id = fmt::format("dc-uuid=\"{}\"", dc_machine().id);
    EXPECT_NE(inputs.last.find(dc_id), std::string::npos);
    EXPECT_NE(inputs.last.find("have-quorum=\"1\""), std::string::npos);
    EXPECT_EQ(inputs.last.find("no-quorum-panic"), std::string::npos);
    CibRequest lie;
    lie.merge({step("configuration"), step("crm_config")},
              fmt::format("<cluster_property_set id=\"cib-bootstrap-options\"><nvpair "
                          "id=\"cib-bootstrap-options-have-watchdog\" name=\"have-watchdog\" value=\"{}\"/>"
                          "</cluster_property_set>",
                          sbd ? "false" : "true"));
    dc().change_cib(std::move(lie), "crm_attribute");
    clock.run_for(seconds(5));
    EXPECT_EQ(dc().cib().find_id("cib-bootstrap-options-have-watchdog").value("value"), sbd ? "false" : "true");
    EXPECT_NE(inputs.last.find(fmt::format("name=\"have-watchdog\" value=\"{}\"", sbd)), std::string::npos);
    Machine& last = dc_machine();
    for (const auto& machine : machines)
      if (machine.get() != &last) crash(machine->id - 1);
    clock.run_for(seconds(5));
    EXPECT_NE(inputs.last.find("have-quorum=\"0\""), std::string::npos);
    EXPECT_NE(inputs.last.find("no-quorum-panic=\"1\""), std::string::npos);
    reset();
  }
}

// CM-7.1, CM-7.3: a change that comes between the question and its answer makes the answer worthless; the next one
// counts.
TEST_F(DcTest, ObsoleteAnswers) {
  ask_the_scheduler();
  Controller& leader = dc();
  ASSERT_EQ(leader.state(), State::kPolicyEngine);
  leader.update_attribute("x", "2", {}, "");
  ASSERT_TRUE(cluster->run());
  clock.run_for(milliseconds(1));
  EXPECT_EQ(lines(dc_machine().host, "is obsolete"), 1U);
  EXPECT_EQ(leader.state(), State::kPolicyEngine);
  clock.run_for(milliseconds(20));
  EXPECT_EQ(leader.state(), State::kIdle);
}

// CM-7.4: a reason that comes after the answer, and before its graph is taken: the graph goes on, and a new one is
// asked for.
TEST_F(DcTest, RedundantTransitions) {
  ask_the_scheduler();
  Controller& leader = dc();
  const std::size_t graphs = lines(dc_machine().host, "Processing graph");
  const std::size_t obsolete = lines(dc_machine().host, "is obsolete");
  ASSERT_TRUE(clock.step());  // the answer; its input waits
  ASSERT_EQ(leader.state(), State::kPolicyEngine);
  leader.update_attribute("x", "2", {}, "");
  ASSERT_TRUE(cluster->run());
  clock.run_for(milliseconds(1));
  EXPECT_EQ(lines(dc_machine().host, "is obsolete"), obsolete);
  EXPECT_TRUE(dc_machine().host.logged("aborted: Transition redundant"));
  EXPECT_EQ(lines(dc_machine().host, "Processing graph"), graphs + 1);
  clock.run_for(milliseconds(100));
  EXPECT_GT(lines(dc_machine().host, "Processing graph"), graphs + 1);
  EXPECT_EQ(leader.state(), State::kIdle);
}

// CM-4.9: what a DC writes when it takes over; the name of the cluster only where nobody has given it another.
TEST_F(DcTest, PropertiesOfTheDc) {
  cluster_name = "real";
  boot("2.1.5");
  clock.run_for(seconds(40));
  EXPECT_EQ(dc().cib().find_id("cib-bootstrap-options-dc-version").value("value"), "2.1.5");
  EXPECT_EQ(dc().cib().find_id("cib-bootstrap-options-cluster-infrastructure").value("value"), "corosync");
  EXPECT_EQ(dc().cib().find_id("cib-bootstrap-options-have-watchdog").value("value"), "false");
  EXPECT_EQ(dc().cib().find_id("cib-bootstrap-options-cluster-name").value("value"), "real");
  EXPECT_EQ(dc().cib().root().value("crm_feature_set"), crm_feature_set(profile));
  EXPECT_EQ(dc().cib().root().value("update-client"), "crmd");  // CM-6.4
  EXPECT_EQ(dc().cib().root().value("update-user"), "hacluster");
  reset();
  boot("2.1.5", 2, with_property("cluster-name", "given"));
  clock.run_for(seconds(40));
  EXPECT_FALSE(dc().cib().find_id("cib-bootstrap-options-cluster-name"));
}

// CM-7.4, CM-7.5: while the delay runs no graph is taken, a new one is made when it has ended.
TEST_F(DcTest, NoGraphDuringTheDelay) {
  boot("1.1.14", 2, with_property("crmd-transition-delay", "2s"));
  clock.run_for(seconds(60));
  Controller& leader = dc();
  const std::size_t graphs = lines(dc_machine().host, "Processing graph");
  leader.update_attribute("x", "1", {}, "");
  while (leader.state() != State::kPolicyEngine) ASSERT_TRUE(clock.step());
  leader.update_attribute("x", "2", {}, "");
  clock.run_for(milliseconds(1900));
  EXPECT_EQ(lines(dc_machine().host, "Processing graph"), graphs);
  EXPECT_EQ(leader.state(), State::kTransitionEngine);
  clock.run_for(milliseconds(200));
  EXPECT_EQ(lines(dc_machine().host, "Processing graph"), graphs + 1);
  EXPECT_EQ(leader.state(), State::kIdle);
}

// CM-7.16, CM-7.22: the permission to leave: a message to others, for the DC itself the end of its transition.
TEST_F(DcTest, PermissionToLeave) {
  boot("2.1.5");
  clock.run_for(seconds(40));
  const std::size_t other_one = victim();
  machines[other_one]->controller->request_stop();
  clock.run_for(seconds(5));
  EXPECT_EQ(machines[other_one]->ended, 0);
  EXPECT_TRUE(machines[other_one]->host.logged("Shutting down controller after confirmation from"));
  EXPECT_EQ(state_attribute(dc(), machines[other_one]->name, "expected"), "down");
  Machine& last = dc_machine();
  last.controller->request_stop();
  clock.run_for(seconds(5));
  EXPECT_EQ(last.ended, 0);
  EXPECT_EQ(last.host.traced(TraceKind::kTransitionEnd, "next=shutdown reason=local shutdown"), 1U);
  EXPECT_FALSE(last.host.logged("Shutting down controller after confirmation from"));
}

// CM-10.31: whoever sees the DC fenced writes that down once more when it has become DC itself.
TEST_F(DcTest, TheFencedDcIsMarkedClean) {
  boot("2.1.5", 3, with_fencing(kDevice));
  clock.run_for(seconds(60));
  Machine& was_dc = dc_machine();
  const std::string name = was_dc.name;
  ASSERT_NE(name, "node3") << "the device knows node1 and node2";
  ASSERT_TRUE(other().fence(name, "reboot"));
  clock.run_for(seconds(3));
  EXPECT_EQ(was_dc.ended, 100);
  cluster->crash(was_dc.id);
  was_dc.controller.reset();
  clock.run_for(seconds(30));
  EXPECT_NE(dc_machine().name, name);
  EXPECT_TRUE(dc_machine().host.logged("Marking " + name + ", target of a previous fencing action, as clean"));
  EXPECT_EQ(state_attribute(dc(), name, "expected"), "down");
  const std::size_t requests = dc_machine().host.traced(TraceKind::kFencingRequest);
  EXPECT_EQ(requests, 0U);                // nobody fences it again
  for (const auto& machine : machines) {  // CM-2.11: the others have forgotten it
    if (machine->controller && !machine->controller->is_dc()) {
      EXPECT_FALSE(machine->host.logged("Marking " + name));
    }
  }
}

// CM-7.7, CM-7.10: with a batch-limit of 1 the second start waits for the first.
TEST_F(DcTest, BatchLimit) {
  for (const bool limited : {false, true}) {
    reset();
    boot("2.1.5", 2, limited ? with_property("batch-limit", "1") : std::string(kCib));
    for (const auto& machine : machines) machine->services.takes["start"] = seconds(5);
    std::size_t most = 0;
    for (int i = 0; i < 40; ++i) {
      clock.run_for(seconds(1));
      std::size_t begun = 0;
      std::size_t done = 0;
      for (const auto& machine : machines) {
        begun += machine->host.count_runs("a start 0") + machine->host.count_runs("b start 0");
        done += machine->host.traced(TraceKind::kResourceStarted);
      }
      most = std::max(most, begun - done);
    }
    EXPECT_EQ(most, limited ? 1U : 2U);
    EXPECT_THAT(where("a"), SizeIs(1));
    EXPECT_THAT(where("b"), SizeIs(1));
  }
}

// CM-7.19, CM-13.2, CM-13.3: what a dead node was asked for is given up at once; 1.0.11 waits for the action's timer.
TEST_F(DcTest, ActionsOfDeadNodesAreGivenUp) {
  for (const bool at_once : {true, false}) {
    reset();
    boot(at_once ? "1.0.12" : "1.0.11");
    for (const auto& machine : machines) machine->services.takes["start"] = seconds(15);
    clock.run_for(seconds(at_once ? 25 : 65));
    const std::size_t lost = victim();
    ASSERT_EQ(machines[lost]->host.count_runs("a start 0") + machines[lost]->host.count_runs("b start 0"), 1U);
    Machine& survivor = *machines[1 - lost];
    crash(lost);
    clock.run_for(seconds(40));
    EXPECT_EQ(survivor.host.logged("_start_0) was pending on " + machines[lost]->name + " (offline)"), at_once);
    EXPECT_EQ(survivor.services.running["a"] && survivor.services.running["b"], at_once);
    clock.run_for(seconds(90));
    EXPECT_TRUE(survivor.services.running["a"] && survivor.services.running["b"]);
  }
}

// CM-7.20, CM-7.21: a reason that comes while a transition runs stops what has not begun.
TEST_F(DcTest, AbortsLetTheTransitionDrain) {
  boot("2.1.5");
  for (const auto& machine : machines) machine->services.takes["monitor"] = seconds(3);
  while (lines(node(1).host, "Processing graph 0") + lines(node(2).host, "Processing graph 0") == 0)
    clock.run_for(milliseconds(50));
  clock.run_for(seconds(1));
  ASSERT_EQ(dc().state(), State::kTransitionEngine);
  dc().update_attribute("master-x", "10", {}, "");
  clock.run_for(seconds(1));
  EXPECT_TRUE(dc_machine().host.logged("Transition 0 aborted"));
  EXPECT_EQ(dc().state(), State::kTransitionEngine);  // probes are still under way
  clock.run_for(seconds(20));
  EXPECT_TRUE(dc_machine().host.logged("): Stopped"));
  EXPECT_EQ(dc().state(), State::kIdle);
  EXPECT_THAT(where("a"), SizeIs(1));
}

// As 2.1.5 was seen to do: numbers begin again, and with 0 nothing is kept.
TEST_F(DcTest, InputsAreKeptAsOftenAsTheCibSays) {
  boot("2.1.5", 2, with_property("pe-input-series-max", "1"));
  clock.run_for(minutes(20));  // with a recheck
  EXPECT_TRUE(dc_machine().host.logged("saving inputs in /var/lib/pacemaker/pengine/pe-input-0.bz2"));
  EXPECT_FALSE(dc_machine().host.logged("pe-input-1.bz2"));
  EXPECT_TRUE(dc_machine().host.logged("Calculated transition 1, saving inputs in"));
}

TEST_F(DcTest, InputsThatAreNotKeptHaveNoNames) {
  boot("2.1.5", 2, with_property("pe-input-series-max", "0"));
  clock.run_for(seconds(60));
  EXPECT_FALSE(dc_machine().host.logged("pe-input-"));
  EXPECT_TRUE(dc_machine().host.logged("Source=unknown): Complete"));
}

// CM-7.6, CM-2.12
TEST_F(DcTest, RecheckInterval) {
  boot("2.0.2", 2, with_property("cluster-recheck-interval", "2min"));
  clock.run_for(seconds(60));
  const std::size_t before = lines(dc_machine().host, "Recheck Timer just popped");
  clock.run_for(minutes(10));
  EXPECT_EQ(lines(dc_machine().host, "Recheck Timer just popped"), before + 5);
  EXPECT_EQ(dc().state(), State::kIdle);
}

// CM-11.2: who asks twice does not wait.
TEST_F(DcTest, TheSecondRequestEscalates) {
  boot("2.1.5");
  clock.run_for(seconds(40));
  Machine& leaver = *machines[victim()];
  for (const auto& machine : machines) machine->services.takes["stop"] = seconds(15);
  leaver.controller->request_stop();
  clock.run_for(seconds(5));
  EXPECT_EQ(leaver.ended, -1);
  leaver.controller->request_stop();
  clock.run_for(seconds(20));
  EXPECT_TRUE(leaver.host.logged("Escalating shutdown"));
  EXPECT_NE(leaver.ended, -1);
}

// CM-11.4: nobody gives permission, since a resource cannot be stopped; in the end the node goes without.
TEST_F(DcTest, ShutdownEscalation) {
  boot("2.1.5", 2, with_property("shutdown-escalation", "2min"));
  clock.run_for(seconds(40));
  Machine& leaver = *machines[victim()];
  leaver.services.takes["stop"] = seconds(-1);
  leaver.controller->request_stop();
  clock.run_for(seconds(110));
  EXPECT_EQ(leaver.ended, -1);
  clock.run_for(seconds(60));
  EXPECT_TRUE(leaver.host.logged("Shutdown Escalation just popped in state"));
  EXPECT_TRUE(leaver.host.logged("1 resource active at shutdown"));
  EXPECT_NE(leaver.ended, -1);
  EXPECT_EQ(state_attribute(dc(), leaver.name, "crmd"), "offline");
}

// CM-10.30: a node that hears of its own fencing stays down.
TEST_F(DcTest, ANodeHearsOfItsOwnFencing) {
  boot("2.1.5", 2, with_fencing(kDevice));
  clock.run_for(seconds(60));
  Machine& target = *machines[victim()];
  ASSERT_TRUE(dc().fence(target.name, "reboot"));
  clock.run_for(seconds(10));
  EXPECT_TRUE(target.host.logged("We were allegedly just fenced by"));
  EXPECT_EQ(target.ended, 100);
}

// CM-12.5: who relies on a watchdog that nobody feeds stays down.
TEST_F(DcTest, WatchdogFencingNeedsSbd) {
  for (const bool active : {false, true}) {
    reset();
    sbd_watchdog_timeout = seconds(active ? 5 : 0);
    boot("2.1.5", 2, with_property("stonith-watchdog-timeout", "10s"));
    clock.run_for(seconds(40));
    EXPECT_EQ(node(1).host.logged("Shutting down: stonith-watchdog-timeout configured (10s) but SBD not active"),
              !active);
    EXPECT_EQ(node(1).ended, active ? -1 : 100);
    if (!active) continue;
    EXPECT_EQ(dc().cib().find_id("cib-bootstrap-options-have-watchdog").value("value"), "true");
    EXPECT_EQ(dc().state(), State::kIdle);
  }
  reset();
  boot("2.1.5", 2, with_property("stonith-watchdog-timeout", "4s"));
  clock.run_for(seconds(40));
  EXPECT_TRUE(node(1).host.logged("is shorter than SBD_WATCHDOG_TIMEOUT"));
}

// CM-12.5, CM-12.6: without any device a lost node is taken for dead when its watchdog must have bitten; a negative
// time-out means twice that of sbd.
TEST_F(DcTest, TheWatchdogFences) {
  sbd_watchdog_timeout = seconds(5);
  std::string text = with_property("stonith-watchdog-timeout", "-1");
  text.replace(text.find("stonith-enabled\" value=\"false"), 30, "stonith-enabled\" value=\"true\"");
  boot("2.1.5", 2, text);
  clock.run_for(seconds(60));
  ASSERT_THAT(where("a"), SizeIs(1));
  const std::size_t lost = victim();
  Machine& survivor = *machines[1 - lost];
  crash(lost);
  clock.run_for(seconds(9));
  EXPECT_TRUE(survivor.host.logged("Waiting 10s for " + machines[lost]->name + " to self-fence"));
  EXPECT_FALSE(survivor.services.running["a"] && survivor.services.running["b"]);
  clock.run_for(seconds(5));
  EXPECT_TRUE(survivor.services.running["a"] && survivor.services.running["b"]);
}

// CM-3.8: with sbd a node does not wait to be fenced when it loses quorum.
TEST_F(DcTest, QuorumIsLostAndTheNodeGoes) {
  sbd_watchdog_timeout = seconds(5);
  std::string text(kCib);
  text.replace(text.find("value=\"ignore\""), 14, "value=\"suicide\"");
  boot("2.1.5", 3, text);
  clock.run_for(seconds(40));
  cluster->partition({{1}, {2, 3}});
  clock.run_for(seconds(2));
  EXPECT_TRUE(node(1).host.was_reset());
  EXPECT_FALSE(node(2).host.was_reset());
}

}  // namespace
}  // namespace simcluster::controller
