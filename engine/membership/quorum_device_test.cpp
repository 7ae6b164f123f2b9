// The quorum device's votes (VQ-3, VQ-18, VQ-24, VQ-25, TO-3).
#include <fmt/core.h>
#include <gtest/gtest.h>

#include "engine/membership/testing_network.h"

namespace simcluster::membership {
namespace {

std::string conf(std::size_t nodes, std::string_view device = " votes: 1\n") {
  return "totem {\n version: 2\n cluster_name: mb\n transport: udp\n token: 1000\n}\n" + TestNetwork::nodelist(nodes) +
         "quorum {\n provider: corosync_votequorum\n device {\n model: net\n timeout: 2000\n sync_timeout: 3000\n" +
         std::string(device) + " }\n}\n";
}

class Net : public TestNetwork {
 public:
  Net(std::size_t nodes, const std::string& text) : TestNetwork(nodes, text, "3.1.7") {
    start_all();
    run_for(seconds(3));
    clear_logs();
  }
  QuorumDevice& device(std::uint32_t node) { return *stack(node).quorum_device(); }
  void register_on(std::uint32_t node, std::string_view name = "Qdevice") {
    ASSERT_EQ(device(node).register_device(name), CsError::kOk);
    run_for(milliseconds(300));
  }
  // Polls as a device's daemon does, four times a second.
  void poll(std::uint32_t node, bool vote, Duration how_long) {
    for (Duration t; t < how_long; t += milliseconds(250)) {
      if (running(node)) device(node).poll_device("Qdevice", vote, stack(node).ring());
      run_for(milliseconds(250));
    }
  }
  std::string status(std::uint32_t node) { return stack(node).run_tool("corosync-quorumtool -s").output; }
};

// VQ-25, TO-3: two nodes and a device with one vote; the partition with the device goes on.
TEST(QuorumDeviceVotes, DecideATie) {
  Net net(2, conf(2));
  net.register_on(1);
  net.register_on(2);
  EXPECT_NE(net.status(1).find("         1          1  NA,NV,NMW n1 (local)\n"), std::string::npos) << net.status(1);
  net.poll(1, true, seconds(1));
  EXPECT_NE(net.status(1).find("Expected votes:   3\nHighest expected: 3\nTotal votes:      3\nQuorum:           2  \n"
                               "Flags:            Quorate Qdevice \n"),
            std::string::npos)
      << net.status(1);
  EXPECT_NE(net.status(1).find("    Nodeid      Votes    Qdevice Name\n"
                               "         1          1    A,V,NMW n1 (local)\n"
                               "         2          1  NA,NV,NMW n2\n"
                               "         0          1            Qdevice\n"),
            std::string::npos)
      << net.status(1);
  EXPECT_NE(net.status(2).find("         0          0            Qdevice (votes 1)\n"), std::string::npos);
  net.partition({{1}, {2}});
  net.poll(1, true, seconds(5));
  EXPECT_TRUE(net.settled({{1}, {2}}));
  EXPECT_TRUE(net.stack(1).quorate());
  EXPECT_FALSE(net.stack(2).quorate());
}

// VQ-16: nodes that disagree about the device's votes, none of them quorate, take the larger number.
TEST(QuorumDeviceVotes, OneNumberForAll) {
  TestNetwork net(3, conf(3), "3.1.7");
  net.set_conf(2, conf(3, " votes: 2\n"));
  net.start(1);
  net.start(2);
  net.run_for(seconds(3));
  ASSERT_EQ(net.stack(1).quorum_device()->register_device("Qdevice"), CsError::kOk);
  net.run_for(milliseconds(300));
  const auto says = [&](std::uint32_t node, std::string_view part) {
    return net.stack(node).run_tool("corosync-quorumtool -s").output.find(part) != std::string::npos;
  };
  EXPECT_TRUE(says(1, " Qdevice (votes 2)\n")) << net.stack(1).run_tool("corosync-quorumtool -s").output;
}

// VQ-24: silence takes the vote away; the poll must name the ring of the last synchronisation.
TEST(QuorumDeviceVotes, TimeOut) {
  Net net(2, conf(2));
  net.register_on(1);
  net.poll(1, true, seconds(1));
  EXPECT_EQ(net.device(1).poll_device("Qdevice", true, RingId{ClusterNodeId(1), 4711}), CsError::kMessageError);
  EXPECT_EQ(net.device(1).poll_device("Other", true, net.stack(1).ring()), CsError::kNotExist);
  net.run_for(milliseconds(2300));
  EXPECT_EQ(net.count_logs(1, "[VOTEQ ] lost contact with quorum device Qdevice"), 1U);
  EXPECT_NE(net.status(1).find("Total votes:      2\n"), std::string::npos);
  EXPECT_TRUE(net.stack(1).quorate());  // two of three
}

// VQ-18: synchronisation waits for the poll, but not for ever.
TEST(QuorumDeviceVotes, SynchronisationWaits) {
  Net net(2, conf(2));
  net.register_on(1);
  net.poll(1, true, seconds(1));
  net.crash(2);
  net.poll(1, true, milliseconds(1500));
  ASSERT_TRUE(net.run_until([&] { return net.settled({{1}}); }, seconds(5)));
  EXPECT_EQ(net.count_logs(1, "[VOTEQ ] waiting for quorum device Qdevice poll (but maximum for 3000 ms)"), 1U);
  net.clear_logs();
  net.run_for(milliseconds(2500));
  EXPECT_EQ(net.count_logs(1, "Completed service synchronization"), 0U);
  net.run_for(seconds(1));
  EXPECT_EQ(net.count_logs(1, "lost contact with quorum device Qdevice"), 1U);
  EXPECT_EQ(net.count_logs(1, "Completed service synchronization"), 1U);
  EXPECT_FALSE(net.stack(1).quorate());
}

// VQ-24: the first name wins in the whole cluster; unregistering frees it.
TEST(QuorumDeviceVotes, NamesAndRegistration) {
  Net net(2, conf(2));
  net.register_on(1);
  EXPECT_EQ(net.device(2).register_device("Other"), CsError::kExist);
  EXPECT_EQ(net.device(1).register_device("Qdevice"), CsError::kOk);
  EXPECT_EQ(net.device(1).rename_device("Qdevice", "Better"), CsError::kOk);
  net.run_for(milliseconds(300));
  EXPECT_NE(net.status(1).find(" Better (votes 1)\n"), std::string::npos) << net.status(1);
  EXPECT_EQ(net.stack(1).run_tool("corosync-quorumtool -f").status, 0);
  net.run_for(milliseconds(300));
  EXPECT_EQ(net.status(1).find("Qdevice"), std::string::npos);
  EXPECT_EQ(net.device(2).register_device("Other"), CsError::kOk);
}

// VQ-12.4: with master_wins one node and the device's vote are enough.
TEST(QuorumDeviceVotes, MasterWins) {
  Net net(5, conf(5, " votes: 1\n master_wins: 1\n"));
  net.register_on(1);
  net.poll(1, true, seconds(1));
  net.partition({{1}, {2, 3, 4, 5}});
  net.poll(1, true, seconds(9));
  EXPECT_TRUE(net.stack(1).quorate());
}

// VQ-3 at run time, as recorded from Corosync 3.1.7.
TEST(QuorumDeviceVotes, RefusedAtRunTime) {
  Net net(2, conf(2, " votes: 2\n"));
  net.stack(1).run_tool("corosync-cmapctl -s quorum.expected_votes u32 3");
  EXPECT_EQ(
      net.count_logs(1, "[VOTEQ ] configuration error: quorum.device.votes is too high or expected_votes is too low"),
      1U);
  EXPECT_EQ(net.count_logs(1, "[VOTEQ ] disabling quorum device operations"), 1U);
  EXPECT_EQ(net.stack(1).run_tool("corosync-cmapctl -qg runtime.votequorum.qdevice_can_operate").output, "0\n");
  EXPECT_EQ(net.device(1).register_device("Qdevice"), CsError::kAccess);
  net.stack(1).run_tool("corosync-cmapctl -s quorum.two_node u8 1");
  EXPECT_EQ(net.count_logs(1, "[VOTEQ ] quorum device is not registered, allowing two_node"), 1U);
}

}  // namespace
}  // namespace simcluster::membership
