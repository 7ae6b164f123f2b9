// Reload, the configuration map and the requests of corosync-cfgtool on running nodes (M 14.9, 16.3; T-31, VQ-9).
// Texts as recorded from Corosync 3.1.7.
#include <fmt/core.h>
#include <gtest/gtest.h>

#include "engine/membership/testing_network.h"

namespace simcluster::membership {
namespace {

std::string conf(std::size_t nodes, std::size_t links, std::string_view totem = "", std::string_view quorum = "") {
  return "totem {\n version: 2\n cluster_name: mb\n transport: knet\n" + std::string(totem) + "}\n" +
         TestNetwork::nodelist(nodes, links) + "quorum {\n provider: corosync_votequorum\n" + std::string(quorum) +
         "}\n";
}

class Net : public TestNetwork {
 public:
  Net(std::size_t nodes, const std::string& text, const std::string& version = "3.1.7")
      : TestNetwork(nodes, text, version), count_(nodes) {
    start_all();
    run_for(seconds(8));
    clear_logs();
  }
  void set_all(const std::string& text) {
    for (std::uint32_t node = 1; node <= count_; ++node) set_conf(node, text);
  }
  ToolResult reload(const std::string& text) {
    set_all(text);
    const ToolResult result = stack(1).run_tool("corosync-cfgtool -R");
    run_for(seconds(1));
    return result;
  }
  std::string key(std::uint32_t node, std::string_view name) {
    return stack(node).run_tool("corosync-cmapctl -g " + std::string(name)).output;
  }

 private:
  std::size_t count_;
};

// CF-27, T-31; the links' times follow the token in force before.
TEST(Reload, TokenOnEveryNode) {
  Net net(3, conf(3, 2));
  EXPECT_EQ(net.key(2, "runtime.config.totem.token"), "runtime.config.totem.token (u32) = 3650\n");
  const ToolResult result = net.reload(conf(3, 2, " token: 2000\n"));
  EXPECT_EQ(result.output, "Reloading corosync.conf...\nDone\n");
  EXPECT_EQ(net.count_logs(3, "[CFG   ] Config reload requested by node 1"), 1U);
  for (const std::uint32_t node : {1U, 2U, 3U}) {
    EXPECT_EQ(net.key(node, "runtime.config.totem.token"), "runtime.config.totem.token (u32) = 2650\n");
    EXPECT_EQ(net.key(node, "runtime.config.totem.consensus"), "runtime.config.totem.consensus (u32) = 3180\n");
    EXPECT_EQ(net.key(node, "runtime.config.totem.hold"), "runtime.config.totem.hold (u32) = 494\n");
    EXPECT_EQ(net.key(node, "runtime.config.totem.interface.0.knet_ping_timeout"),
              "runtime.config.totem.interface.0.knet_ping_timeout (u32) = 1825\n");
    EXPECT_EQ(net.key(node, "totem.token"), "totem.token (u32) = 2000\n");
    EXPECT_EQ(net.key(node, "config.reload_status"), "config.reload_status (i32) = 1\n");
  }
  net.reload(conf(3, 2));
  EXPECT_EQ(net.key(1, "runtime.config.totem.interface.0.knet_ping_timeout"),
            "runtime.config.totem.interface.0.knet_ping_timeout (u32) = 1325\n");
  EXPECT_EQ(net.key(1, "totem.token"), "");
  // The new token counts: a crash is noticed after it.
  net.crash(3);
  EXPECT_TRUE(net.run_until([&] { return net.settled({{1, 2}}); }, seconds(9)));
}

// CF-28.
TEST(Reload, FixedKeysStay) {
  Net net(2, conf(2, 1));
  std::string changed = conf(2, 1, " threads: 2\n ip_version: ipv6\n netmtu: 1400\n");
  changed.replace(changed.find("cluster_name: mb"), 16, "cluster_name: xx");
  changed.replace(changed.find("transport: knet"), 15, "transport: udpu");
  EXPECT_EQ(net.reload(changed).status, 0);
  std::vector<std::string> complaints;
  for (const std::string& line : net.logs(2))
    if (line.find("cannot be changed at run-time") != std::string::npos) complaints.push_back(line);
  const auto text = [](std::string_view key) {
    return fmt::format("[CFG   ] Modified entry '{}' in corosync.conf cannot be changed at run-time", key);
  };
  EXPECT_EQ(complaints, (std::vector<std::string>{text("totem.threads"), text("totem.ip_version"), text("totem.netmtu"),
                                                  text("totem.transport"), text("totem.cluster_name")}));
  EXPECT_EQ(net.key(1, "totem.cluster_name"), "totem.cluster_name (str) = mb\n");
  EXPECT_TRUE(net.settled({{1, 2}}));
}

// CF-29, CF-30: what is refused changes nothing.
TEST(Reload, RefusedFiles) {
  Net net(2, conf(2, 2));
  std::string moved = conf(2, 2);
  moved.replace(moved.find("10.77.1.2"), 9, "10.77.1.9");
  ToolResult result = net.reload(moved);
  EXPECT_EQ(result.status, 7);
  EXPECT_EQ(result.error, "Could not reload configuration. Error CS_ERR_INVALID_PARAM\n");
  EXPECT_EQ(result.output, "Reloading corosync.conf...\n");
  EXPECT_EQ(net.count_logs(1,
                           "[CFG   ] Cannot configure new interface definitions: To reconfigure an interface it must "
                           "be deleted and recreated. A working interface needs to be available to corosync at all "
                           "times"),
            1U);
  EXPECT_EQ(net.key(1, "config.reload_status"), "config.reload_status (i32) = 7\n");
  EXPECT_EQ(net.reload("totem {{\n").status, 7);
  EXPECT_EQ(net.count_logs(1,
                           "[CFG   ] Unable to reload config file: parser error: /etc/corosync/corosync.conf:1: Extra "
                           "characters after opening bracket '{'"),
            1U);
  EXPECT_EQ(net.key(1, "config.totemconfig_reload_in_progress"), "config.totemconfig_reload_in_progress (u8) = 1\n");
  EXPECT_EQ(net.key(1, "nodelist.node.1.ring1_addr"), "nodelist.node.1.ring1_addr (str) = 10.77.1.2\n");
  EXPECT_TRUE(net.settled({{1, 2}}));
}

// CF-30: a link goes and comes back; the ring does not notice.
TEST(Reload, LinksComeAndGo) {
  Net net(2, conf(2, 2));
  const RingId ring = net.stack(1).ring();
  net.reload(conf(2, 1));
  EXPECT_EQ(net.stack(1).run_tool("corosync-cfgtool -sb").output,
            "Local node ID 1, transport knet\nLINK ID 0 udp\n\taddr\t= 10.77.0.1\n\tstatus\t= n3\n");
  EXPECT_EQ(net.key(1, "nodelist.node.1.ring1_addr"), "");
  net.run_for(seconds(5));
  net.reload(conf(2, 2));
  net.run_for(seconds(5));
  EXPECT_EQ(net.count_logs(1, "[KNET  ] rx: host: 2 link: 1 is up"), 1U);
  EXPECT_NE(
      net.stack(1).run_tool("corosync-cfgtool -sb").output.find("LINK ID 1 udp\n\taddr\t= 10.77.1.1\n\tstatus\t= n3\n"),
      std::string::npos);
  EXPECT_EQ(net.stack(1).ring(), ring);
}

// CF-30: a node is taken out of the list and put in again.
TEST(Reload, NodesComeAndGo) {
  Net net(3, conf(3, 1));
  net.stop(3);
  net.run_for(seconds(2));
  net.reload(conf(2, 1));
  EXPECT_EQ(net.key(1, "runtime.config.totem.token"), "runtime.config.totem.token (u32) = 3000\n");
  const std::string status = net.stack(1).run_tool("corosync-quorumtool -s").output;
  EXPECT_NE(status.find("Expected votes:   2\nHighest expected: 2\nTotal votes:      2\nQuorum:           2"),
            std::string::npos)
      << status;
  EXPECT_EQ(net.stack(1).run_tool("corosync-cfgtool -a 3").status, 1);
  net.reload(conf(3, 1));
  net.set_conf(3, conf(3, 1));
  net.start(3);
  EXPECT_TRUE(net.run_until([&] { return net.settled({{1, 2, 3}}); }, seconds(10)));
  EXPECT_EQ(net.key(2, "runtime.config.totem.token"), "runtime.config.totem.token (u32) = 3650\n");
}

// VQ-9, VQ-8: expected votes change, wait_for_all does not.
TEST(Reload, Quorum) {
  Net net(3, conf(3, 1));
  net.reload(conf(3, 1, "", " expected_votes: 5\n wait_for_all: 1\n"));
  const std::string status = net.stack(2).run_tool("corosync-quorumtool -s").output;
  EXPECT_NE(status.find("Expected votes:   5\nHighest expected: 5\nTotal votes:      3\nQuorum:           3  \n"
                        "Flags:            Quorate \n"),
            std::string::npos)
      << status;
  EXPECT_EQ(net.key(1, "runtime.votequorum.ev_barrier"), "runtime.votequorum.ev_barrier (u32) = 5\n");
  EXPECT_EQ(net.key(1, "quorum.wait_for_all"), "quorum.wait_for_all (u8) = 1\n");
}

// TO-10, CC-1 and what 3.1.7 says to wrong requests.
TEST(CmapTool, ReadsAndWrites) {
  Net net(3, conf(3, 1));
  const auto says = [&](const std::string& arguments) {
    const ToolResult result = net.stack(1).run_tool("corosync-cmapctl " + arguments);
    return fmt::format("{}{}{}", result.output, result.error, result.status);
  };
  EXPECT_EQ(says("-g totem.version"), "totem.version (u32) = 2\n0");
  EXPECT_EQ(says("-qg totem.version"), "2\n0");
  EXPECT_EQ(says("-g nope"), "Can't get key nope. Error CS_ERR_NOT_EXIST\n1");
  EXPECT_EQ(says("-s my.key u32 5"), "0");
  EXPECT_EQ(says("my"), "my.key (u32) = 5\n0");
  EXPECT_EQ(says("-s my.key u8 300"), "300 is not valid u8 integer\n1");
  EXPECT_EQ(says("-s a.d dbl x"), "x is not valid dbl type value\n1");
  EXPECT_EQ(says("-s a.c flt 1.5"), "0");
  EXPECT_EQ(says("a.c"), "a.c (flt) = 1.500000\n0");
  EXPECT_EQ(says("-s a.e foo 3"), "Unknown type foo\n1");
  EXPECT_EQ(says("-s totem.version u32 5"), "Failed to set key totem.version. Error CS_ERR_ACCESS\n1");
  EXPECT_EQ(says("-s nodelist.node.0.quorum_votes u32 3"),
            "Failed to set key nodelist.node.0.quorum_votes. Error CS_ERR_ACCESS\n1");
  EXPECT_EQ(says("-s foo! str x"), "Failed to set key foo!. Error CS_ERR_NAME_TOO_LONG\n1");
  EXPECT_EQ(says("-d my.key"), "0");
  EXPECT_EQ(says("-d my.key"), "Can't delete key my.key. Error CS_ERR_NOT_EXIST\n1");
  EXPECT_EQ(says("-D totem"),
            "Can't delete key totem.cluster_name. Error CS_ERR_ACCESS\nCan't delete key totem.transport. Error "
            "CS_ERR_ACCESS\nCan't delete key totem.version. Error CS_ERR_ACCESS\n0");
  EXPECT_EQ(says("runtime.members.2"),
            "runtime.members.2.config_version (u64) = 0\nruntime.members.2.ip (str) = r(0) ip(10.77.0.2) \n"
            "runtime.members.2.join_count (u32) = 1\nruntime.members.2.status (str) = joined\n0");
  net.crash(3);
  net.run_for(seconds(10));
  EXPECT_EQ(says("-qg runtime.members.3.status"), "left\n0");
}

// T-31, VQ-9.
TEST(CmapTool, WritesTakeEffect) {
  Net net(3, conf(3, 1));
  net.stack(1).run_tool("corosync-cmapctl -s totem.token u32 4000");
  EXPECT_EQ(net.key(1, "runtime.config.totem.token"), "runtime.config.totem.token (u32) = 4650\n");
  EXPECT_EQ(net.key(1, "runtime.config.totem.token_retransmit"),
            "runtime.config.totem.token_retransmit (u32) = 1107\n");
  net.stack(2).run_tool("corosync-cmapctl -s quorum.expected_votes u32 4");
  net.run_for(seconds(1));
  EXPECT_NE(net.stack(3).run_tool("corosync-quorumtool -s").output.find("Expected votes:   4\n"), std::string::npos);
  const RingId ring = net.stack(1).ring();
  net.stack(1).run_tool("corosync-cmapctl -s runtime.force_gather str yes");
  net.run_for(seconds(1));
  EXPECT_EQ(net.count_logs(1, "[MAIN  ] Forcing into GATHER state"), 1U);
  EXPECT_TRUE(net.settled({{1, 2, 3}}));
  EXPECT_EQ(net.stack(1).ring().sequence, ring.sequence + 4);
}

// T-24, T-25, T-27, T-28, TO-10: what links derive from the token.
TEST(CmapTool, TimesOfLinks) {
  Net net(2, conf(2, 1, " token: 1000\n"));
  EXPECT_EQ(net.key(1, "runtime.config.totem.interface.0.knet_ping_interval"),
            "runtime.config.totem.interface.0.knet_ping_interval (u32) = 250\n");
  EXPECT_EQ(net.key(1, "runtime.config.totem.interface.0.knet_ping_timeout"),
            "runtime.config.totem.interface.0.knet_ping_timeout (u32) = 500\n");
  EXPECT_EQ(net.key(1, "runtime.config.totem.knet_pmtud_interval"),
            "runtime.config.totem.knet_pmtud_interval (u32) = 30\n");
}

// TO-11: the counters tell what happened.
TEST(CmapTool, Statistics) {
  Net net(2, conf(2, 1));
  const auto number = [&](std::string_view name) {
    return std::stoul(net.stack(1).run_tool("corosync-cmapctl -m stats -qg stats." + std::string(name)).output);
  };
  EXPECT_EQ(number("srp.operational_entered"), 2U);
  EXPECT_EQ(number("srp.operational_token_lost"), 0U);
  EXPECT_EQ(number("knet.node2.link0.connected"), 1U);
  EXPECT_EQ(number("knet.node2.link0.mtu"), 1446U);
  EXPECT_EQ(number("knet.node2.link0.up_count"), 1U);
  EXPECT_GT(number("knet.node2.link0.rx_pong_packets"), 5U);
  EXPECT_GT(number("srp.mtt_rx_token"), 0U);
  net.crash(2);
  net.run_for(seconds(10));
  EXPECT_EQ(number("srp.operational_token_lost"), 1U);
  EXPECT_EQ(number("srp.consensus_timeouts"), 1U);
  EXPECT_EQ(number("knet.node2.link0.down_count"), 2U);
  net.stack(1).run_tool("corosync-cmapctl -C totem");
  EXPECT_EQ(number("srp.consensus_timeouts"), 0U);
}

// LC-5, LC-6.
TEST(CfgTool, ShutdownAndKill) {
  Net net(3, conf(3, 1));
  EXPECT_EQ(net.stack(1).run_tool("corosync-cfgtool -k 77").error, "Could not kill node (error = CS_ERR_NOT_EXIST)\n");
  EXPECT_EQ(net.stack(1).run_tool("corosync-cfgtool -k 3").output, "Killing node 3\n");
  net.run_for(seconds(1));
  EXPECT_FALSE(net.running(3));
  EXPECT_EQ(net.count_logs(3, "[CFG   ] Killed by node 1 : Killed by corosync-cfgtool"), 1U);
  EXPECT_TRUE(net.run_until([&] { return net.settled({{1, 2}}); }, seconds(10)));
  EXPECT_EQ(net.count_logs(1, "Failed to receive the leave message. failed: 3"), 1U);
  EXPECT_EQ(net.stack(2).run_tool("corosync-cfgtool -H").output, "Shutting down corosync\n");
  net.run_for(seconds(2));
  EXPECT_FALSE(net.running(2));
  EXPECT_EQ(net.count_logs(2, "[CFG   ] Node 2 was shut down by sysadmin"), 1U);
  EXPECT_EQ(net.count_logs(2, "[SERV  ] Service engine unloaded: corosync vote quorum service v1.0"), 1U);
  EXPECT_EQ(net.count_logs(1, "Failed to receive the leave message. failed: 2"), 0U);
}

}  // namespace
}  // namespace simcluster::membership
