// Vectors of M 20 that live from links: partitions and one-way losses as Corosync 3 sees them, and random loss.
#include <set>

#include "engine/membership/testing_vectors.h"

namespace simcluster::membership {
namespace {

using vectors::kSlack;
using vectors::Net;

std::string knet(std::size_t nodes, std::size_t links = 1, std::string_view totem = "", std::string_view quorum = "") {
  return "totem {\n version: 2\n transport: knet\n cluster_name: v\n" + std::string(totem) + "}\n" +
         TestNetwork::nodelist(nodes, links) + "quorum {\n provider: corosync_votequorum\n" + std::string(quorum) +
         "}\n";
}

// Rings that a node installs while `during` passes.
std::size_t rings_of(Net& net, std::uint32_t node, Duration during) {
  const std::size_t before = net.count_logs(node, "A new membership (");
  net.run_for(during);
  return net.count_logs(node, "A new membership (") - before;
}

// MV-02: the third node starts five seconds late; the two keep their quorum.
TEST(LinkVectors, Mv02StaggeredThirdNode) {
  Net net(3, knet(3));  // T = 3650
  net.start_tracked(1);
  net.start_tracked(2);
  net.run_for(seconds(5));
  EXPECT_TRUE(net.settled({{1, 2}}));
  EXPECT_EQ(net.stack(1).ring().sequence, 9U);
  EXPECT_TRUE(net.stack(1).quorate());
  net.clients[1].quorum.clear();
  net.start_tracked(3);
  net.run_for(milliseconds(600));
  EXPECT_EQ(net.count_logs(3, "(3.5) was formed. Members joined: 3"), 1U);
  EXPECT_FALSE(net.stack(3).quorate());
  EXPECT_LE(net.time_until({{1, 2, 3}}), milliseconds(3200));
  net.run_for(milliseconds(200));
  EXPECT_EQ(net.stack(1).ring().sequence, 13U);
  EXPECT_TRUE(net.stack(3).quorate());
  EXPECT_EQ(net.clients[1].quorum.find('-'), std::string::npos);
}

// MV-04, KN-8: the machine of a killed daemon answers with ICMP errors: the link goes down at the next tick.
TEST(LinkVectors, Mv04IcmpTakesTheLinkDown) {
  Net net(3, knet(3));
  net.start_all();
  net.run_for(seconds(20));
  net.clear_logs();
  const Time begin = net.now();
  net.crash(3);
  ASSERT_TRUE(net.run_until([&] { return net.count_logs(1, "link: host: 3 link: 0 is down") == 1; }, seconds(5)));
  EXPECT_LE(net.now() - begin, milliseconds(1200));
  EXPECT_TRUE(net.run_until([&] { return net.settled({{1, 2}}); }, seconds(9)));
}

// MV-14 (a): in steady state the link's loss is noticed before the token's.
TEST(LinkVectors, Mv14LinkFailsOverBeforeTheToken) {
  Net net(2, knet(2, 2, " token: 1000\n"));
  net.start_all();
  net.run_for(seconds(30));
  const RingId ring = net.stack(1).ring();
  const Time begin = net.now();
  net.cut(1, 2, 0);
  net.cut(2, 1, 0);
  ASSERT_TRUE(net.run_until([&] { return net.count_logs(1, "link: host: 2 link: 0 is down") > 0; }, seconds(3)));
  EXPECT_LE(net.now() - begin, milliseconds(1000) + kSlack);
  net.run_for(seconds(5));
  EXPECT_EQ(net.stack(1).ring(), ring);
}

// MV-14 (b), KN-6: shortly after the start the token is lost first; nobody loses quorum.
TEST(LinkVectors, Mv14bTheTokenIsLostFirst) {
  Net net(2, knet(2, 2, " token: 1000\n", " two_node: 1\n"));
  for (const std::uint32_t node : net.all) net.start_tracked(node);
  net.run_for(seconds(5));
  ASSERT_TRUE(net.settled({{1, 2}}));
  net.clear_logs();
  net.clients[1].quorum.clear();
  net.cut(1, 2, 0);
  net.cut(2, 1, 0);
  net.run_for(seconds(10));
  EXPECT_GE(net.count_logs(1, "A processor failed") + net.count_logs(2, "A processor failed"), 1U);
  EXPECT_TRUE(net.settled({{1, 2}}));
  EXPECT_EQ(net.clients[1].quorum.find('-'), std::string::npos);
}

// MV-16: node 3 is not heard by node 1, everything else is. {1, 2} is formed again and again.
TEST(LinkVectors, Mv16OneWayPartition) {
  Net net(3, knet(3, 1, " token: 1000\n"));  // T = 1650, C = 1980
  net.start_all();
  net.run_for(seconds(15));
  net.clear_logs();
  net.cut(3, 1);
  net.run_for(seconds(8));
  EXPECT_GE(rings_of(net, 1, seconds(30)), 2U);
  for (const std::uint32_t id : net.members(1)) EXPECT_NE(id, 3U);
  net.heal();
  EXPECT_TRUE(net.run_until([&] { return net.settled({{1, 2, 3}}); }, seconds(8)));
}

// MV-17: the representative is not heard by node 3.
TEST(LinkVectors, Mv17RepresentativeIsNotHeard) {
  Net net(3, knet(3, 1, " token: 1000\n"));
  net.start_all();
  net.run_for(seconds(15));
  net.clear_logs();
  net.cut(1, 3);
  net.run_for(seconds(40));
  EXPECT_TRUE(net.stack(2).quorate());
  EXPECT_GE(net.count_logs(2, "A new membership ("), 2U);
  net.heal();
  EXPECT_TRUE(net.run_until([&] { return net.settled({{1, 2, 3}}); }, seconds(8)));
}

// MV-18: 2 and 3 cannot hear each other, 1 hears both: they agree by way of 1, but the commit token cannot pass.
TEST(LinkVectors, Mv18NodeInTheMiddle) {
  Net net(3, knet(3, 1, " token: 1000\n") + "logging {\n debug: on\n}\n");
  net.start_all();
  net.run_for(seconds(15));
  net.clear_logs();
  net.cut(2, 3);
  net.cut(3, 2);
  net.run_for(seconds(30));
  EXPECT_GE(net.count_logs(1, "entering GATHER state from 4(") + net.count_logs(2, "entering GATHER state from 4("),
            1U);
  EXPECT_LE(net.members(1).size(), 2U);
  net.heal();
  EXPECT_TRUE(net.run_until([&] { return net.settled({{1, 2, 3}}); }, seconds(8)));
}

// MV-19: 0.6 s up, 0.6 s down, T = 3.0. One PONG comes through in each phase, and they are counted until the link goes
// down again (KN-7, KN-8): the link comes up every few phases. So does that of Corosync 3.1.7, where the vector of the
// specification expects it to stay down.
TEST(LinkVectors, Mv19FlappingLink) {
  Net net(2, knet(2));
  net.start_all();
  net.run_for(seconds(15));
  ASSERT_TRUE(net.settled({{1, 2}}));
  net.partition({{1}, {2}});
  ASSERT_TRUE(net.run_until([&] { return net.settled({{1}, {2}}); }, seconds(9)));
  net.clear_logs();
  std::uint64_t last = net.stack(1).ring().sequence;
  for (int i = 0; i < 25; ++i) {
    net.heal();
    net.run_for(milliseconds(600));
    net.partition({{1}, {2}});
    net.run_for(milliseconds(600));
    EXPECT_GE(net.stack(1).ring().sequence, last);  // EVS-3
    last = net.stack(1).ring().sequence;
  }
  EXPECT_GE(net.count_logs(1, "[KNET  ] rx: host: 2 link: 0 is up"), 1U);
  EXPECT_LE(net.count_logs(1, "A new membership"), 25U);
}

// MV-23: every node alone, then all together within LU + 5 M + C.
TEST(LinkVectors, Mv23FiveWaySplit) {
  Net net(5, knet(5, 1, " token: 1000\n"));  // T = 2950, C = 3540
  net.start_all();
  net.run_for(seconds(20));
  ASSERT_TRUE(net.settled({net.all}));
  const std::uint64_t before = net.stack(1).ring().sequence;
  net.partition({});
  EXPECT_LE(net.time_until({{1}, {2}, {3}, {4}, {5}}), milliseconds(2950 + 3540) + kSlack * 2);
  net.run_for(milliseconds(100));  // B-8
  for (const std::uint32_t node : net.all) {
    EXPECT_EQ(net.stack(node).ring().sequence, before + 4) << node;
    EXPECT_FALSE(net.stack(node).quorate()) << node;
  }
  net.heal();
  EXPECT_LE(net.time_until({net.all}), milliseconds(2500 + 5 * 200 + 3540));
}

// MV-25: nothing is promised while packets are lost; afterwards there is one ring again.
TEST(LinkVectors, Mv25RandomLoss) {
  Net net(5, knet(5, 1, " token: 1000\n"), "3.1.7", 7);
  net.start_all();
  net.run_for(seconds(20));
  for (const std::uint32_t percent : {10U, 20U, 30U, 40U}) {
    net.quality.loss = percent * 10'000;
    net.run_for(seconds(10));
    net.quality.loss = 0;
    EXPECT_TRUE(net.run_until([&] { return net.settled({net.all}); }, seconds(20))) << percent;
  }
}

// KN-15, KN-16: the MTU of the path is found by halving; frames are cut to it, so large messages get through.
TEST(LinkVectors, PathMtuIsFound) {
  Net net(2, knet(2));
  net.path_mtu = 1400;
  for (const std::uint32_t node : net.all) net.start_tracked(node);
  net.run_for(seconds(60));
  EXPECT_EQ(net.count_logs(1,
                           "pmtud: possible MTU misconfiguration detected. kernel is reporting MTU: 1500 bytes for "
                           "host 2 link 0 but the other node is not acknowledging packets of this size. "),
            net.count_logs(1, "pmtud: possible MTU misconfiguration"));
  EXPECT_GE(net.count_logs(1, "pmtud: possible MTU misconfiguration"), 1U);
  net.run_for(seconds(60));
  EXPECT_EQ(net.count_logs(1, "pmtud: PMTUD link change for host: 2 link: 0 from 522 to 1346"), 1U);
  EXPECT_EQ(net.count_logs(1, "pmtud: Global data MTU changed to: 1346"), 1U);
  EXPECT_NE(net.stack(1).run_tool("corosync-cfgtool -n").output.find("connected mtu: 1346\n"), std::string::npos);
  net.send(1, 20'000);
  net.run_for(seconds(2));
  EXPECT_EQ(net.clients[2].bytes, 20'000U);
}

// KN-16, as recorded: 522 before the first discovery, 1446 on Ethernet.
TEST(LinkVectors, EthernetMtu) {
  Net net(2, knet(2));
  net.start_all();
  net.run_for(seconds(8));
  EXPECT_EQ(net.count_logs(1, "[KNET  ] pmtud: PMTUD link change for host: 2 link: 0 from 522 to 1446"), 1U);
  EXPECT_EQ(net.count_logs(1, "[KNET  ] pmtud: Global data MTU changed to: 1446"), 1U);
  EXPECT_EQ(net.count_logs(1, "possible MTU misconfiguration"), 0U);
}

// KN-10, KN-1 and K-11 (ports), as recorded: three route lines for every link of every other host at the start.
TEST(LinkVectors, RouteLinesAtTheStart) {
  Net net(3, knet(3, 2));
  net.start(1);
  net.run_for(seconds(1));
  EXPECT_EQ(net.count_logs(1, "[KNET  ] host: host: 2 (passive) best link: 0 (pri: 1)"), 6U);
  EXPECT_EQ(net.count_logs(1, "[KNET  ] host: host: 3 has no active links"), 6U);
  EXPECT_EQ(net.count_logs(1, "[KNET  ] link: Resetting MTU for link 0 because host 1 joined"), 1U);
  EXPECT_EQ(net.count_logs(1, "[TOTEM ] Configured link number 1: local addr: 10.77.1.1, port=5406"), 1U);
}

// KN-12: the larger priority is used while it is up; rr takes turns; active sends every packet on all.
TEST(LinkVectors, Policies) {
  const auto count = [](Net& net, std::uint8_t link) {
    const std::string key = "corosync-cmapctl -m stats -qg stats.knet.node2.link" + std::to_string(link);
    return std::stoul(net.stack(1).run_tool(key + ".tx_data_packets").output);
  };
  Net preferred(2, knet(2, 2, " interface {\n linknumber: 1\n knet_link_priority: 5\n }\n"));
  preferred.start_all();
  preferred.run_for(seconds(10));
  EXPECT_LE(count(preferred, 0) * 10, count(preferred, 1));
  Net all(2, knet(2, 2, " link_mode: active\n"));
  all.start_all();
  all.run_for(seconds(10));
  EXPECT_NEAR(static_cast<double>(count(all, 0)), static_cast<double>(count(all, 1)), 5);
  EXPECT_GE(all.count_logs(1, "[KNET  ] host: host: 2 has 2 active links"), 1U);
  Net turns(2, knet(2, 2, " link_mode: rr\n"));
  turns.start_all();
  turns.run_for(seconds(10));
  EXPECT_NEAR(static_cast<double>(count(turns, 0)), static_cast<double>(count(turns, 1)), 5);
  EXPECT_TRUE(turns.settled({{1, 2}}));
}

}  // namespace
}  // namespace simcluster::membership
