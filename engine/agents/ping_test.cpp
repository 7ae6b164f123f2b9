// ping and pingd agents (AT-4.5), the ping command (AT-2.6).
#include "engine/agents/ping.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/agents/icmp.h"
#include "engine/agents/programs.h"
#include "engine/agents/testing.h"

namespace simcluster::agents {
namespace {

using testing::ElementsAre;
using Parameters = std::vector<std::pair<std::string, std::string>>;

const Parameters kTwoHosts = {{"host_list", "192.168.4.1 192.168.4.2"}, {"multiplier", "100"}, {"attempts", "2"}};

struct PingAgents : testing::Test {
  int run(Program program, std::string_view action, Parameters parameters) {
    Environment environment = fake_environment("ping", "p", action, seconds(10), std::move(parameters), Profile());
    FakeProcess& process = host.start(program, std::move(environment));
    const Time begun = host.now();
    while (!process.exit_code()) host.run_until(host.now() + milliseconds(1));
    elapsed = host.now() - begun;
    return *process.exit_code();
  }

  FakeHost host;
  Duration elapsed;
};

TEST_F(PingAgents, ScoreIsAnsweringHostsTimesMultiplier) {
  host.answering_hosts["192.168.4.1"] = microseconds(200);
  host.answering_hosts["192.168.4.2"] = microseconds(200);
  EXPECT_EQ(run(ping_agent, "monitor", kTwoHosts), 7);
  EXPECT_EQ(run(ping_agent, "start", kTwoHosts), 0);
  EXPECT_EQ(host.attributes["pingd"], "200");
  host.commands.clear();
  host.answering_hosts.erase("192.168.4.2");
  EXPECT_EQ(run(ping_agent, "monitor", kTwoHosts), 0);
  EXPECT_EQ(host.attributes["pingd"], "100");
  EXPECT_THAT(host.commands, ElementsAre("ping -n -q -W 2 -c 2 192.168.4.1", "ping -n -q -W 2 -c 2 192.168.4.2",
                                         "attrd_updater -n pingd -U 100 -d 5s"));
  EXPECT_EQ(
      host.log.back(),
      "WARNING: 192.168.4.2 is inactive: PING 192.168.4.2 (192.168.4.2) 56(84) bytes of data. --- 192.168.4.2 ping "
      "statistics --- 2 packets transmitted, 0 received, 100% packet loss, time 3000ms");
  EXPECT_EQ(run(ping_agent, "stop", kTwoHosts), 0);
  EXPECT_FALSE(host.attributes.contains("pingd"));
}

// AT-4.5: a silent host costs (attempts - 1) s + timeout.
TEST_F(PingAgents, SilentHostCostsTime) {
  const Parameters silent = {{"host_list", "10.0.0.1"}, {"attempts", "3"}, {"timeout", "4"}};
  run(ping_agent, "start", silent);
  EXPECT_GE(elapsed, seconds(6));
  EXPECT_LT(elapsed, milliseconds(6050));
}

// CM-9.12.
TEST_F(PingAgents, FailureScore) {
  Parameters strict = kTwoHosts;
  strict.emplace_back("failure_score", "150");
  host.answering_hosts["192.168.4.1"] = microseconds(200);
  EXPECT_EQ(run(ping_agent, "start", strict), 1);
  EXPECT_EQ(host.attributes["pingd"], "100");
  host.answering_hosts["192.168.4.2"] = microseconds(200);
  EXPECT_EQ(run(ping_agent, "monitor", strict), 0);
}

TEST_F(PingAgents, HostsAreNeeded) { EXPECT_EQ(run(ping_agent, "start", {}), 6); }

// AT-4.5 pingd: 2 lost of 5 are down; the daemon outlives the start and ends with the stop.
TEST_F(PingAgents, PingdDaemon) {
  host.answering_hosts["192.168.4.1"] = microseconds(200);
  host.answering_hosts["192.168.4.2"] = microseconds(200);
  EXPECT_EQ(run(pingd_agent, "start", kTwoHosts), 0);
  host.run_until(host.now() + seconds(2));
  EXPECT_EQ(host.attributes["pingd"], "200");
  EXPECT_EQ(run(pingd_agent, "monitor", kTwoHosts), 0);
  host.answering_hosts.erase("192.168.4.2");
  host.run_until(host.now() + seconds(1));
  EXPECT_EQ(host.attributes["pingd"], "200");
  host.run_until(host.now() + seconds(3));
  EXPECT_EQ(host.attributes["pingd"], "100");
  host.answering_hosts["192.168.4.2"] = microseconds(200);
  host.run_until(host.now() + seconds(6));
  EXPECT_EQ(host.attributes["pingd"], "200");
  EXPECT_EQ(run(pingd_agent, "stop", kTwoHosts), 0);
  EXPECT_FALSE(host.attributes.contains("pingd"));
  EXPECT_EQ(run(pingd_agent, "monitor", kTwoHosts), 7);
  host.run();
}

// AT-2.6: three significant digits.
TEST(PingText, Times) {
  EXPECT_EQ(ping_time_text(microseconds(565)), "0.565");
  EXPECT_EQ(ping_time_text(microseconds(170)), "0.170");
  EXPECT_EQ(ping_time_text(microseconds(3220)), "3.22");
  EXPECT_EQ(ping_time_text(microseconds(12340)), "12.3");
  EXPECT_EQ(ping_time_text(microseconds(123400)), "123");
  EXPECT_EQ(ping_time_text(microseconds(9)), "0.009");
}

// AT-2.6: nothing is printed for a lost request.
TEST(PingText, Client) {
  FakeHost host;
  host.answering_hosts["192.168.200.200"] = microseconds(565);
  Environment environment;
  environment.type = "ping";
  environment.arguments = {"192.168.200.200", "4"};
  FakeProcess& client = host.start(ping_client, environment);
  host.run_until(Time{} + milliseconds(500));
  host.answering_hosts.clear();
  host.run_until(Time{} + milliseconds(1500));
  host.answering_hosts["192.168.200.200"] = microseconds(3220);
  host.run();
  EXPECT_EQ(client.exit_code(), 0);
  EXPECT_EQ(client.process().output(),
            "PING 192.168.200.200 (192.168.200.200) 56(84) bytes of data.\n"
            "64 bytes from 192.168.200.200: icmp_seq=1 ttl=64 time=0.565 ms\n"
            "64 bytes from 192.168.200.200: icmp_seq=3 ttl=64 time=3.22 ms\n"
            "64 bytes from 192.168.200.200: icmp_seq=4 ttl=64 time=3.22 ms\n");
}

}  // namespace
}  // namespace simcluster::agents
