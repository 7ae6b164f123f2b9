// Processes that stand still and go on: the piece itself, and each daemon of a cluster manager (CM-11.8).
#include "engine/controller/standstill.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "engine/controller/testing_cluster.h"

namespace simcluster::controller {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class StandstillTest : public ::testing::Test, public TimerClient, public AgentClient {
 protected:
  void on_timer(std::uint64_t cookie) override {
    done.push_back("timer " + std::to_string(cookie));
    if (cookie == 1) process.cancel_timer(second);
  }
  void on_agent_exit(AgentRunId, const AgentResult&) override { done.emplace_back("agent"); }

  TestingClock clock;
  TestingHost host{clock, "node1"};
  Standstill process{host};
  std::vector<std::string> done;
  TimerId second;
};

// Timers and the ends of agents come late and in order; what is cancelled meanwhile does not come.
TEST_F(StandstillTest, WhatReachesItWaits) {
  process.start_timer(seconds(1), *this, 1);
  second = process.start_timer(seconds(2), *this, 2);
  process.start_timer(seconds(9), *this, 3);
  AgentRequest request;
  request.instance = "a";
  process.run_agent(request, *this);
  process.stop();
  EXPECT_TRUE(process.puts_off([this] { done.emplace_back("call"); }));
  clock.run_for(seconds(5));
  EXPECT_THAT(done, IsEmpty());
  process.go_on();
  EXPECT_THAT(done, ElementsAre("call", "agent", "timer 1"));
  EXPECT_FALSE(process.puts_off([this] { done.emplace_back("another"); }));
  clock.run_for(seconds(5));
  EXPECT_THAT(done, ElementsAre("call", "agent", "timer 1", "timer 3"));
}

// What it would start begins when it goes on; a dead one never does.
TEST_F(StandstillTest, AgentsBeginLater) {
  AgentRequest request;
  request.instance = "a";
  process.stop();
  process.run_agent(request, *this);
  clock.run_for(seconds(5));
  EXPECT_THAT(host.runs(), IsEmpty());
  process.go_on();
  clock.run_for(seconds(5));
  EXPECT_THAT(host.runs(), SizeIs(1));
  EXPECT_THAT(done, ElementsAre("agent"));
  process.stop();
  process.run_agent(request, *this);
  process.start_timer(seconds(1), *this, 1);
  process.end();
  process.go_on();
  clock.run_for(seconds(5));
  EXPECT_THAT(host.runs(), SizeIs(1));
  EXPECT_THAT(done, SizeIs(1));
}

class StoppedDaemonTest : public ClusterTest {
 protected:
  void boot_two(std::string_view cib = kCib) {
    boot("2.1.5", 2, cib);
    clock.run_for(seconds(60));
    ASSERT_EQ(dc().state(), State::kIdle);
  }
  Machine& other_machine() {
    for (const auto& machine : machines)
      if (!machine->controller->is_dc()) return *machine;
    throw std::runtime_error("no other node");
  }
  std::string running_on(const Machine& machine) const { return machine.services.running.at("a") ? "a" : "b"; }
};

// Its replica stays behind, what it is asked for is done when it goes on.
TEST_F(StoppedDaemonTest, CibManager) {
  boot_two();
  Machine& still = other_machine();
  still.controller->freeze(Subdaemon::kCib);
  dc().update_attribute("x", "1", {}, dc_machine().name);
  CibRequest elsewhere;
  elsewhere.merge({step("configuration"), step("nodes")}, std::string("<node id=\"8\" uname=\"node8\"/>"));
  dc().change_cib(std::move(elsewhere), "cibadmin");
  CibRequest request;
  request.merge({step("configuration"), step("nodes")}, std::string("<node id=\"9\" uname=\"node9\"/>"));
  still.controller->change_cib(std::move(request), "cibadmin");
  clock.run_for(seconds(3));
  EXPECT_EQ(attribute(dc(), dc_machine().name, "x"), "1");
  EXPECT_EQ(attribute(*still.controller, dc_machine().name, "x"), "");
  EXPECT_TRUE(dc().cib().find_id("8"));
  EXPECT_FALSE(still.controller->cib().find_id("8"));
  EXPECT_FALSE(dc().cib().find_id("9"));
  still.controller->go_on(Subdaemon::kCib);
  clock.run_for(seconds(3));
  EXPECT_EQ(attribute(*still.controller, dc_machine().name, "x"), "1");
  EXPECT_TRUE(dc().cib().find_id("9"));
  EXPECT_TRUE(still.controller->cib().find_id("8"));
  expect_equal_replicas();
}

// As with 2.1.5: it hears of what was set meanwhile, and its own values are told.
TEST_F(StoppedDaemonTest, AttributeManager) {
  boot_two();
  Machine& still = other_machine();
  still.controller->freeze(Subdaemon::kAttributes);
  still.controller->update_attribute("mine", "1", {}, still.name);
  dc().update_attribute("yours", "2", {}, dc_machine().name);
  clock.run_for(seconds(3));
  EXPECT_EQ(attribute(dc(), still.name, "mine"), "");
  EXPECT_FALSE(still.host.logged("Setting yours"));
  still.controller->go_on(Subdaemon::kAttributes);
  clock.run_for(seconds(3));
  EXPECT_EQ(attribute(dc(), still.name, "mine"), "1");
  EXPECT_EQ(attribute(dc(), dc_machine().name, "yours"), "2");
  EXPECT_TRUE(still.host.logged("Setting yours[" + dc_machine().name + "]: (unset) -> 2 | from "));
  expect_equal_replicas();
}

// Its executor goes on; what that finds is told later, and then acted upon.
TEST_F(StoppedDaemonTest, Controller) {
  boot_two();
  Machine& still = other_machine();
  const std::string resource = running_on(still);
  still.controller->freeze(Subdaemon::kController);
  const std::size_t monitors = still.host.count_runs(resource + " monitor 10000");
  still.services.running[resource] = false;
  clock.run_for(seconds(25));
  EXPECT_GE(still.host.count_runs(resource + " monitor 10000"), monitors + 2);
  EXPECT_EQ(still.host.count_runs(resource + " stop 0"), 0U);
  EXPECT_EQ(dc().state(), State::kIdle);
  still.controller->go_on(Subdaemon::kController);
  clock.run_for(seconds(5));
  EXPECT_EQ(still.host.count_runs(resource + " stop 0"), 1U);
  EXPECT_THAT(where(resource), SizeIs(1));
  EXPECT_EQ(still.controller->state(), State::kNotDc);
  EXPECT_EQ(still.ended, -1);
  expect_equal_replicas();
}

// A DC does afterwards what it has missed: changes of the CIB, the loss of a node.
TEST_F(StoppedDaemonTest, ControllerOfTheDc) {
  boot_two();
  Machine& still = dc_machine();
  Machine& lost = other_machine();
  still.controller->freeze(Subdaemon::kController);
  crash(lost.id - 1);
  clock.run_for(seconds(5));
  EXPECT_FALSE(still.services.running["a"] && still.services.running["b"]);
  still.controller->go_on(Subdaemon::kController);
  clock.run_for(seconds(5));
  EXPECT_TRUE(still.services.running["a"] && still.services.running["b"]);
}

// Nothing is monitored meanwhile, and all is afterwards; what the DC wants waits.
TEST_F(StoppedDaemonTest, Executor) {
  boot_two();
  Machine& still = other_machine();
  const std::string resource = running_on(still);
  still.controller->freeze(Subdaemon::kExecutor);
  clock.run_for(seconds(1));
  const std::size_t monitors = still.host.count_runs(resource + " monitor 10000");
  clock.run_for(seconds(25));
  EXPECT_EQ(still.host.count_runs(resource + " monitor 10000"), monitors);
  still.controller->cleanup("", "");
  still.controller->refresh(resource, still.name);
  clock.run_for(seconds(5));
  EXPECT_EQ(still.host.count_runs(resource + " monitor 0"), 1U);
  still.controller->go_on(Subdaemon::kExecutor);
  clock.run_for(seconds(15));
  EXPECT_EQ(still.host.count_runs(resource + " monitor 0"), 2U);
  EXPECT_GT(still.host.count_runs(resource + " monitor 10000"), monitors);
}

// The question is answered when the scheduler goes on, long before anybody gives up.
TEST_F(StoppedDaemonTest, Scheduler) {
  boot_two();
  Machine& leader = dc_machine();
  Machine& other = other_machine();
  const std::string resource = running_on(other);
  leader.controller->freeze(Subdaemon::kScheduler);
  other.services.running[resource] = false;
  clock.run_for(seconds(40));
  EXPECT_EQ(leader.controller->state(), State::kPolicyEngine);
  EXPECT_THAT(where(resource), IsEmpty());
  leader.controller->go_on(Subdaemon::kScheduler);
  clock.run_for(seconds(2));
  EXPECT_THAT(where(resource), SizeIs(1));
  EXPECT_EQ(leader.controller->state(), State::kIdle);
  clock.run_for(minutes(3));  // the time that it was given has no meaning any more
  EXPECT_EQ(leader.ended, -1);
}

// Who is to be fenced is fenced later.
TEST_F(StoppedDaemonTest, Fencer) {
  boot_two(with_fencing(kDevice));
  Machine& leader = dc_machine();
  Machine& lost = other_machine();
  leader.services.fencing.clear();
  leader.controller->freeze(Subdaemon::kFencer);
  crash(lost.id - 1);
  clock.run_for(seconds(20));
  EXPECT_THAT(leader.services.fencing, IsEmpty());
  EXPECT_FALSE(leader.services.running["a"] && leader.services.running["b"]);
  leader.controller->go_on(Subdaemon::kFencer);
  clock.run_for(seconds(20));
  EXPECT_THAT(leader.services.fencing, ::testing::Contains("reboot " + lost.name));
  EXPECT_TRUE(leader.services.running["a"] && leader.services.running["b"]);
}

// One that is killed while it stands still remembers nothing of what had waited.
TEST_F(StoppedDaemonTest, KilledBeforeItGoesOn) {
  boot_two();
  Machine& still = other_machine();
  for (const Subdaemon daemon : {Subdaemon::kAttributes, Subdaemon::kCib, Subdaemon::kController}) {
    still.controller->freeze(daemon);
    still.controller->update_attribute("x", "1", {}, still.name);
    clock.run_for(seconds(1));
    still.controller->kill(daemon);
    if (daemon == Subdaemon::kCib) {
      still.controller->kill(Subdaemon::kAttributes);
      still.controller->kill(Subdaemon::kController);
    }
    still.controller->go_on(daemon);
    clock.run_for(seconds(1));
    still.controller->respawn(daemon);
    if (daemon == Subdaemon::kCib) {
      still.controller->respawn(Subdaemon::kAttributes);
      still.controller->respawn(Subdaemon::kController);
    }
    clock.run_for(seconds(40));
    EXPECT_EQ(still.controller->state(), State::kNotDc);
    EXPECT_EQ(dc().state(), State::kIdle);
    expect_equal_replicas();
  }
}

}  // namespace
}  // namespace simcluster::controller
