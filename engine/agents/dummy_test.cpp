// Dummy, Delay and Stateful (AT-4.1 to AT-4.4), and the registry.
#include "engine/agents/dummy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/agents/registry.h"
#include "engine/agents/testing.h"

namespace simcluster::agents {
namespace {

using Parameters = std::vector<std::pair<std::string, std::string>>;

Profile with_pacemaker(std::string pacemaker, std::string resource_agents) {
  StackVersions versions;
  versions.pacemaker = std::move(pacemaker);
  versions.resource_agents = std::move(resource_agents);
  return *make_profile(versions);
}

struct SmallAgents : testing::Test {
  int run(std::string_view provider, std::string_view type, std::string_view action, Parameters parameters = {},
          Duration interval = {}) {
    Environment environment = fake_environment(type, "r", action, interval, std::move(parameters), profile);
    environment.provider = provider;
    const Agent* agent = find_agent("ocf", provider, type, profile);
    EXPECT_NE(agent, nullptr);
    FakeProcess& process = host.start(agent->main, std::move(environment));
    const Time begun = host.now();
    host.run();
    elapsed = host.now() - begun;
    last = &process;
    return process.exit_code().value_or(-1);
  }

  FakeHost host;
  Profile profile = with_pacemaker("1.0.13", "3.9.5-1");
  Duration elapsed;
  FakeProcess* last = nullptr;
};

// AT-4.1.
TEST_F(SmallAgents, DummyKeepsAFile) {
  EXPECT_EQ(run("heartbeat", "Dummy", "monitor"), 7);
  EXPECT_EQ(run("heartbeat", "Dummy", "stop"), 0);
  EXPECT_EQ(run("heartbeat", "Dummy", "start"), 0);
  EXPECT_TRUE(host.files.contains("/var/run/resource-agents/Dummy-r.state"));
  EXPECT_EQ(run("heartbeat", "Dummy", "start"), 0);
  EXPECT_EQ(run("heartbeat", "Dummy", "monitor", {}, seconds(10)), 0);
  EXPECT_EQ(run("heartbeat", "Dummy", "stop"), 0);
  EXPECT_EQ(run("heartbeat", "Dummy", "monitor", {}, seconds(10)), 7);
  EXPECT_EQ(run("heartbeat", "Dummy", "start", {{"state", "/nowhere/file"}}), 1);
}

// AT-4.1: newer versions say why a monitor that is no probe failed.
TEST_F(SmallAgents, DummyExitReason) {
  profile = with_pacemaker("2.1.5", "4.12.0");
  EXPECT_EQ(run("heartbeat", "Dummy", "monitor"), 7);
  EXPECT_EQ(last->process().exit_reason(), "");
  EXPECT_EQ(run("heartbeat", "Dummy", "monitor", {}, seconds(10)), 7);
  EXPECT_EQ(last->process().exit_reason(), "No process state file found");
  EXPECT_EQ(run("pacemaker", "Dummy", "monitor", {}, seconds(10)), 7);
  EXPECT_EQ(last->process().exit_reason(), "");
}

// AT-4.1, with the words of resource-agents 4.12 and Pacemaker 2.1.5.
TEST_F(SmallAgents, DummyReloads) {
  host.log.clear();
  EXPECT_EQ(run("heartbeat", "Dummy", "reload"), 0);
  EXPECT_EQ(run("heartbeat", "Dummy", "reload-agent"), 3);
  EXPECT_EQ(run("pacemaker", "Dummy", "reload"), 0);
  EXPECT_EQ(run("pacemaker", "Dummy", "reload-agent"), 0);
  EXPECT_THAT(host.log, testing::ElementsAre("INFO: Reloading r ...", "ERROR: Reloading r (agent)"));
  EXPECT_EQ(run("heartbeat", "Dummy", "nonsense"), 3);
  EXPECT_EQ(last->process().output(),
            "usage: /usr/lib/ocf/resource.d/heartbeat/Dummy "
            "{start|stop|monitor|reload|migrate_to|migrate_from|validate-all|meta-data}\n\n"
            "Expects to have a fully populated OCF RA-compliant environment set.\n");
}

TEST_F(SmallAgents, DummyValidate) {
  EXPECT_EQ(run("heartbeat", "Dummy", "validate-all"), 0);
  EXPECT_EQ(run("heartbeat", "Dummy", "validate-all", {{"state", "/nowhere/file"}}), 1);
  profile = with_pacemaker("2.1.5", "4.12.0");
  EXPECT_EQ(run("heartbeat", "Dummy", "validate-all", {{"state", "/nowhere/file"}}), 2);
  EXPECT_EQ(last->process().exit_reason(), "State file \"/nowhere/file\" is not writable");
}

TEST_F(SmallAgents, DummyMigrates) {
  run("heartbeat", "Dummy", "start");
  EXPECT_EQ(run("heartbeat", "Dummy", "migrate_to"), 0);
  EXPECT_EQ(run("heartbeat", "Dummy", "monitor"), 7);
  EXPECT_EQ(run("heartbeat", "Dummy", "migrate_from"), 0);
  EXPECT_EQ(run("heartbeat", "Dummy", "monitor"), 0);
}

// AT-4.2.
TEST_F(SmallAgents, PacemakerDummySleepsAndFailsOnDemand) {
  EXPECT_EQ(run("pacemaker", "Dummy", "start", {{"op_sleep", "3"}}), 0);
  EXPECT_GE(elapsed, seconds(3));
  EXPECT_TRUE(last->process().ignores_termination());
  EXPECT_EQ(run("pacemaker", "Dummy", "start", {{"fail_start_on", "node01"}}), 1);
  EXPECT_EQ(run("pacemaker", "Dummy", "start", {{"fail_start_on", "node02"}}), 0);
}

// AT-4.3.
TEST_F(SmallAgents, DelayTakesItsTime) {
  const Parameters delays = {{"startdelay", "2"}, {"stopdelay", "3"}, {"mondelay", "4"}};
  EXPECT_EQ(run("heartbeat", "Delay", "monitor", delays), 7);
  EXPECT_GE(elapsed, seconds(4));
  EXPECT_THAT(host.log, testing::ElementsAre("INFO: Delay is stopped"));
  EXPECT_EQ(run("heartbeat", "Delay", "start", delays), 0);
  EXPECT_GE(elapsed, seconds(2));
  EXPECT_EQ(run("heartbeat", "Delay", "start", delays), 0);
  EXPECT_LT(elapsed, seconds(1));
  EXPECT_EQ(host.log.back(), "INFO: Delay already running.");
  EXPECT_EQ(run("heartbeat", "Delay", "status", delays), 0);
  EXPECT_LT(elapsed, seconds(1));
  EXPECT_EQ(run("heartbeat", "Delay", "stop", delays), 0);
  EXPECT_GE(elapsed, seconds(3));
  EXPECT_EQ(run("heartbeat", "Delay", "stop", delays), 0);
  EXPECT_LT(elapsed, seconds(1));
  EXPECT_EQ(host.log.back(), "INFO: Delay already stopped.");
  EXPECT_EQ(run("heartbeat", "Delay", "validate-all", delays), 0);
  EXPECT_EQ(last->process().output(), "Validate OK\n");
  EXPECT_EQ(run("heartbeat", "Delay", "start", {{"startdelay", "soon"}}), 2);
}

TEST_F(SmallAgents, DelayDefaults) {
  run("heartbeat", "Delay", "start");
  EXPECT_GE(elapsed, seconds(20));
  EXPECT_LT(elapsed, seconds(21));
}

// AT-4.4.
TEST_F(SmallAgents, StatefulRolesAndScores) {
  EXPECT_EQ(run("pacemaker", "Stateful", "monitor"), 7);
  EXPECT_EQ(run("pacemaker", "Stateful", "promote"), 7);
  EXPECT_EQ(run("pacemaker", "Stateful", "start"), 0);
  EXPECT_EQ(host.files["/var/run/resource-agents/Stateful-r.state"], "slave");
  EXPECT_EQ(host.attributes["master-r"], "5");
  EXPECT_EQ(run("pacemaker", "Stateful", "monitor"), 0);
  EXPECT_EQ(run("pacemaker", "Stateful", "promote"), 0);
  EXPECT_EQ(host.attributes["master-r"], "10");
  EXPECT_EQ(run("pacemaker", "Stateful", "monitor"), 8);
  EXPECT_EQ(run("pacemaker", "Stateful", "demote"), 0);
  EXPECT_EQ(host.attributes["master-r"], "5");
  EXPECT_EQ(run("pacemaker", "Stateful", "stop"), 0);
  EXPECT_FALSE(host.attributes.contains("master-r"));
  host.files["/var/run/resource-agents/Stateful-r.state"] = "odd";
  EXPECT_EQ(run("pacemaker", "Stateful", "monitor"), 1);
}

// AT-4.4: the words of 2.1; the score comes back with every probe that finds it active.
TEST_F(SmallAgents, StatefulWordsAndProbes) {
  profile = with_pacemaker("2.1.5", "4.12.0");
  run("pacemaker", "Stateful", "start");
  run("pacemaker", "Stateful", "promote");
  EXPECT_EQ(host.files["/var/run/resource-agents/Stateful-r.state"], "Promoted");
  host.attributes.clear();
  EXPECT_EQ(run("pacemaker", "Stateful", "monitor", {}, seconds(10)), 8);
  EXPECT_TRUE(host.attributes.empty());
  EXPECT_EQ(run("pacemaker", "Stateful", "monitor"), 8);
  EXPECT_EQ(host.attributes["master-r"], "10");
}

TEST(Registry, KnowsItsAgents) {
  const Profile profile;
  EXPECT_EQ(find_agent("ocf", "heartbeat", "NoSuchAgent", profile), nullptr);
  EXPECT_EQ(find_agent("lsb", "heartbeat", "IPaddr2", profile), nullptr);
  const Agent* agent = find_agent("ocf", "heartbeat", "IPaddr2", profile);
  ASSERT_NE(agent, nullptr);
  EXPECT_EQ(agent->metadata.parameters[0].name, "ip");
  EXPECT_TRUE(agent->metadata.parameters[0].required);
}

}  // namespace
}  // namespace simcluster::agents
