#include "engine/fencer/devices.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/base/testing_host.h"
#include "engine/fencer/device_queue.h"

namespace simcluster::fencer {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

const Profile kProfile = make_profile(StackVersions{}).value();

Device device(std::vector<std::pair<std::string, std::string>> parameters, const char* agent = "fence_vbox") {
  return {"f1", agent, std::move(parameters), describe_agent(agent, kProfile)};
}

// CM-10.2, CM-10.3
TEST(Devices, HostMapGivesTargetsAndAliases) {
  const Device d = device({{"pcmk_host_map", "node1:vm1;node2:vm2"}});
  EXPECT_EQ(target_check(d), TargetCheck::kStaticList);
  EXPECT_THAT(static_targets(d), ElementsAre("node1", "vm1", "node2", "vm2"));
  EXPECT_EQ(alias_of(d, "NODE2"), "vm2");
  EXPECT_EQ(alias_of(d, "node3"), "node3");
  EXPECT_EQ(target_check(device({})), TargetCheck::kDynamicList);
  EXPECT_EQ(target_check(device({{"pcmk_host_check", "none"}})), TargetCheck::kNone);
}

// CM-10.3
TEST(Devices, WhatAnAgentDoesNotOfferIsNotAskedOfIt) {
  EXPECT_EQ(target_check(device({}, "fence_ipmilan")), TargetCheck::kStatus);
  EXPECT_EQ(target_check(device({}, "fence_of_somebody")), TargetCheck::kDynamicList);
}

// CM-10.3: on and off are states, not names; warnings of agents are no names either.
TEST(Devices, ListOutput) {
  EXPECT_THAT(parse_list("vm1,on\nvm2, off;vm3\nsome invalid line\n"), ElementsAre("vm1", "vm2", "vm3"));
}

// CM-10.20: action, nodename, host argument, then the rest by name; nothing of the cluster's own.
TEST(Devices, AgentParameters) {
  const Device d = device({{"login", "root"},
                           {"ipaddr", "10.0.0.1"},
                           {"pcmk_host_map", "node1:vm1"},
                           {"pcmk_off_action", "poweroff"},
                           {"action", "reboot"}});
  const AgentRequest request = agent_request(d, "off", "node1", "port");
  EXPECT_EQ(request.action, "poweroff");
  EXPECT_THAT(request.parameters, ElementsAre(Pair("action", "poweroff"), Pair("nodename", "node1"),
                                              Pair("port", "vm1"), Pair("ipaddr", "10.0.0.1"), Pair("login", "root")));
}

// CM-10.2, AT-5.10: by which parameter an agent learns whom to fence. 2.1.5: port where it knows that, even besides
// plug, and where it knows neither.
TEST(AgentDescription, HostArgument) {
  StackVersions versions;
  versions.pacemaker = "3.0.0";
  const Profile now = make_profile(versions).value();
  versions.pacemaker = "2.1.5";
  const Profile before = make_profile(versions).value();
  const auto knows = [](bool plug, bool port) {
    AgentDescription agent;
    agent.known = true;
    agent.has_plug = plug;
    agent.has_port = port;
    return agent;
  };
  EXPECT_EQ(default_host_argument(knows(true, false), before), "plug");
  EXPECT_EQ(default_host_argument(knows(false, true), before), "port");
  EXPECT_EQ(default_host_argument(knows(true, true), before), "port");
  EXPECT_EQ(default_host_argument(knows(false, false), before), "port");
  EXPECT_EQ(default_host_argument(knows(true, true), now), "plug");
  EXPECT_EQ(default_host_argument(knows(false, true), now), "port");
  EXPECT_EQ(default_host_argument(knows(false, false), now), "none");
}

// AT-5.10: what an installed agent says of itself.
TEST(AgentDescription, Metadata) {
  const AgentDescription scsi = read_agent_description(
      "<?xml version=\"1.0\" ?>\n<resource-agent name=\"fence_scsi\">\n<!-- <action name=\"reboot\"/> -->\n"
      "<parameters><parameter name=\"action\"/>\n\t<parameter unique=\"0\" name=\"plug\" obsoletes=\"port\">"
      "<shortdesc lang=\"en\">x</shortdesc></parameter><parameter name='port' deprecated=\"1\"/></parameters>\n"
      "<actions><action name=\"on\" on_target=\"1\" automatic = \"1\"/><action\n name=\"off\" /></actions>");
  EXPECT_TRUE(scsi.known);
  EXPECT_THAT(scsi.actions, ElementsAre("on", "off"));
  EXPECT_THAT(scsi.on_target, ElementsAre("on"));
  EXPECT_TRUE(scsi.automatic);
  EXPECT_TRUE(scsi.has_plug && scsi.has_port);
  EXPECT_FALSE(offers(scsi, "reboot"));
  EXPECT_FALSE(read_agent_description("no XML, <and nothing closed").known);
  EXPECT_TRUE(offers(AgentDescription{}, "reboot")) << "who says nothing can do everything";
  const AgentDescription power = read_agent_description("<action name=\"on\" automatic=\"0\"/>");
  EXPECT_FALSE(power.automatic);
}

class DeviceQueueTest : public ::testing::Test {
 protected:
  Command command(const char* action, std::vector<std::string>& results) {
    Command c;
    c.action = action;
    c.target = "node1";
    c.timeout = seconds(10);
    c.done = [&results](const CommandResult& r) {
      results.push_back(std::to_string(static_cast<int>(r.status)) + " " + r.reason);
    };
    return c;
  }
  TestingClock clock;
  TestingHost host{clock, "node2"};
  Profile profile = make_profile(StackVersions{}).value();
};

// CM-10.18, CM-10.19: a fixed delay for off and reboot only; who waits for it lets others pass.
TEST_F(DeviceQueueTest, DelayedCommandsLetOthersPass) {
  DeviceQueue queue(host, profile, device({{"pcmk_delay_base", "5s"}}));
  std::vector<std::string> results;
  queue.add(command("off", results));
  queue.add(command("on", results));
  clock.run_for(seconds(4));
  EXPECT_THAT(host.runs(), ElementsAre("f1 on 0"));
  clock.run_for(seconds(2));
  EXPECT_THAT(host.runs(), ElementsAre("f1 on 0", "f1 off 0"));
  EXPECT_THAT(results, ElementsAre("0 ", "0 "));
}

// CM-10.18
TEST_F(DeviceQueueTest, AsManyAtATimeAsConfigured) {
  host.set_agents([](const AgentRequest&) { return TestingHost::Answer{{}, seconds(5), false}; });
  const auto started_at_once = [&](std::vector<std::pair<std::string, std::string>> parameters) {
    DeviceQueue queue(host, profile, device(std::move(parameters)));
    std::vector<std::string> results;
    const std::size_t before = host.runs().size();
    for (int i = 0; i < 3; ++i) queue.add(command("on", results));
    clock.run_for(seconds(1));
    const std::size_t started = host.runs().size() - before;
    clock.run_for(seconds(30));
    EXPECT_EQ(results.size(), 3U);
    return started;
  };
  EXPECT_EQ(started_at_once({}), 1U);
  EXPECT_EQ(started_at_once({{"pcmk_action_limit", "2"}}), 2U);
  EXPECT_EQ(started_at_once({{"pcmk_action_limit", "-1"}}), 3U);
}

// CM-10.22, CM-10.23: one more attempt after a second. What the agent says goes to the log and is no reason (2.1.5).
TEST_F(DeviceQueueTest, FailureIsRetriedOnce) {
  host.set_agents([](const AgentRequest&) {
    TestingHost::Answer answer;
    answer.result.exit_code = 1;
    answer.result.error_output = "first\nFailed: no connection\n";
    return answer;
  });
  DeviceQueue queue(host, profile, device({}));
  std::vector<std::string> results;
  queue.add(command("reboot", results));
  clock.run_for(seconds(5));
  EXPECT_EQ(host.runs().size(), 2U);
  EXPECT_THAT(results, ElementsAre("1 "));
  EXPECT_TRUE(host.logged("fence_vbox_reboot_1of2[1] error output [ first ]"));
  EXPECT_TRUE(host.logged("fence_vbox[1] stderr: [ Failed: no connection ]"));
  EXPECT_TRUE(host.logged("Attempt 2 to execute fence_vbox (reboot). remaining timeout is 10"));
  EXPECT_TRUE(host.logged("Attempted to execute agent fence_vbox (reboot) the maximum number of times (2) allowed"));
}

// CM-10.22, CM-10.23: a time-out kills and is not retried.
TEST_F(DeviceQueueTest, TimeoutIsFinal) {
  host.set_agents([](const AgentRequest&) { return TestingHost::Answer{{}, seconds(-1), true}; });
  DeviceQueue queue(host, profile, device({}));
  std::vector<std::string> results;
  queue.add(command("reboot", results));
  clock.run_for(seconds(30));
  EXPECT_EQ(host.runs().size(), 1U);
  EXPECT_THAT(host.signals(), ElementsAre(9));
  EXPECT_THAT(results, ElementsAre("2 Fence agent did not complete within 10s"));
}

}  // namespace
}  // namespace simcluster::fencer
