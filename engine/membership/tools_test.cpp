// Corosync's tools as recorded from Corosync 3.1.7, and the forms of 2.x (M 18).
#include "engine/membership/tools.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include "engine/membership/testing_network.h"
#include "engine/membership/tool_args.h"

namespace simcluster::membership {
namespace {

std::string knet(std::size_t nodes, std::size_t links, std::string_view quorum = "") {
  return "totem {\n version: 2\n cluster_name: mb\n transport: knet\n}\n" + TestNetwork::nodelist(nodes, links) +
         "quorum {\n provider: corosync_votequorum\n" + std::string(quorum) + "}\n";
}

std::string two_rings() {
  return "totem {\n version: 2\n rrp_mode: active\n"
         " interface {\n ringnumber: 0\n bindnetaddr: 10.77.0.0\n mcastaddr: 239.255.1.1\n mcastport: 5405\n }\n"
         " interface {\n ringnumber: 1\n bindnetaddr: 10.77.1.0\n mcastaddr: 239.255.1.2\n mcastport: 5407\n }\n}\n"
         "quorum {\n provider: corosync_votequorum\n expected_votes: 2\n}\n";
}

class Tools : public TestNetwork {
 public:
  using TestNetwork::TestNetwork;
  ToolResult run(std::uint32_t node, std::string_view command) { return stack(node).run_tool(command); }
  std::string out(std::uint32_t node, std::string_view command) { return run(node, command).output; }
};

// TO-1, TO-2: two nodes with two_node.
TEST(QuorumTool, StatusOfTwoNodes) {
  Tools net(2, knet(2, 1, "two_node: 1\n"), "3.1.7");
  net.start_all();
  net.run_for(seconds(8));
  const ToolResult result = net.run(1, "corosync-quorumtool -s");
  EXPECT_EQ(result.output, R"(Quorum information
------------------
Date:             Sun Sep 13 12:26:48 2020
Quorum provider:  corosync_votequorum
Nodes:            2
Node ID:          1
Ring ID:          1.9
Quorate:          Yes

Votequorum information
----------------------
Expected votes:   2
Highest expected: 2
Total votes:      2
Quorum:           1  
Flags:            2Node Quorate WaitForAll 

Membership information
----------------------
    Nodeid      Votes Name
         1          1 n1 (local)
         2          1 n2
)");
  EXPECT_EQ(result.status, 0);
  EXPECT_EQ(net.out(1, "corosync-quorumtool"), result.output);
}

// TO-5, TO-6: one of two without two_node.
TEST(QuorumTool, NotQuorate) {
  Tools net(2, knet(2, 1), "3.1.7");
  net.start(1);
  net.run_for(seconds(3));
  const ToolResult result = net.run(1, "corosync-quorumtool -s");
  EXPECT_EQ(result.status, 2);
  EXPECT_NE(result.output.find("Quorate:          No\n"), std::string::npos);
  EXPECT_NE(result.output.find("Quorum:           2 Activity blocked\nFlags:            \n"), std::string::npos);
}

// Recorded from Corosync 3.1.7.
TEST(QuorumTool, Lists) {
  Tools net(3, knet(3, 2), "3.1.7");
  net.start_all();
  net.run_for(seconds(8));
  const std::string head = "\nMembership information\n----------------------\n";
  EXPECT_EQ(net.out(1, "corosync-quorumtool -l"), head +
                                                      "    Nodeid      Votes Name\n"
                                                      "         1          1 n1 (local)\n"
                                                      "         2          1 n2\n"
                                                      "         3          1 n3\n");
  EXPECT_EQ(net.out(2, "corosync-quorumtool -li"), head +
                                                       "    Nodeid      Votes Name\n"
                                                       "         1          1 10.77.0.1\n"
                                                       "         2          1 10.77.0.2 (local)\n"
                                                       "         3          1 10.77.0.3\n");
  EXPECT_EQ(net.out(1, "corosync-quorumtool -lp"), head +
                                                       "    Nodeid      Votes    Qdevice Name\n"
                                                       "         1          1         NR n1 (local)\n"
                                                       "         2          1         NR n2\n"
                                                       "         3          1         NR n3\n");
  EXPECT_EQ(net.out(1, "corosync-quorumtool -laH"), head +
                                                        "    Nodeid      Votes Name\n"
                                                        "0x00000001          1 n1,  (local)\n"
                                                        "0x00000002          1 n2, \n"
                                                        "0x00000003          1 n3, \n");
}

// VQ-26, VQ-27 and what the tool says.
TEST(QuorumTool, ChangesVotes) {
  Tools net(3, knet(3, 1), "3.1.7");
  net.start_all();
  net.run_for(seconds(8));
  ToolResult result = net.run(1, "corosync-quorumtool -e 9");
  EXPECT_EQ(result.error, "Unable to set expected votes: CS_ERR_INVALID_PARAM\n");
  EXPECT_EQ(result.status, 1);
  EXPECT_EQ(net.run(1, "corosync-quorumtool -e 2").status, 1);  // less than the votes present
  EXPECT_EQ(net.run(1, "corosync-quorumtool -e 4").status, 0);
  net.run_for(seconds(1));
  EXPECT_NE(net.out(2, "corosync-quorumtool -s").find("Expected votes:   4\nHighest expected: 4\n"), std::string::npos);
  result = net.run(1, "corosync-quorumtool -v 1 -n 9");
  EXPECT_EQ(result.error, "Unable to set votes 1 for nodeid: 9: CS_ERR_NAME_NOT_FOUND\n");
  EXPECT_EQ(net.run(1, "corosync-quorumtool -v 3 -n 2").status, 0);
  net.run_for(seconds(1));
  EXPECT_NE(net.out(3, "corosync-quorumtool -l").find("         2          3 n2\n"), std::string::npos);
}

// TO-2, TO-5, CF-22: Corosync 2.3.5 and 2.4.6.
TEST(QuorumTool, OldForms) {
  Tools old(2, two_rings(), "2.3.5");
  old.start_all();
  old.run_for(seconds(5));
  const ToolResult result = old.run(1, "corosync-quorumtool -s");
  EXPECT_NE(result.output.find("Ring ID:          8\n"), std::string::npos) << result.output;
  EXPECT_EQ(result.status, 1);  // the quorate flag itself
  EXPECT_NE(result.output.find(" 172818433          1 10.77.0.1 (local)\n"), std::string::npos) << result.output;
  Tools newer(2, two_rings(), "2.4.6");
  newer.start_all();
  newer.run_for(seconds(5));
  const ToolResult later = newer.run(1, "corosync-quorumtool -s");
  EXPECT_NE(later.output.find("Ring ID:          172818433/9\n"), std::string::npos) << later.output;
  EXPECT_EQ(later.status, 0);
}

// TO-7, TO-9, KN-9, recorded from Corosync 3.1.7.
TEST(CfgTool, LinksOfKnet) {
  Tools net(3, knet(3, 2), "3.1.7");
  net.start_all();
  net.run_for(seconds(30));
  net.cut(1, 2, 0);
  net.cut(2, 1, 0);
  net.run_for(seconds(5));
  EXPECT_EQ(net.out(1, "corosync-cfgtool -s"),
            "Local node ID 1, transport knet\n"
            "LINK ID 0 udp\n\taddr\t= 10.77.0.1\n\tstatus:\n"
            "\t\tnodeid:          1:\tlocalhost\n\t\tnodeid:          2:\tdisconnected\n"
            "\t\tnodeid:          3:\tconnected\n"
            "LINK ID 1 udp\n\taddr\t= 10.77.1.1\n\tstatus:\n"
            "\t\tnodeid:          1:\tlocalhost\n\t\tnodeid:          2:\tconnected\n"
            "\t\tnodeid:          3:\tconnected\n");
  EXPECT_EQ(net.out(2, "corosync-cfgtool -sb"),
            "Local node ID 2, transport knet\nLINK ID 0 udp\n\taddr\t= 10.77.0.2\n\tstatus\t= 1n3\n"
            "LINK ID 1 udp\n\taddr\t= 10.77.1.2\n\tstatus\t= 3n3\n");
  EXPECT_EQ(net.out(1, "corosync-cfgtool -n"),
            "Local node ID 1, transport knet\n"
            "nodeid: 2 reachable\n"
            "   LINK: 0 udp (10.77.0.1->10.77.0.2) enabled mtu: 1446\n"
            "   LINK: 1 udp (10.77.1.1->10.77.1.2) enabled connected mtu: 1446\n\n"
            "nodeid: 3 reachable\n"
            "   LINK: 0 udp (10.77.0.1->10.77.0.3) enabled connected mtu: 1446\n"
            "   LINK: 1 udp (10.77.1.1->10.77.1.3) enabled connected mtu: 1446\n\n");
  EXPECT_EQ(net.out(1, "corosync-cfgtool -a 2"), "10.77.0.2 10.77.1.2\n");
  const ToolResult unknown = net.run(1, "corosync-cfgtool -a 9");
  EXPECT_EQ(unknown.error, "Could not get node address for nodeid 9\n");
  EXPECT_EQ(unknown.status, 1);
}

// TO-8, RR-15: a ring is lost, shown, and enabled again by hand.
TEST(CfgTool, RingsOfCorosync2) {
  Tools net(2, two_rings(), "2.3.5");
  net.start_all();
  net.run_for(seconds(5));
  EXPECT_EQ(net.out(1, "corosync-cfgtool -s"),
            "Printing ring status.\nLocal node ID 172818433\n"
            "RING ID 0\n\tid\t= 10.77.0.1\n\tstatus\t= ring 0 active with no faults\n"
            "RING ID 1\n\tid\t= 10.77.1.1\n\tstatus\t= ring 1 active with no faults\n");
  net.cut(1, 2, 1);
  net.cut(2, 1, 1);
  net.run_for(seconds(12));
  const ToolResult faulty = net.run(1, "corosync-cfgtool -s");
  EXPECT_EQ(faulty.status, 1);
  EXPECT_NE(faulty.output.find("ringid 1 interface 10.77.1.1 FAULTY\n"), std::string::npos) << faulty.output;
  EXPECT_EQ(net.out(1, "corosync-cfgtool -r"), "Re-enabling all failed rings.\n");
  EXPECT_EQ(net.run(1, "corosync-cfgtool -s").status, 0);
}

// M 12.6, RR-7, RR-8, RR-11, RR-13: the status is what was said of the ring last.
TEST(CfgTool, DegradedRings) {
  const auto status_of_ring_1 = [](Tools& net) {
    const std::string text = net.out(1, "corosync-cfgtool -s");
    const auto at = text.rfind("status\t= ");
    return text.substr(at + 9, text.find('\n', at) - at - 9);
  };
  const auto cut = [](Tools& net) {
    net.cut(1, 2, 1);
    net.cut(2, 1, 1);
  };
  Tools active(2, two_rings(), "2.3.5");
  active.start_all();
  active.run_for(seconds(5));
  cut(active);
  active.run_until([&] { return active.count_logs(1, "Incrementing problem counter") == 2; }, seconds(5));
  EXPECT_TRUE(status_of_ring_1(active).starts_with("Incrementing problem counter for seqid "))
      << status_of_ring_1(active);
  EXPECT_TRUE(status_of_ring_1(active).ends_with(" iface 10.77.1.1 to [2 of 10]")) << status_of_ring_1(active);
  EXPECT_EQ(active.run(1, "corosync-cfgtool -s").status, 0) << "not FAULTY yet";
  active.heal();
  active.run_until([&] { return active.count_logs(1, "Decrementing problem counter") == 1; }, seconds(5));
  EXPECT_EQ(status_of_ring_1(active), "Decrementing problem counter for iface 10.77.1.1 to [1 of 10]");
  active.run_for(seconds(3));
  EXPECT_EQ(status_of_ring_1(active), "ring 1 active with no faults");
  std::string conf = two_rings();
  conf.replace(conf.find("active"), 6, "passive");
  Tools passive(2, conf, "2.3.5");
  passive.start_all();
  passive.run_for(seconds(5));
  cut(passive);
  passive.run_for(seconds(8));
  EXPECT_EQ(status_of_ring_1(passive), "Marking ringid 1 interface 10.77.1.1 FAULTY");
  EXPECT_EQ(passive.run(1, "corosync-cfgtool -s").status, 1);
  passive.heal();
  passive.run_for(seconds(2));
  EXPECT_EQ(status_of_ring_1(passive), "ring 1 active with no faults");
  EXPECT_EQ(passive.run(1, "corosync-cfgtool -s").status, 0);
}

// Recorded from Corosync 3.1.7: the address that udpu shows is that of the last node.
TEST(CfgTool, UdpuShowsMembers) {
  Tools net(3,
            "totem {\n version: 2\n transport: udpu\n}\n" + TestNetwork::nodelist(3) +
                "quorum {\n provider: corosync_votequorum\n}\n",
            "3.1.7");
  net.start(1);
  net.start(2);
  net.run_for(seconds(5));
  EXPECT_EQ(net.out(1, "corosync-cfgtool -s"),
            "Local node ID 1, transport udpu\nLINK ID 0 \n\taddr\t= 10.77.0.3\n\tstatus:\n"
            "\t\tnodeid:          1:\tlocalhost\n\t\tnodeid:          2:\tconnected\n"
            "\t\tnodeid:          3:\tdisconnected\n");
  EXPECT_EQ(net.out(1, "corosync-cfgtool -sb"),
            "Local node ID 1, transport udpu\nLINK ID 0 \n\taddr\t= 10.77.0.3\n\tstatus\t= n31\n");
  EXPECT_EQ(net.out(1, "corosync-cfgtool -n"),
            "Local node ID 1, transport udpu\nnodeid: 2 reachable\n"
            "   LINK: 0  (10.77.0.2) enabled connected mtu: 1410\n\n");
}

// TO-4, TO-8: no daemon.
TEST(CorosyncTools, WithoutDaemon) {
  StackVersions versions;
  versions.corosync = "3.1.7";
  const Profile p = *make_profile(versions);
  const auto says = [&](std::string_view command) {
    const ToolResult result = run_corosync_tool_without_daemon(command, p);
    return fmt::format("{}|{}|{}", result.output, result.error, result.status);
  };
  EXPECT_EQ(says("corosync-quorumtool -s"), "|Cannot initialize CMAP service\n|1");
  EXPECT_EQ(says("corosync-cfgtool -s"), "|Could not initialize corosync configuration API error 2\n|1");
  EXPECT_EQ(says("corosync-cfgtool -R"),
            "Reloading corosync.conf...\n|Could not initialize corosync configuration API error CS_ERR_LIBRARY\n|1");
  EXPECT_EQ(says("corosync-cfgtool -k 1"),
            "Killing node 1\n|Could not initialize corosync configuration API error 2\n|1");
  EXPECT_EQ(says("corosync-cmapctl"), "|Failed to initialize the cmap API. Error CS_ERR_LIBRARY\n|1");
  EXPECT_EQ(says("corosync-quorumtool -V"), "corosync-quorumtool version: 3.1.7\n||0");
  versions.corosync = "2.3.5";
  EXPECT_EQ(run_corosync_tool_without_daemon("corosync-cfgtool -s", *make_profile(versions)).output,
            "Printing ring status.\n");
}

TEST(CorosyncTools, OptionsAsGetopt) {
  const auto words = shell_words("tool -ab 'x y' --force -n7 rest");
  ASSERT_EQ(words.size(), 6U);
  EXPECT_EQ(words[2], "x y");
  const ToolArgs args = parse_tool_args(words, "ab:n:", {{"--force", 'f'}});
  EXPECT_TRUE(args.complaint.empty());
  EXPECT_TRUE(args.has('a'));
  EXPECT_EQ(args.value('b'), "x y");
  EXPECT_EQ(args.value('n'), "7");
  EXPECT_TRUE(args.has('f'));
  ASSERT_EQ(args.others.size(), 1U);
  EXPECT_EQ(parse_tool_args({"tool", "-z"}, "a").complaint, "tool: invalid option -- 'z'\n");
  EXPECT_EQ(parse_tool_args({"tool", "-b"}, "b:").complaint, "tool: option requires an argument -- 'b'\n");
}

}  // namespace
}  // namespace simcluster::membership
