// IPaddr2 in its generations (AT part C, AT-11.1).
#include "engine/agents/ipaddr2.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/agents/frame_pool.h"
#include "engine/agents/ocf.h"
#include "engine/agents/programs.h"
#include "engine/agents/testing.h"

namespace simcluster::agents {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Parameters = std::vector<std::pair<std::string, std::string>>;

Profile agents_release(std::string version) {
  StackVersions versions;
  versions.resource_agents = std::move(version);
  return *make_profile(versions);
}

const std::string kGen1 = "3.9.4";
const std::string kGen2 = "3.9.5-1";
const std::string kGen3 = "3.9.5-1.310";
const std::string kNewest = "4.17.0";

Parameters vip_on(std::string nic) {
  return {{"ip", "192.168.4.200"}, {"nic", std::move(nic)}, {"cidr_netmask", "24"}};
}

// Two nodes' worth of interfaces on one: eth0, eth1 and bond0 with a static address.
struct Ipaddr2 : testing::Test {
  Ipaddr2() {
    host.add_interface("eth0");
    host.add_interface("eth1");
    host.add_interface("bond0");
    host.add_address("bond0", "192.168.4.1", 24);
  }

  int run(std::string_view action, const std::string& release, Parameters parameters, Duration interval = {}) {
    FakeProcess& process = host.start(ipaddr2, fake_environment("IPaddr2", "vip01", action, interval,
                                                                std::move(parameters), agents_release(release)));
    while (!process.exit_code().has_value()) {
      const Time before = host.now();
      host.run_until(before + milliseconds(1));
    }
    last = &process;
    return *process.exit_code();
  }
  int monitor(const std::string& release, Parameters parameters) {
    return run("monitor", release, std::move(parameters), seconds(10));
  }

  FakeHost host;
  FakeProcess* last = nullptr;
};

// AT-11.1, generation 3.
TEST_F(Ipaddr2, StartRunsItsCommandsInOrder) {
  EXPECT_EQ(run("start", kGen3, vip_on("bond0")), 0);
  EXPECT_THAT(
      host.commands,
      ElementsAre("which ip", "ip link show bond0", "ip -o -f inet route list match 192.168.4.200/24 scope link",
                  "ip -o -f inet addr show", "ip link show bond0", "ip -o -f inet addr show",
                  "ip -f inet addr add 192.168.4.200/24 brd 192.168.4.255 dev bond0", "ip link set bond0 up"));
  EXPECT_TRUE(host.has_address("bond0", "192.168.4.200"));
}

// AT-3.8 5 and 6, AT-3.9.
TEST_F(Ipaddr2, StartLogsWhatItDoes) {
  run("start", kGen3, vip_on("bond0"));
  EXPECT_THAT(
      host.log,
      ElementsAre("INFO: Adding inet address 192.168.4.200/24 with broadcast address 192.168.4.255 to device bond0",
                  "INFO: Bringing device bond0 up",
                  "INFO: /usr/libexec/heartbeat/send_arp -i 200 -r 5 -p "
                  "/var/run/resource-agents/send_arp-192.168.4.200 bond0 192.168.4.200 auto not_used not_used"));
}

// AT-11.1: the monitor of generation 3 asks neither for the link by name nor /proc/net/dev.
TEST_F(Ipaddr2, MonitorRunsItsCommandsInOrder) {
  EXPECT_EQ(monitor(kGen3, vip_on("bond0")), 7);
  EXPECT_THAT(host.commands, ElementsAre("which ip", "ip -o -f inet route list match 192.168.4.200/24 scope link",
                                         "ip -o -f inet addr show", "ip link show bond0", "ip -o -f inet addr show"));
}

// AT-11.1: stop.
TEST_F(Ipaddr2, StopQueriesAndDeletes) {
  run("start", kGen3, vip_on("bond0"));
  host.run();
  host.commands.clear();
  host.log.clear();
  EXPECT_EQ(run("stop", kGen3, vip_on("bond0")), 0);
  EXPECT_THAT(host.commands, ElementsAre("which ip", "ip -o -f inet route list match 192.168.4.200/24 scope link",
                                         "ip -o -f inet addr show", "ip link show bond0", "ip -o -f inet addr show",
                                         "ip -f inet addr delete 192.168.4.200/24 dev bond0"));
  EXPECT_THAT(host.log, ElementsAre("INFO: IP status = ok, IP_CIP="));  // AT-3.10
  EXPECT_FALSE(host.has_address("bond0", "192.168.4.200"));
  EXPECT_EQ(run("stop", kGen3, vip_on("bond0")), 0);
}

// AT-11.1: generation 1 runs findif, generation 2 reads /proc/net/dev, neither asks ip for the link first.
TEST_F(Ipaddr2, FirstGenerationRunsFindif) {
  EXPECT_EQ(monitor(kGen1, vip_on("bond0")), 7);
  EXPECT_THAT(host.commands, ElementsAre("which ip", "findif -C", "ip -o -f inet addr show"));
  EXPECT_EQ(run("start", kGen1, vip_on("bond0")), 0);
  EXPECT_THAT(host.log[0], "INFO: ip -f inet addr add 192.168.4.200/24 brd 192.168.4.255 dev bond0");
}

TEST_F(Ipaddr2, EveryGenerationStartsMonitorsAndStops) {
  for (const std::string& release : {kGen1, kGen2, kGen3, kNewest}) {
    EXPECT_EQ(run("monitor", release, vip_on("bond0")), 7) << release;
    EXPECT_EQ(run("start", release, vip_on("bond0")), 0) << release;
    EXPECT_EQ(run("start", release, vip_on("bond0")), 0) << release;  // AT-1.2: starting an active service returns 0
    EXPECT_EQ(monitor(release, vip_on("bond0")), 0) << release;
    EXPECT_EQ(run("stop", release, vip_on("bond0")), 0) << release;
    EXPECT_EQ(run("stop", release, vip_on("bond0")), 0) << release;
    EXPECT_FALSE(host.has_address("bond0", "192.168.4.200")) << release;
  }
}

// AT-3.5 2, AT-3.6: the two lines of the published defect, exactly, and rc 6.
TEST_F(Ipaddr2, SecondGenerationWithoutItsInterfaceIsNotConfigured) {
  EXPECT_EQ(monitor(kGen2, vip_on("eth9")), 6);
  EXPECT_THAT(host.log, ElementsAre("ERROR: Unknown interface [eth9] No such device.", "ERROR: [findif] failed"));
}

// The table of AT-3.6, nic unknown: a failed initialisation decides every action (AT-3.3).
TEST_F(Ipaddr2, FinderFailureIsMappedByAction) {
  struct Row {
    std::string release;
    int probe, stop, start, recurring;
    std::string info;
  };
  const std::vector<Row> rows = {
      {kGen1, 7, 0, 6, 6, "INFO: [findif -C] failed"},
      {kGen2, 7, 0, 6, 6, "INFO: [findif] failed"},
      // Generation 3 skips the interface check for monitor and stop: the address is simply not there.
      {kGen3, 7, 0, 6, 7, ""},
      {kNewest, 7, 0, 5, 7, ""},
  };
  for (const Row& row : rows) {
    host.log.clear();
    EXPECT_EQ(run("monitor", row.release, vip_on("eth9")), row.probe) << row.release;
    if (!row.info.empty()) {
      EXPECT_EQ(host.log.back(), row.info);
    }
    host.log.clear();
    EXPECT_EQ(run("stop", row.release, vip_on("eth9")), row.stop) << row.release;
    EXPECT_EQ(run("start", row.release, vip_on("eth9")), row.start) << row.release;
    EXPECT_EQ(monitor(row.release, vip_on("eth9")), row.recurring) << row.release;
  }
}

// AT-3.6 start: error of generation 3 names the command's own words; a warning for stop in generation 2.
TEST_F(Ipaddr2, FinderFailureLines) {
  run("start", kGen3, vip_on("eth9"));
  EXPECT_THAT(host.log, ElementsAre("ERROR: Invalid interface name [eth9]: Device \"eth9\" does not exist.",
                                    "ERROR: [findif] failed"));
  host.log.clear();
  run("stop", kGen2, vip_on("eth9"));
  EXPECT_THAT(host.log, ElementsAre("ERROR: Unknown interface [eth9] No such device.", "WARNING: [findif] failed"));
  EXPECT_EQ(run("start", kGen1, vip_on("eth9")), 6);
  EXPECT_EQ(last->process().error_output(), "eth9: unknown interface: No such device\nusage: findif [-C]\n");
}

// AT-3.4 4, AT-3.6, S-10: no nic, and no route to the address: rc 1.
TEST_F(Ipaddr2, NoRouteAndNoInterface) {
  const Parameters elsewhere = {{"ip", "10.9.9.9"}, {"cidr_netmask", "24"}};
  EXPECT_EQ(run("start", kGen1, elsewhere), 1);
  EXPECT_EQ(last->process().error_output(), "No route to 10.9.9.9\n");
  EXPECT_EQ(run("start", kGen2, elsewhere), 1);
  EXPECT_EQ(run("start", kGen3, elsewhere), 1);
  host.log.clear();
  EXPECT_EQ(run("start", kNewest, elsewhere), 5);
  EXPECT_EQ(last->process().exit_reason(), "[findif] failed");
  EXPECT_THAT(host.log, ElementsAre("ERROR: Unable to find nic or netmask.", "ERROR: [findif] failed"));
}

// AT-3.4 4, S-10: only a default route.
TEST_F(Ipaddr2, FirstGenerationAndTheDefaultRoute) {
  FakeRoute default_route;
  default_route.device = "eth0";
  default_route.scope = AddressScope::kGlobal;
  default_route.gateway = IpAddress::v4(0xc0a80401);
  host.routes.push_back(default_route);
  EXPECT_EQ(run("start", kGen1, {{"ip", "10.9.9.9"}}), 1);
  EXPECT_EQ(last->process().error_output(), "ERROR: Cannot use default route w/o netmask [10.9.9.9]\n");
  EXPECT_EQ(run("start", kGen1, {{"ip", "10.9.9.9"}, {"cidr_netmask", "24"}}), 0);
  EXPECT_TRUE(host.has_address("eth0", "10.9.9.9"));
}

// AT-3.12, S-9: the interface is chosen by the route, netmask and broadcast with it.
TEST_F(Ipaddr2, InterfaceFromRoute) {
  host.add_address("eth1", "192.168.200.121", 24);
  for (const std::string& release : {kGen1, kGen2, kGen3, kNewest}) {
    EXPECT_EQ(run("start", release, {{"ip", "192.168.200.200"}}), 0) << release;
    EXPECT_TRUE(host.has_address("eth1", "192.168.200.200")) << release;
    EXPECT_EQ(host.addresses.back().broadcast.text(), "192.168.200.255") << release;
    EXPECT_EQ(host.addresses.back().prefix_length, 24) << release;
    EXPECT_EQ(run("stop", release, {{"ip", "192.168.200.200"}}), 0) << release;
  }
}

// AT-3.5 3: the first line in generation 2, the longest prefix in generation 3.
TEST_F(Ipaddr2, RouteChoiceDiffersByGeneration) {
  host.add_address("eth0", "10.0.0.1", 8);
  host.add_address("eth1", "10.1.1.1", 24);
  EXPECT_EQ(run("start", kGen2, {{"ip", "10.1.1.200"}}), 0);
  EXPECT_TRUE(host.has_address("eth0", "10.1.1.200"));
  EXPECT_EQ(run("start", kGen3, {{"ip", "10.1.1.201"}}), 0);
  EXPECT_TRUE(host.has_address("eth1", "10.1.1.201"));
}

// AT-3.2.
TEST_F(Ipaddr2, ParametersHaveTheirDefaults) {
  const AgentMetadata metadata = ipaddr2_newest_metadata();
  const auto value = [&](std::string_view name) -> std::string_view {
    for (const ParameterMetadata& parameter : metadata.parameters)
      if (parameter.name == name) return parameter.default_value;
    return "missing";
  };
  const std::pair<const char*, const char*> kDefaults[] = {{"ip", ""},
                                                           {"cidr_netmask", ""},
                                                           {"broadcast", ""},
                                                           {"iflabel", ""},
                                                           {"mac", ""},
                                                           {"arp_count", "5"},
                                                           {"arp_interval", "200"},
                                                           {"arp_mac", "ffffffffffff"},
                                                           {"arp_bg", "true"},
                                                           {"arp_sender", ""},
                                                           {"send_arp_opts", ""},
                                                           {"lvs_support", "false"},
                                                           {"nodad", "false"},
                                                           {"metric", ""},
                                                           {"flush_routes", "false"},
                                                           {"run_arping", "false"},
                                                           {"preferred_lft", "forever"},
                                                           {"lvs_ipv6_addrlabel_value", "99"},
                                                           {"clusterip_hash", "sourceip-sourceport"},
                                                           {"network_namespace", ""},
                                                           {"arp_count_refresh", "0"},
                                                           {"unique_clone_address", "false"},
                                                           {"noprefixroute", "false"},
                                                           {"check_link_status", "true"}};
  for (const auto& [name, expected] : kDefaults) EXPECT_EQ(value(name), expected) << name;
  EXPECT_EQ(value("lvs_ipv6_addrlabel"), "false");  // of 4.12
  EXPECT_LT(ipaddr2_metadata().parameters.size(), ipaddr2_current_metadata().parameters.size());
}

// AT-3.11.
TEST_F(Ipaddr2, InstancesHaveAddressesOfTheirOwn) {
  Parameters unique = vip_on("bond0");
  unique.emplace_back("unique_clone_address", "true");
  unique.emplace_back("CRM_meta_clone", "2");
  EXPECT_EQ(run("start", kGen3, unique), 0);
  EXPECT_TRUE(host.has_address("bond0", "192.168.4.202"));
  EXPECT_EQ(monitor(kGen3, unique), 0);
  EXPECT_EQ(run("stop", kGen3, unique), 0);
  EXPECT_FALSE(host.has_address("bond0", "192.168.4.202"));
}

// AT-3.13, with the words of 4.12.
TEST_F(Ipaddr2, WhatIsMissingOrUnknown) {
  const std::string release = "4.12.0";
  const Parameters nowhere = {{"nic", "bond0"}, {"cidr_netmask", "24"}};
  for (const char* action : {"start", "monitor", "validate-all"}) {
    EXPECT_EQ(run(action, release, nowhere), 6) << action;
    EXPECT_EQ(last->process().exit_reason(), "IP address (the ip parameter) is mandatory") << action;
  }
  EXPECT_EQ(run("stop", release, nowhere), 0);
  Parameters sender = vip_on("bond0");
  sender.emplace_back("arp_sender", "me");
  EXPECT_EQ(run("validate-all", release, sender), 6);
  EXPECT_EQ(last->process().exit_reason(), "unrecognized arp_sender value: me");
  host.log.clear();
  Parameters bare = vip_on("bond0");
  bare.emplace_back("noprefixroute", "true");
  EXPECT_EQ(run("start", release, bare), 0);
  EXPECT_EQ(host.log[0],
            "INFO: Adding inet address 192.168.4.200/24 with broadcast address 192.168.4.255 to device "
            "bond0 (with noprefixroute)");
  EXPECT_EQ(run("start", release, vip_on("eth9")), 6);
  EXPECT_EQ(last->process().exit_reason(), "[findif] failed");
}

// AT-3.5 1.
TEST_F(Ipaddr2, Sanity) {
  EXPECT_EQ(run("start", kGen2, {{"ip", "192.168.4"}, {"nic", "bond0"}}), 6);
  EXPECT_EQ(host.log[0], "ERROR: IP address [192.168.4] not valid.");
  host.log.clear();
  EXPECT_EQ(run("start", kGen2, {{"ip", "192.168.4.200"}, {"nic", "bond0"}, {"cidr_netmask", "33"}}), 6);
  EXPECT_EQ(host.log[0], "ERROR: Invalid netmask specification [33].");
  host.log.clear();
  EXPECT_EQ(run("start", kGen2, {{"ip", "192.168.4.200"}, {"nic", "bond0"}, {"broadcast", "x"}}), 6);
  EXPECT_EQ(host.log[0], "ERROR: Invalid broadcast address [x].");
  host.log.clear();
  EXPECT_EQ(run("start", kGen3, {{"ip", "fe80::1"}}), 6);
  EXPECT_EQ(host.log[0], "ERROR: 'nic' parameter is mandatory for a link local address [fe80::1].");
}

// AT-3.5 7.
TEST_F(Ipaddr2, DottedNetmask) {
  const Parameters dotted = {{"ip", "192.168.4.200"}, {"nic", "bond0"}, {"cidr_netmask", "255.255.255.0"}};
  EXPECT_EQ(run("start", kGen2, dotted), 6);
  host.log.clear();
  EXPECT_EQ(run("start", kGen3, dotted), 0);
  EXPECT_EQ(host.log[0], "WARNING: Please convert dotted quad netmask 255.255.255.0 to CIDR notation 24!");
}

// AT-3.7: another prefix or another device is "no".
TEST_F(Ipaddr2, ServedNeedsPrefixAndDevice) {
  run("start", kGen3, vip_on("bond0"));
  host.addresses.back().prefix_length = 25;
  EXPECT_EQ(monitor(kGen3, vip_on("bond0")), 7);
  host.addresses.back().prefix_length = 24;
  EXPECT_EQ(monitor(kGen3, vip_on("bond0")), 0);
  host.addresses.back().device = "eth1";
  EXPECT_EQ(monitor(kGen3, vip_on("bond0")), 7);
}

// AT-3.7 partial3.
TEST_F(Ipaddr2, LabelMissing) {
  run("start", kNewest, vip_on("bond0"));
  Parameters labelled = vip_on("bond0");
  labelled.emplace_back("iflabel", "vip");
  EXPECT_EQ(monitor(kNewest, labelled), 1);
  EXPECT_EQ(run("start", kNewest, labelled), 1);
  EXPECT_EQ(last->process().exit_reason(), "IP 192.168.4.200 available, but label missing");
  EXPECT_EQ(run("stop", kNewest, labelled), 0);
  EXPECT_EQ(run("start", kNewest, labelled), 0);
  EXPECT_EQ(host.addresses.back().label, "bond0:vip");
  EXPECT_EQ(monitor(kNewest, labelled), 0);
}

// AT-3.13.
TEST_F(Ipaddr2, LabelDoesNotMatterBeforeTheNewest) {  // measured with 4.12
  Parameters labelled = vip_on("bond0");
  EXPECT_EQ(run("start", kGen3, labelled), 0);
  labelled.emplace_back("iflabel", "vip");
  EXPECT_EQ(monitor(kGen3, labelled), 0);
  EXPECT_EQ(run("start", kGen3, labelled), 0);
}

TEST_F(Ipaddr2, LabelTooLong) {
  Parameters labelled = vip_on("bond0");
  labelled.emplace_back("iflabel", "0123456789");
  EXPECT_EQ(run("start", kGen3, labelled), 6);
  EXPECT_EQ(host.log[0], "ERROR: Interface label [bond0:0123456789] exceeds maximum character limit of 15");
}

// AT-3.7 down: only the newest looks at the link.
TEST_F(Ipaddr2, LinkDown) {
  run("start", kNewest, vip_on("bond0"));
  host.interfaces.back().state = OperationalState::kDown;
  EXPECT_EQ(monitor(kNewest, vip_on("bond0")), 7);
  EXPECT_EQ(monitor(kGen3, vip_on("bond0")), 0);
  EXPECT_EQ(run("start", kNewest, vip_on("bond0")), 5);
  EXPECT_EQ(last->process().exit_reason(), "IP 192.168.4.200 available, but device has status down");
  Parameters careless = vip_on("bond0");
  careless.emplace_back("check_link_status", "false");
  EXPECT_EQ(monitor(kNewest, careless), 0);
}

// AT-3.9: five rounds 200 ms apart, a request and a reply each, after start has returned.
TEST_F(Ipaddr2, GratuitousArpGoesOnInTheBackground) {
  run("start", kGen2, vip_on("bond0"));
  const Time returned = host.now();
  EXPECT_LT(host.packets.size(), 3U);
  host.run();
  ASSERT_EQ(host.packets.size(), 10U);
  EXPECT_EQ(host.packets[0].second, "request bond0 192.168.4.200");
  EXPECT_EQ(host.packets[1].second, "reply bond0 192.168.4.200");
  EXPECT_LT(host.packets[0].first - returned, milliseconds(10));
  EXPECT_GE(host.packets[8].first - host.packets[0].first, milliseconds(800));
  EXPECT_LT(host.packets[8].first - host.packets[0].first, milliseconds(801));
  EXPECT_FALSE(host.files.contains("/var/run/resource-agents/send_arp-192.168.4.200"));
}

// AT-3.10: stop kills the sender that still runs.
TEST_F(Ipaddr2, StopKillsTheSender) {
  run("start", kGen2, vip_on("bond0"));
  host.run_until(host.now() + milliseconds(10));
  host.log.clear();
  EXPECT_EQ(run("stop", kGen2, vip_on("bond0")), 0);
  EXPECT_EQ(host.log[0], "INFO: killed previously running send_arp for 192.168.4.200");
  host.run();
  EXPECT_EQ(host.packets.size(), 2U);
}

// AT-3.8 4.
TEST_F(Ipaddr2, AddressCollision) {
  Parameters careful = vip_on("bond0");
  careful.emplace_back("run_arping", "true");
  host.address_is_taken = true;
  EXPECT_EQ(run("start", kGen3, careful), 1);
  EXPECT_EQ(host.log.back(), "ERROR: IPv4 address collision 192.168.4.200 [DAD]");
  host.address_is_taken = false;
  EXPECT_EQ(run("start", kGen3, careful), 0);
}

// AT-11.1: commands may fail, hang, or be missing.
TEST_F(Ipaddr2, FailingCommands) {
  host.faults["ip -f inet addr add"] = {2, "RTNETLINK answers: Operation not permitted", false};
  EXPECT_EQ(run("start", kNewest, vip_on("bond0")), 1);
  EXPECT_EQ(last->process().exit_reason(), "Failed to add 192.168.4.200");
  host.faults.clear();
  run("start", kNewest, vip_on("bond0"));
  host.faults["ip -f inet addr delete"] = {2, "", false};
  EXPECT_EQ(run("stop", kNewest, vip_on("bond0")), 1);
  EXPECT_EQ(last->process().exit_reason(), "Unable to remove IP [192.168.4.200] from interface [bond0]");
  host.faults.clear();
  host.faults["which ip"] = {1, "", false};
  EXPECT_EQ(monitor(kNewest, vip_on("bond0")), 5);
  EXPECT_EQ(last->process().exit_reason(), "Setup problem: couldn't find command: ip");
}

TEST_F(Ipaddr2, HangingMonitorIsKilledWithoutLeak) {
  const std::int64_t before = live_frames();
  host.faults["ip -o -f inet addr show"] = {0, "", true};
  FakeProcess& process = host.start(
      ipaddr2, fake_environment("IPaddr2", "vip01", "monitor", seconds(10), vip_on("bond0"), agents_release(kGen2)));
  host.run();
  EXPECT_TRUE(process.process().running());
  process.process().kill();
  EXPECT_EQ(live_frames(), before);
}

// Killed at every one of its steps: never a leak, never a touch of what is gone (run with the sanitizers).
TEST_F(Ipaddr2, MayBeKilledAtEveryStep) {
  for (const std::string& release : {kGen1, kGen2, kGen3, kNewest}) {
    for (std::int64_t us = 0; us < 30'000; us += 90) {
      const std::int64_t before = live_frames();
      FakeHost fresh;
      fresh.add_interface("bond0");
      fresh.add_address("bond0", "192.168.4.1", 24);
      FakeProcess& process = fresh.start(
          ipaddr2, fake_environment("IPaddr2", "vip01", "start", {}, vip_on("bond0"), agents_release(release)));
      fresh.run_until(Time{} + microseconds(us));
      process.process().kill();
      fresh.run();
      ASSERT_EQ(live_frames(), before);
    }
  }
}

Environment recurring(const std::string& instance, const std::string& release) {
  return fake_environment("IPaddr2", instance, "monitor", seconds(10), vip_on("bond0"), agents_release(release));
}

// AT-2.12, S-1: two monitors in phase cheat each other on the old kernel; the outcome follows from the interleaving.
TEST_F(Ipaddr2, TwoReadersAtOnceOnTheOldKernel) {
  run("start", kGen2, vip_on("bond0"));
  host.run();
  host.log.clear();
  host.proc_net_dev_shared_position = true;
  FakeProcess& first = host.start(ipaddr2, recurring("vip01", kGen2));
  FakeProcess& second = host.start(ipaddr2, recurring("vip02", kGen2));
  host.run();
  const int failures = (first.exit_code() == 6 ? 1 : 0) + (second.exit_code() == 6 ? 1 : 0);
  EXPECT_GE(failures, 1);
  EXPECT_EQ(host.log[0], "ERROR: Unknown interface [bond0] No such device.");
  EXPECT_THAT(host.log, testing::Contains("ERROR: [findif] failed"));
}

// S-2: the mended kernel. S-6: one reader alone.
TEST_F(Ipaddr2, NoFailureOnTheMendedKernelOrAlone) {
  run("start", kGen2, vip_on("bond0"));
  host.run();
  host.log.clear();
  FakeProcess& first = host.start(ipaddr2, recurring("vip01", kGen2));
  FakeProcess& second = host.start(ipaddr2, recurring("vip02", kGen2));
  host.run();
  EXPECT_EQ(first.exit_code(), 0);
  EXPECT_EQ(second.exit_code(), 0);
  host.proc_net_dev_shared_position = true;
  EXPECT_EQ(host.start(ipaddr2, recurring("vip01", kGen2)).exit_code(), std::nullopt);
  host.run();
  EXPECT_THAT(host.log, IsEmpty());
}

// S-3, S-4: the other generations do not read the file.
TEST_F(Ipaddr2, OtherGenerationsDoNotMind) {
  host.proc_net_dev_shared_position = true;
  for (const std::string& release : {kGen1, kGen3, kNewest}) {
    run("start", release, vip_on("bond0"));
    host.run();
    FakeProcess& first = host.start(ipaddr2, recurring("vip01", release));
    FakeProcess& second = host.start(ipaddr2, recurring("vip02", release));
    host.run();
    EXPECT_EQ(first.exit_code(), 0) << release;
    EXPECT_EQ(second.exit_code(), 0) << release;
  }
}

// S-5: a foreign reader is enough. Its phase decides whether it hits.
TEST_F(Ipaddr2, ForeignReaderDisturbsWhenItOverlaps) {
  run("start", kGen2, vip_on("bond0"));
  host.run();
  host.proc_net_dev_shared_position = true;
  int failures = 0;
  int successes = 0;
  for (std::int64_t offset_us = 0; offset_us < 10'000; offset_us += 50) {
    FakeProcess& monitoring = host.start(ipaddr2, recurring("vip01", kGen2));
    const Time begun = host.now();
    host.run_until(begun + microseconds(offset_us));
    Environment tool;
    tool.type = "monitoring-tool";
    tool.arguments = {"3600000"};
    FakeProcess& reader = host.start(proc_net_dev_reader, tool);
    host.run_until(begun + seconds(1));
    reader.process().kill();
    (monitoring.exit_code() == 0 ? successes : failures) += 1;
    ASSERT_TRUE(monitoring.exit_code() == 0 || monitoring.exit_code() == 6);
  }
  EXPECT_GT(failures, 0);
  EXPECT_GT(successes, failures);
}

TEST_F(Ipaddr2, MetaDataNeedsNothing) {
  EXPECT_EQ(run("meta-data", kGen1, {}), 0);
  EXPECT_NE(last->process().output().find("<resource-agent name=\"IPaddr2\" version=\"1.0\">"), std::string::npos);
  EXPECT_EQ(last->process().output().find("check_link_status"), std::string::npos);
  EXPECT_THAT(host.commands, IsEmpty());
  run("meta-data", kNewest, {});
  EXPECT_NE(last->process().output().find("check_link_status"), std::string::npos);
}

TEST_F(Ipaddr2, UnknownActionIsUnimplemented) { EXPECT_EQ(run("migrate_to", kGen3, vip_on("bond0")), 3); }

TEST_F(Ipaddr2, ValidateAll) {
  EXPECT_EQ(run("validate-all", kGen3, vip_on("bond0")), 0);
  EXPECT_EQ(run("validate-all", kGen3, vip_on("eth9")), 6);
  EXPECT_FALSE(host.has_address("bond0", "192.168.4.200"));
}

TEST_F(Ipaddr2, Loopback) {
  EXPECT_EQ(run("start", kGen3, {{"ip", "127.0.0.2"}}), 0);
  EXPECT_TRUE(host.has_address("lo", "127.0.0.2"));
  host.run();
  EXPECT_THAT(host.packets, IsEmpty());
}

}  // namespace
}  // namespace simcluster::agents
