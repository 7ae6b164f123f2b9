// Corosync 3 over links that the host keeps.
#include <gtest/gtest.h>

#include "engine/membership/srp.h"
#include "engine/membership/testing_network.h"

namespace simcluster::membership {
namespace {

class Hosted : public ::testing::Test {
 protected:
  static std::string conf(std::size_t nodes) {
    return "totem {\n version: 2\n token: 1000\n}\n" + TestNetwork::nodelist(nodes) +
           "quorum {\n provider: corosync_votequorum\n}\n";
  }
  static void boot(TestNetwork& net) {
    net.hosted_links = true;
    net.start_all();
    ASSERT_TRUE(net.run_until([&] { return net.settled({{1, 2, 3}}); }, seconds(5)));
    net.run_for(seconds(1));
  }
};

TEST_F(Hosted, RingsFormBreakAndMerge) {
  TestNetwork net(3, conf(3), "3.1.7");
  boot(net);
  EXPECT_TRUE(net.stack(1).quorate());
  net.partition({{1, 2}, {3}});
  ASSERT_TRUE(net.run_until([&] { return net.settled({{1, 2}, {3}}); }, seconds(10)));
  net.heal();
  ASSERT_TRUE(net.run_until([&] { return net.settled({{1, 2, 3}}); }, seconds(10)));
  net.stop(2);
  ASSERT_TRUE(net.run_until([&] { return net.settled({{1, 3}}); }, seconds(2)));  // its LEAVE was heard
}

// A member that no link reaches is not waited for (trust_links).
TEST_F(Hosted, WhoIsOutOfReachIsGivenUp) {
  const auto time_to_form = [](bool trust) {
    TestNetwork net(3, conf(3), "3.1.7");
    net.trust_links = trust;
    boot(net);
    net.crash(3);
    net.set_reachable(1, 3, false);
    net.set_reachable(2, 3, false);
    const Time begin = net.now();
    EXPECT_TRUE(net.run_until([&] { return net.settled({{1, 2}}); }, seconds(10)));
    return net.now() - begin;
  };
  // The token time-out with three nodes (T-5) and the consensus time-out, less the time since the last token.
  EXPECT_GT(time_to_form(false), milliseconds(1400 + 1980));
  EXPECT_LT(time_to_form(true), milliseconds(1650 + 500 + 100));
}

// A daemon that crashed and is begun anew at once is out of reach until its links are up, soon after the token
// time-out: there is no ring without it.
TEST_F(Hosted, WhoComesBackAtOnceIsWaitedFor) {
  TestNetwork net(3, conf(3), "3.1.7");
  net.trust_links = true;
  boot(net);
  const auto reach = [&](bool reachable) {
    for (const std::uint32_t other : {1U, 2U}) {
      net.set_reachable(other, 3, reachable);
      net.set_reachable(3, other, reachable);
    }
  };
  net.crash(3);
  reach(false);
  net.run_for(milliseconds(300));
  net.start(3);
  net.run_for(milliseconds(1650));
  ASSERT_FALSE(net.settled({{1, 2}}));
  reach(true);
  bool without = false;
  EXPECT_TRUE(net.run_until(
      [&] {
        without = without || net.settled({{1, 2}, {3}});
        return net.settled({{1, 2, 3}});
      },
      seconds(10)));
  EXPECT_FALSE(without);
  EXPECT_EQ(net.count_logs(1, "Members left: 3"), 0U);
}

// Members drop each other's MERGE-DETECT: none is sent while everybody is in the ring, and as ever when somebody is
// not.
TEST_F(Hosted, NobodyIsWokenWhenAllAreInTheRing) {
  TestNetwork net(3, conf(3), "3.1.7");
  boot(net);
  const auto sent = [&] {
    std::uint64_t count = 0;
    for (const std::uint32_t node : {1U, 2U, 3U})
      if (net.running(node)) count += net.stack(node).counters().memb_merge_detect_tx;
    return count;
  };
  const std::uint64_t before = sent();
  net.run_for(seconds(5));
  EXPECT_EQ(sent(), before);
  net.stop(2);
  ASSERT_TRUE(net.run_until([&] { return net.settled({{1, 3}}); }, seconds(2)));
  const std::uint64_t without = sent();
  net.run_for(seconds(5));
  EXPECT_GT(sent(), without + 5);
}

// A timer that comes a little late is no pause of the node (SRP-5.1): the one that is left over hears itself.
TEST_F(Hosted, TimersOfARealMachineComeLate) {
  TestNetwork net(3, conf(3), "3.1.7");
  net.timer_lateness = microseconds(700);
  boot(net);
  net.crash(2);
  net.crash(3);
  EXPECT_TRUE(net.run_until([&] { return net.settled({{1}}); }, seconds(10)));
  EXPECT_EQ(net.count_logs(1, "not scheduled"), 0U);
  EXPECT_EQ(net.count_logs(1, "Process pause detected"), 0U);
}

TEST_F(Hosted, APauseIsSeenAllTheSame) {
  TestNetwork net(3, conf(3), "3.1.7");
  net.timer_lateness = microseconds(700);
  boot(net);
  net.pause(1);
  net.run_for(seconds(4));
  net.resume(1);
  net.run_for(seconds(1));
  EXPECT_EQ(net.count_logs(1, "not scheduled"), 1U);
}

// CR-6: the host takes the new key when the reload brings it, seals with it when all have it, and forgets the old one
// when all seal with it.
TEST_F(Hosted, AnotherKeyByAReload) {
  const auto with_key = [](char key) {
    return "totem {\n version: 2\n token: 1000\n crypto_cipher: aes256\n crypto_hash: sha256\n key: " +
           std::string(200, key) + "\n}\n" + TestNetwork::nodelist(3) + "quorum {\n provider: corosync_votequorum\n}\n";
  };
  TestNetwork net(3, with_key('a'), "3.1.7");
  boot(net);
  const RingId ring = net.stack(1).ring();
  for (const std::uint32_t node : {1U, 2U, 3U}) net.set_conf(node, with_key('b'));
  net.stack(1).run_tool("corosync-cfgtool -R");
  net.run_for(seconds(2));
  for (const std::uint32_t node : {1U, 2U, 3U}) EXPECT_EQ(net.crypto_steps(node), "load b use forget ");
  EXPECT_EQ(net.stack(1).ring(), ring);
  // A reload that brings no other key leaves them alone.
  net.stack(2).run_tool("corosync-cfgtool -R");
  net.run_for(seconds(2));
  EXPECT_EQ(net.crypto_steps(1), "load b use forget ");
}

TEST_F(Hosted, ToolsShowWhatTheHostKnows) {
  TestNetwork net(3, conf(3), "3.1.7");
  boot(net);
  net.set_reachable(1, 2, false);
  const std::string links = net.stack(1).run_tool("corosync-cfgtool -s").output;
  EXPECT_NE(links.find("nodeid:          2:\tdisconnected"), std::string::npos) << links;
  EXPECT_NE(links.find("nodeid:          3:\tconnected"), std::string::npos) << links;
  const std::string stats = net.stack(1).run_tool("corosync-cmapctl -m stats").output;
  EXPECT_NE(stats.find("stats.knet.node3.link0.connected (u8) = 1"), std::string::npos) << stats;
  EXPECT_NE(stats.find("stats.knet.node3.link0.tx_data_packets (u64) = 7"), std::string::npos);
  EXPECT_NE(stats.find("stats.knet.node1.link0.mtu (u32) = 65535"), std::string::npos);
}

}  // namespace
}  // namespace simcluster::membership
