// Whole cluster managers against each other: boot, failures, moves, joins, chaos.
#include <string>

#include <gmock/gmock.h>

#include "engine/controller/testing_cluster.h"

namespace simcluster::controller {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// CM-2.15, part D, part E: nothing for dc-deadtime, then one DC, both nodes joined, the two resources spread.
TEST_F(ClusterTest, ColdStartElectsAndStarts) {
  boot("1.0.13");
  clock.run_for(seconds(20));
  EXPECT_EQ(node(1).controller->state(), State::kPending);
  clock.run_for(seconds(20));
  ASSERT_EQ(dc().state(), State::kIdle);
  EXPECT_EQ(other().state(), State::kNotDc);
  EXPECT_EQ(other().dc(), dc().dc());
  EXPECT_THAT(where("a"), SizeIs(1));
  EXPECT_THAT(where("b"), SizeIs(1));
  EXPECT_NE(where("a"), where("b"));
  EXPECT_EQ(dc().cib().root().value("have-quorum"), "1");
  EXPECT_EQ(dc().cib().root().value("dc-uuid"), dc().dc());
  expect_equal_replicas();
}

// CM-9.6, CM-9.11: the writer is found before anybody has something to write, so that the attributes of the join are in
// the CIB before the first transition, which nothing disturbs. The protocol's own attribute is never written.
TEST_F(ClusterTest, AttributesOfTheJoinDoNotDisturbTheFirstTransition) {
  boot("2.1.5");
  clock.run_for(seconds(40));
  EXPECT_TRUE(dc_machine().host.logged("Transition 0 (Complete="));
  EXPECT_TRUE(dc_machine().host.logged("): Complete"));
  EXPECT_FALSE(dc_machine().host.logged("): Stopped"));
  EXPECT_EQ(attribute(dc(), "node2", "#feature-set"), "3.16.1");
  EXPECT_EQ(attribute(dc(), "node2", "#attrd-protocol"), "");
}

// AT-10.2: the lines of 1.0 on the way to the first start.
TEST_F(ClusterTest, LogLinesOfOnePointZero) {
  boot("1.0.13");
  clock.run_for(seconds(40));
  const TestingHost& host = dc_machine().host;
  EXPECT_TRUE(host.logged("run_graph: Transition 0 (Complete="));
  EXPECT_TRUE(
      host.logged("process_pe_message: Transition 0: PEngine Input stored in: /var/lib/pengine/pe-input-0.bz2"));
  EXPECT_TRUE(host.logged("LogActions: Start a (" + where("a").front() + ")"));
  EXPECT_TRUE(host.logged("State transition S_TRANSITION_ENGINE -> S_IDLE [ input=I_TE_SUCCESS"));
  EXPECT_TRUE(on(where("a").front()).host.logged("process_lrm_event: LRM operation a_start_0 (call="));
}

// CM-8.10, CM-9.1: a failed monitor counts and restarts in place.
TEST_F(ClusterTest, MonitorFailureRestarts) {
  boot("1.0.13");
  clock.run_for(seconds(40));
  Machine& home = on(where("a").front());
  const std::size_t starts = home.host.count_runs("a start 0");
  home.services.running["a"] = false;
  clock.run_for(seconds(15));
  EXPECT_EQ(home.host.count_runs("a start 0"), starts + 1);
  EXPECT_THAT(where("a"), ElementsAre(home.name));
  EXPECT_EQ(attribute(dc(), home.name, "fail-count-a"), "1");
  EXPECT_EQ(attribute(other(), home.name, "fail-count-a"), "1");
  EXPECT_TRUE(dc_machine().host.logged("update_failcount: Updating failcount for a on " + home.name +
                                       " after failed monitor: rc=7 (update=value++, time="));
  EXPECT_EQ(home.host.traced(TraceKind::kOperationFailed, "resource=a operation=monitor interval=10000"), 1U);
  EXPECT_EQ(dc().state(), State::kIdle);
  expect_equal_replicas();
}

// AT-1.4, AT-10.4 (a): rc 6 bans everywhere.
TEST_F(ClusterTest, NotConfiguredStopsEverywhere) {
  boot("1.0.13");
  clock.run_for(seconds(40));
  Machine& home = on(where("a").front());
  home.services.monitor_rc["a"] = 6;
  clock.run_for(seconds(30));
  EXPECT_THAT(where("a"), IsEmpty());
  EXPECT_THAT(where("b"), SizeIs(1));
  EXPECT_TRUE(dc_machine().host.logged(
      "Hard error - a_monitor_10000 failed with rc=6: Preventing a from re-starting anywhere in the cluster"));
  EXPECT_EQ(dc().state(), State::kIdle);
  expect_equal_replicas();
}

// CM-3.3 to CM-3.5 without fencing: the survivor is or becomes the DC and takes everything over.
TEST_F(ClusterTest, CrashOfTheOtherMovesResources) {
  boot("1.0.13");
  clock.run_for(seconds(40));
  const std::size_t victim = node(1).controller->is_dc() ? 1 : 0;
  crash(victim);
  clock.run_for(seconds(10));
  EXPECT_THAT(where("a"), ElementsAre(machines[1 - victim]->name));
  EXPECT_THAT(where("b"), ElementsAre(machines[1 - victim]->name));
  EXPECT_EQ(dc().state(), State::kIdle);
}

TEST_F(ClusterTest, CrashOfTheDcMovesResources) {
  boot("1.0.13");
  clock.run_for(seconds(40));
  const std::size_t victim = node(1).controller->is_dc() ? 0 : 1;
  const std::string survivor = machines[1 - victim]->name;
  crash(victim);
  clock.run_for(seconds(10));
  EXPECT_EQ(dc().dc(), survivor);
  EXPECT_THAT(where("a"), ElementsAre(survivor));
  EXPECT_THAT(where("b"), ElementsAre(survivor));
  EXPECT_TRUE(machines[1 - victim]->host.logged("Our peer on the DC"));
}

// CM-11.2, CM-11.3: resources leave first, then the node.
TEST_F(ClusterTest, CleanStopMovesResourcesFirst) {
  for (const bool of_dc : {false, true}) {
    SCOPED_TRACE(of_dc ? "stop of the DC" : "stop of the other node");
    reset();
    boot("2.1.5");
    clock.run_for(seconds(40));
    const std::size_t leaver = node(1).controller->is_dc() == of_dc ? 0 : 1;
    machines[leaver]->controller->request_stop();
    clock.run_for(seconds(30));
    EXPECT_EQ(machines[leaver]->ended, 0);
    EXPECT_FALSE(machines[leaver]->services.running["a"]);
    EXPECT_FALSE(machines[leaver]->services.running["b"]);
    EXPECT_TRUE(machines[1 - leaver]->services.running["a"]);
    EXPECT_TRUE(machines[1 - leaver]->services.running["b"]);
    EXPECT_EQ(dc().dc(), machines[1 - leaver]->name);
    EXPECT_EQ(dc().state(), State::kIdle);
    EXPECT_EQ(machines[leaver]->host.traced(TraceKind::kOperationFailed), 0U);
  }
}

// CM-8.11, CM-7.17: a stop that hangs times out, counts INFINITY and blocks without fencing.
TEST_F(ClusterTest, HangingStopBlocks) {
  boot("2.1.5");
  clock.run_for(seconds(40));
  Machine& home = on(where("a").front());
  home.services.takes["stop"] = seconds(-1);
  home.services.running["a"] = false;
  clock.run_for(seconds(60));
  EXPECT_EQ(attribute(dc(), home.name, "fail-count-a#stop_0"), "INFINITY");
  EXPECT_EQ(attribute(dc(), home.name, "fail-count-a#monitor_10000"), "1");
  EXPECT_EQ(home.host.count_runs("a start 0"), 1U);
  EXPECT_TRUE(home.host.logged("Result of stop operation for a on " + home.name + ": Timed Out after 20s"));
}

// CM-9.2: cleanup lets a banned resource start again.
TEST_F(ClusterTest, CleanupStartsAgain) {
  for (const char* version : {"1.0.13", "2.1.5"}) {
    SCOPED_TRACE(version);
    reset();
    boot(version);
    clock.run_for(seconds(40));
    Machine& home = on(where("a").front());
    home.services.monitor_rc["a"] = 6;
    clock.run_for(seconds(30));
    ASSERT_THAT(where("a"), IsEmpty());
    home.services.monitor_rc.clear();
    other().cleanup("a", "");
    clock.run_for(seconds(30));
    EXPECT_THAT(where("a"), SizeIs(1));
    EXPECT_EQ(dc().state(), State::kIdle);
    expect_equal_replicas();
  }
}

// CM-6.15, CM-5.5: the highest configuration wins, whoever has it.
TEST_F(ClusterTest, NewestConfigurationWins) {
  boot("2.1.5", 2, "");
  reset();
  profile = profile_of("2.1.5");
  cluster = std::make_unique<membership::TestCluster>(2, true);
  clock.after_each([this] { ASSERT_TRUE(cluster->run()); });
  for (std::uint32_t id = 1; id <= 2; ++id) {
    machines.push_back(std::make_unique<Machine>(*this, id));
    start(*machines.back(), id == 2 ? kCib : std::string_view());
  }
  clock.run_for(seconds(40));
  EXPECT_TRUE(node(1).controller->cib().find_id("a-monitor"));
  EXPECT_THAT(where("a"), SizeIs(1));
  expect_equal_replicas();
}

// A node that comes back joins, is probed, and changes nothing for healthy resources.
TEST_F(ClusterTest, ReturningNodeJoins) {
  boot("1.0.13");
  clock.run_for(seconds(40));
  const std::size_t victim = node(1).controller->is_dc() ? 1 : 0;
  crash(victim);
  clock.run_for(seconds(30));
  machines[victim]->services.running.clear();
  start(*machines[victim], "");
  clock.run_for(seconds(60));
  EXPECT_EQ(other().state(), State::kNotDc);
  EXPECT_EQ(machines[victim]->host.count_runs("a monitor 0"), 2U);
  EXPECT_THAT(where("a"), SizeIs(1));
  EXPECT_THAT(where("b"), SizeIs(1));
  EXPECT_EQ(dc().state(), State::kIdle);
  expect_equal_replicas();
}

// CM-7.18, CM-7.24, part J: nothing moves before the lost node was fenced.
TEST_F(ClusterTest, LostNodeIsFencedFirst) {
  boot("2.1.5", 2, with_fencing(kDevice));
  clock.run_for(seconds(60));
  ASSERT_THAT(where("a"), SizeIs(1));
  const std::size_t victim = node(1).controller->is_dc() ? 0 : 1;
  Machine& survivor = *machines[1 - victim];
  const std::string target = machines[victim]->name;
  bool taken_over_before = false;
  survivor.services.fence = [&](const std::string&) {
    taken_over_before = survivor.services.running["a"] && survivor.services.running["b"];
    return 0;
  };
  crash(victim);
  clock.run_for(seconds(30));
  EXPECT_THAT(survivor.services.fencing, ElementsAre("reboot " + target));
  EXPECT_FALSE(taken_over_before);
  EXPECT_THAT(where("a"), ElementsAre(survivor.name));
  EXPECT_THAT(where("b"), ElementsAre(survivor.name));
  EXPECT_EQ(survivor.host.traced(TraceKind::kFencingResult, "target=" + target + " operation=reboot ok=1"), 1U);
  EXPECT_EQ(dc().state(), State::kIdle);
}

// CM-10.22, CM-7.24: a failing device is tried again, then the next transition tries again, at most ten times.
TEST_F(ClusterTest, FailingFenceDeviceBlocksRecovery) {
  boot("2.1.5", 2, with_fencing(kDevice));
  clock.run_for(seconds(60));
  const std::size_t victim = node(1).controller->is_dc() ? 0 : 1;
  Machine& survivor = *machines[1 - victim];
  survivor.services.fence = [](const std::string&) { return 1; };
  const bool had_a = survivor.services.running["a"];
  crash(victim);
  clock.run_for(minutes(10));
  EXPECT_GE(survivor.services.fencing.size(), 4U);
  EXPECT_LE(survivor.services.fencing.size(), 20U);
  EXPECT_EQ(survivor.services.running["a"], had_a);
  EXPECT_TRUE(survivor.host.logged("to fence " + machines[victim]->name + ", giving up"));
}

// CM-10.11: without a device fencing fails at once and says so.
TEST_F(ClusterTest, NoFenceDevice) {
  constexpr std::string_view kElsewhere =
      "<primitive id=\"f\" class=\"stonith\" type=\"fence_test\"><instance_attributes id=\"f-i\">"
      "<nvpair id=\"f-l\" name=\"pcmk_host_list\" value=\"other\"/></instance_attributes></primitive>";
  boot("1.1.14", 2, with_fencing(kElsewhere));
  clock.run_for(seconds(60));
  const std::size_t victim = node(1).controller->is_dc() ? 0 : 1;
  Machine& survivor = *machines[1 - victim];
  crash(victim);
  clock.run_for(seconds(60));
  EXPECT_THAT(survivor.services.fencing, IsEmpty());
  EXPECT_TRUE(survivor.host.logged(machines[victim]->name + " by <no-one> for crmd.1006@" + survivor.name +
                                   ": No such device"));
  EXPECT_TRUE(survivor.host.logged("(aborting transition and giving up for now)"));
}

// Crashes, returns, partitions and dying services at random; then everything heals, and within ten minutes there is one
// DC, all replicas are equal and every resource runs once.
TEST_F(ClusterTest, HealsAfterChaos) {
  for (std::uint64_t seed = 1; seed <= 25; ++seed) {
    SCOPED_TRACE(seed);
    reset();
    Random random(seed, "chaos");
    std::string text(kCib);
    text.replace(text.find("value=\"ignore\""), 14, "value=\"stop\"");
    boot(seed % 2 == 0 ? "2.1.5" : "1.1.14", 3, text);
    clock.run_for(seconds(30));
    for (int i = 0; i < 12; ++i) {
      Machine& machine = *machines[random.below(machines.size())];
      switch (random.below(5)) {
        case 0:
          if (machine.controller) crash(machine.id - 1);
          break;
        case 1:
          if (!machine.controller) {
            machine.services.running.clear();
            start(machine, "");
          }
          break;
        case 2:
          cluster->partition({{machine.id}});
          break;
        case 3:
          cluster->heal();
          break;
        default:
          machine.services.running[random.below(2) == 0 ? "a" : "b"] = false;
          break;
      }
      clock.run_for(random.between(milliseconds(10), seconds(40)));
    }
    cluster->heal();
    for (const auto& machine : machines) {
      if (machine->controller) continue;
      machine->services.running.clear();
      start(*machine, "");
    }
    clock.run_for(minutes(10));
    std::size_t dcs = 0;
    for (const auto& machine : machines) {
      dcs += machine->controller->is_dc() ? 1 : 0;
      EXPECT_EQ(machine->ended, -1) << machine->name;
      EXPECT_TRUE(machine->controller->state() == State::kIdle || machine->controller->state() == State::kNotDc)
          << machine->name << ' ' << state_name(machine->controller->state());
    }
    EXPECT_EQ(dcs, 1U);
    EXPECT_THAT(where("a"), SizeIs(1));
    EXPECT_THAT(where("b"), SizeIs(1));
    expect_equal_replicas();
    if (HasFailure()) return;
  }
}

// CM-7.6: the recheck changes nothing in a quiet cluster; a monitor without news costs no CIB update (CM-8.10).
TEST_F(ClusterTest, QuietClusterStaysQuiet) {
  boot("1.0.13");
  clock.run_for(seconds(40));
  const std::string before = cib::write_document(dc().cib());
  const std::size_t runs = node(1).host.runs().size() + node(2).host.runs().size();
  clock.run_for(hours(1));
  EXPECT_EQ(cib::write_document(dc().cib()), before);
  EXPECT_GT(node(1).host.runs().size() + node(2).host.runs().size(), runs + 700);
  EXPECT_EQ(dc().state(), State::kIdle);
}

// CM-3.6: a member whose controller does not come.
TEST_F(ClusterTest, AMemberIsPendingForTooLong) {
  std::string cib(kCib);
  cib.replace(cib.find("<nvpair id=\"o2\""), 0, "<nvpair id=\"o3\" name=\"node-pending-timeout\" value=\"60s\"/>");
  boot("2.1.7", 3, cib);
  clock.run_for(seconds(40));
  crash(2);
  clock.run_for(seconds(10));
  cluster->start(3);
  ASSERT_TRUE(cluster->run());
  clock.run_for(seconds(55));
  EXPECT_FALSE(dc_machine().host.logged("pending timed out"));
  clock.run_for(seconds(10));
  EXPECT_TRUE(dc_machine().host.logged("Node with id '3' pending timed out (60s) on joining the process group"));
}

// CM-5.10: PCMK_node_start_state
TEST_F(ClusterTest, ANodeStartsInStandby) {
  start_state = "standby";
  boot("2.1.5");
  clock.run_for(seconds(40));
  EXPECT_THAT(where("a"), IsEmpty());
  EXPECT_NE(cib::write_compact(dc().cib().root()).find("id=\"nodes-1-standby\" name=\"standby\" value=\"on\""),
            std::string::npos);
}

// CM-7.20: somebody grants a ticket.
TEST_F(ClusterTest, TicketsMatter) {
  boot("2.1.5");
  clock.run_for(seconds(40));
  CibRequest request;
  request.merge({step("status"), step("tickets")}, std::string("<ticket_state id=\"t\" granted=\"true\"/>"));
  dc().change_cib(std::move(request), "crm_ticket");
  clock.run_for(seconds(2));
  EXPECT_TRUE(dc_machine().host.logged("Ticket attribute change"));
}

}  // namespace
}  // namespace simcluster::controller
