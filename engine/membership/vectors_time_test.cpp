// Vectors of M 20 about time, wrong frames, interfaces of Corosync 2, and several things at once.
#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "engine/membership/srp.h"
#include "engine/membership/srp_messages.h"
#include "engine/membership/testing_vectors.h"

namespace simcluster::membership {
namespace {

using vectors::conf;
using vectors::kSlack;
using vectors::Net;

bool is_kind(std::span<const std::byte> frame, int kind) {
  return frame.size() > 3 && frame[3] == static_cast<std::byte>(kind);
}

// MV-08: one node of two waits; an operator cancels the wait; the other comes without a loss of quorum.
TEST(TimeVectors, Mv08WaitForAllCancelled) {
  Net net(2, conf(2, "two_node: 1\n"));
  net.start_tracked(1);
  net.run_for(seconds(60));
  EXPECT_FALSE(net.stack(1).quorate());
  EXPECT_EQ(net.stack(1).run_tool("corosync-cmapctl -s quorum.cancel_wait_for_all u8 1").status, 0);
  net.run_for(milliseconds(100));
  EXPECT_EQ(net.count_logs(1, "[VOTEQ ] wait_for_all_status reset by user on node 1."), 1U);
  EXPECT_TRUE(net.stack(1).quorate());
  net.clients[1].quorum.clear();
  net.start_tracked(2);
  net.time_until({{1, 2}});
  net.run_for(seconds(1));
  EXPECT_TRUE(net.stack(2).quorate());
  EXPECT_EQ(net.clients[1].quorum.find('-'), std::string::npos);
}

// SRP-2.1, SRP-2.3, LC-3, UD-4: 100 ms after the start the interface is up, and GATHER begins; B-4: the singleton's
// ring.
TEST(TimeVectors, StartOfUdp) {
  for (const std::string version : {"2.3.5", "3.1.7"}) {
    Net net(2, conf(2) + "logging {\n debug: on\n}\n", version);
    net.start(1);
    net.run_for(milliseconds(99));
    EXPECT_EQ(net.count_logs(1, "entering GATHER"), 0U);
    net.run_for(milliseconds(3));
    EXPECT_EQ(net.count_logs(1, "[TOTEM ] The network interface [10.77.0.1] is now up."), 1U);
    EXPECT_EQ(net.count_logs(1, "[TOTEM ] entering GATHER state from 15(interface change)."), 1U);
    net.run_for(milliseconds(300));
    EXPECT_TRUE(net.settled({{1}})) << version;
  }
}

// UD-4, UU-1: three nodes that start together are in one ring at once, at 3.1.7 in 1.9; their JOINs cross.
TEST(TimeVectors, ThreeOfUdpuStartTogether) {
  std::string text = conf(3);
  text.replace(text.find("transport: udp"), 14, "transport: udpu");
  Net net(3, text);
  net.start_all();
  net.run_for(seconds(2));
  ASSERT_TRUE(net.settled({{1, 2, 3}}));
  for (const std::uint32_t node : net.all) {
    EXPECT_EQ(net.stack(node).ring().sequence, 9U) << node;
    for (const std::uint32_t member : net.all)
      EXPECT_EQ(net.count_logs(node, fmt::format("[TOTEM ] adding new UDPU member {{10.77.0.{}}}", member)), 1U);
  }
}

// INS-16: what the quorum service says of the synchronisation comes before the ring's own line.
TEST(TimeVectors, SyncLinesComeFirst) {
  Net net(2, conf(2));
  net.boot();
  const std::vector<std::string>& lines = net.logs(1);
  const auto first = [&](std::string_view part) {
    return std::ranges::find_if(lines, [&](const std::string& line) { return line.find(part) != std::string::npos; }) -
           lines.begin();
  };
  EXPECT_LT(first("Sync members[2]"), first("was formed. Members joined: 2"));
  EXPECT_LT(first("was formed. Members joined: 2"), first("[QUORUM] Members[2]: 1 2"));
  EXPECT_LT(first("[QUORUM] Members[2]: 1 2"), static_cast<std::ptrdiff_t>(lines.size()) - 1);
}

// MV-10: expected 2 without two_node.
TEST(TimeVectors, Mv10TwoNodesWithoutTwoNode) {
  Net net(2, conf(2));
  net.boot();
  net.kill(2);
  net.time_until({{1}});
  net.run_for(milliseconds(100));
  EXPECT_FALSE(net.stack(1).quorate());
  EXPECT_EQ(net.count_logs(1, "This node is within the non-primary component and will NOT provide any services."), 1U);
}

// MV-20: two partitions with traffic merge: no message of the other side's old ring is delivered.
TEST(TimeVectors, Mv20MergeWithTraffic) {
  Net net(4, conf(4));
  net.boot();
  net.partition({{1, 2}, {3, 4}});
  net.time_until({{1, 2}, {3, 4}});
  net.run_for(seconds(1));
  for (auto& client : net.clients) client.order.clear();
  for (int i = 0; i < 100; ++i) {
    net.send(1, 100);
    net.send(3, 300);
    net.run_for(milliseconds(10));
  }
  for (int i = 0; i < 20; ++i) {
    net.send(1, 101);
    net.send(3, 301);
  }
  net.heal();
  net.time_until({{1, 2, 3, 4}});
  net.run_for(seconds(1));
  EXPECT_EQ(net.clients[1].order.find("3:300,"), std::string::npos);
  EXPECT_EQ(net.clients[3].order.find("1:100,"), std::string::npos);
  EXPECT_EQ(net.clients[1].order, net.clients[2].order);
  EXPECT_EQ(net.clients[3].order, net.clients[4].order);
}

// V-12: what was cut into parts before a hole that a dead node left, and goes on beyond it, is delivered only where the
// assembly buffers are switched after the recovered messages.
TEST(TimeVectors, ALongMessageAcrossAHole) {
  for (const auto& [version, whole] : {std::pair("2.3.5", false), std::pair("2.4.6", true)}) {
    Net net(3, conf(3, "", "token: 1000\n secauth: off\n"), version);
    net.boot();
    // Nobody gets what node 3 says, neither at first nor when it repeats it.
    net.drop = [](std::uint32_t from, std::uint32_t, std::span<const std::byte> frame) {
      return from == 3 && frame.size() > 500;
    };
    net.send(2, 40'000);
    net.send(3, 1000);
    net.run_for(milliseconds(50));
    EXPECT_EQ(net.clients[2].delivered, 0U) << version;
    net.kill(3);
    net.time_until({{1, 2}});
    net.run_for(milliseconds(100));
    EXPECT_EQ(net.clients[1].delivered, whole ? 1U : 0U) << version;
    EXPECT_EQ(net.clients[2].delivered, whole ? 1U : 0U) << version;
    net.send(2, 100);  // a throw-away ends with the next message that is no part of another (PG-11.3)
    net.send(2, 40'000);
    net.send(2, 100);
    net.run_for(milliseconds(500));
    EXPECT_GE(net.clients[1].delivered, 2U) << version;
  }
}

// MV-34: two daemons with one id. Rings are undefined, but nothing falls over.
TEST(TimeVectors, Mv34DuplicateNodeId) {
  Net net(3, conf(3));
  std::string wrong = conf(3);
  wrong.replace(wrong.find("nodeid: 2"), 9, "nodeid: 9");
  wrong.replace(wrong.find("nodeid: 1"), 9, "nodeid: 2");
  wrong.replace(wrong.find("nodeid: 9"), 9, "nodeid: 1");
  net.set_conf(2, wrong);
  net.start_all();
  net.run_for(seconds(30));
  for (const std::uint32_t node : net.all) EXPECT_TRUE(net.running(node)) << node;
}

// MV-36, WF-3: frames of another generation are logged and counted, no more.
TEST(TimeVectors, Mv36MixedGenerations) {
  Net net(2, conf(2));
  net.boot();
  const RingId ring = net.stack(1).ring();
  const std::uint64_t before = net.stack(1).counters().rx_msg_dropped;
  Processor stranger;
  stranger.node_id = 7;
  stranger.address[0] = *IpAddress::parse("10.77.0.2");
  Join join;
  join.header_node_id = 7;
  join.from = stranger;
  join.proc = {stranger};
  std::vector<std::byte> frame;
  Codec(Generation::kAddresses).encode(join, frame);
  net.inject(2, 1, 0, frame);
  net.run_for(seconds(3));
  EXPECT_EQ(net.stack(1).counters().rx_msg_dropped, before + 1);
  EXPECT_EQ(net.count_logs(1,
                           "Message received from 10.77.0.2 has bad magic number (probably sent by unencrypted "
                           "Corosync 2.0/2.1/1.x/OpenAIS).. Ignoring"),
            1U);
  EXPECT_EQ(net.stack(1).ring(), ring);
}

// WF-3, WF-4, LOG-4: short, foreign, too long: dropped, counted, logged.
TEST(TimeVectors, WrongFramesAreCounted) {
  Net net(2, conf(2));
  net.boot();
  const RingId ring = net.stack(1).ring();
  std::vector<std::byte> token, mcast;
  net.drop = [&](std::uint32_t from, std::uint32_t, std::span<const std::byte> frame) {
    if (from == 2 && is_kind(frame, 0) && token.empty()) token.assign(frame.begin(), frame.end());
    if (from == 2 && is_kind(frame, 1) && mcast.empty()) mcast.assign(frame.begin(), frame.end());
    return false;
  };
  net.send(2, 100);
  net.run_for(seconds(3));
  ASSERT_FALSE(token.empty());
  ASSERT_FALSE(mcast.empty());
  const auto dropped = [&] { return net.stack(1).counters().rx_msg_dropped; };
  const auto inject = [&](std::vector<std::byte> frame, std::size_t size) {
    const std::uint64_t before = dropped();
    frame.resize(size);
    net.inject(2, 1, 0, frame);
    net.run_for(milliseconds(50));
    return dropped() - before;
  };
  EXPECT_EQ(inject(token, 5), 1U);
  EXPECT_EQ(net.count_logs(1, "Message received from 10.77.0.2 is too short...  Ignoring 5."), 1U);
  EXPECT_EQ(inject(token, 30), 1U);
  EXPECT_EQ(net.count_logs(1, "Received orf_token message is too short...  ignoring."), 1U);
  EXPECT_EQ(inject(token, 1600), 1U);
  EXPECT_EQ(net.count_logs(1, "Received orf_token message is too long...  ignoring."), 1U);
  EXPECT_EQ(inject(mcast, 20), 1U);
  EXPECT_EQ(net.count_logs(1, "Received mcast message is too short...  ignoring."), 1U);
  std::vector<std::byte> version = token;
  version[2] = std::byte{9};
  EXPECT_EQ(inject(version, version.size()), 1U);
  EXPECT_EQ(net.count_logs(1, "has unsupported version 9... Ignoring"), 1U);
  std::vector<std::byte> type = token;
  type[3] = std::byte{77};
  EXPECT_EQ(inject(type, type.size()), 1U);
  EXPECT_EQ(net.count_logs(1, "has wrong type...  ignoring 77."), 1U);
  // Replayed ones: an old token number and a message that is there already.
  const std::size_t delivered = net.clients[1].delivered;
  for (int i = 0; i < 3; ++i) {
    net.inject(2, 1, 0, token);
    net.inject(2, 1, 0, mcast);
  }
  net.run_for(seconds(2));
  EXPECT_EQ(net.clients[1].delivered, delivered);
  EXPECT_EQ(net.stack(1).ring(), ring);
}

// CR-4, CR-5: with a key a changed, cut or foreign datagram is rejected before the ring protocol sees it.
TEST(TimeVectors, UnauthenticDatagramsAreRejected) {
  const std::string text =
      "totem {\n version: 2\n transport: knet\n cluster_name: v\n crypto_hash: sha256\n key: " + std::string(128, 'k') +
      "\n}\n" + TestNetwork::nodelist(2) + "quorum {\n provider: corosync_votequorum\n}\n";
  Net net(2, text);
  std::vector<std::byte> datagram;
  net.drop = [&](std::uint32_t from, std::uint32_t, std::span<const std::byte> bytes) {
    if (from == 2 && datagram.empty()) datagram.assign(bytes.begin(), bytes.end());
    return false;
  };
  net.start_all();
  net.run_for(seconds(8));
  ASSERT_TRUE(net.settled({{1, 2}}));
  ASSERT_FALSE(datagram.empty());
  EXPECT_EQ(net.stack(1).rejected_datagrams(), 0U);
  std::vector<std::byte> changed = datagram;
  changed[changed.size() / 2] ^= std::byte{1};
  net.inject(2, 1, 0, changed);
  std::vector<std::byte> cut = datagram;
  cut.resize(cut.size() - 1);
  net.inject(2, 1, 0, cut);
  net.inject(2, 1, 0, std::vector<std::byte>(100));
  net.run_for(seconds(1));
  EXPECT_EQ(net.stack(1).rejected_datagrams(), 3U);
  EXPECT_TRUE(net.settled({{1, 2}}));
}

// Of a host of real machines: remembers all that it has seen.
class Memory final : public FrameGuard {
 public:
  explicit Memory(std::uint64_t self) : self_(self) {}
  Mark next() override { return {self_, 1, ++number_}; }
  bool first_time(const Mark& mark) override { return seen_.insert({mark.sender, mark.number}).second; }

 private:
  std::uint64_t self_;
  std::uint64_t number_ = 0;
  std::set<std::pair<std::uint64_t, std::uint64_t>> seen_;
};

// With a guard nothing that was recorded gets as far as the ring protocol, over links of every kind; without one it
// does.
TEST(TimeVectors, RecordedDatagramsAreDroppedByAGuard) {
  const std::vector<std::pair<std::string, std::string>> kinds = {
      {"knet", "3.1.7"}, {"knet\n link_mode: active", "3.1.7"}, {"udpu", "2.4.5"}, {"udp", "2.4.5"}};
  for (const auto& [transport, release] : kinds)
    for (const bool guarded : {true, false}) {
      const std::string text = fmt::format(
          "totem {{\n version: 2\n transport: {}\n cluster_name: v\n crypto_hash: sha256\n crypto_cipher: aes256\n"
          " key: {}\n}}\n{}quorum {{\n provider: corosync_votequorum\n}}\n",
          transport, std::string(128, 'k'), TestNetwork::nodelist(2));
      Net net(2, text, release);
      Memory first(1), second(2);
      if (guarded) net.guards = {{1, &first}, {2, &second}};
      std::vector<std::vector<std::byte>> recorded;
      net.drop = [&](std::uint32_t from, std::uint32_t to, std::span<const std::byte> bytes) {
        if (from == 2 && to == 1 && recorded.size() < 50) recorded.emplace_back(bytes.begin(), bytes.end());
        return false;
      };
      net.start_all();
      net.run_for(seconds(8));
      ASSERT_TRUE(net.settled({{1, 2}})) << transport;
      ASSERT_EQ(recorded.size(), 50U) << transport;
      EXPECT_EQ(net.stack(1).rejected_datagrams(), 0U) << transport;
      for (const auto& datagram : recorded) net.inject(2, 1, 0, datagram);
      net.run_for(seconds(1));
      EXPECT_EQ(net.stack(1).rejected_datagrams(), guarded ? 50U : 0U) << transport;
      EXPECT_EQ(net.count_logs(1, "digest") + net.count_logs(1, "Digest"), 0U) << "their seal is right";
      if (!guarded) continue;
      EXPECT_TRUE(net.settled({{1, 2}})) << transport;
    }
}

// MV-42: the wall clock of one node jumps by an hour, both ways.
TEST(TimeVectors, Mv42WallClockStep) {
  Net net(3, conf(3));
  net.boot();
  const RingId ring = net.stack(1).ring();
  for (const std::int64_t sign : {1, -1, -1}) {
    net.step_clock(2, hours(sign));
    net.run_for(seconds(20));
    EXPECT_EQ(net.stack(1).ring(), ring);
    EXPECT_EQ(net.stack(2).ring(), ring);
  }
  EXPECT_EQ(net.count_logs(2, "was not scheduled"), 0U);
}

// MV-43: nothing of rings that a frozen node was no member of is delivered to it.
TEST(TimeVectors, Mv43FrozenNode) {
  Net net(3, conf(3));  // T = 1650, C = 1980
  net.boot();
  for (const std::int64_t frozen : {2500, 6000}) {
    for (auto& client : net.clients) client.order.clear();
    net.clear_logs();
    net.pause(3);
    const Time end = net.now() + milliseconds(frozen);
    bool alone = false;
    while (net.now() < end) {
      // Sizes tell on which ring a message was sent.
      alone = alone || net.members(1).size() == 2;
      net.send(1, alone ? 200 : 100);
      net.run_for(milliseconds(20));
    }
    net.resume(3);
    net.run_for(seconds(9));
    EXPECT_TRUE(net.settled({{1, 2, 3}})) << frozen;
    EXPECT_EQ(net.clients[1].order, net.clients[2].order);
    if (frozen == 6000) {
      EXPECT_TRUE(alone);
      EXPECT_EQ(net.count_logs(3, "Members joined: 1 2 left: 1 2"), 1U);
    }
    EXPECT_GE(net.count_logs(3, "Corosync main process was not scheduled"), 1U);
  }
}

// MV-44: a node that gets everything late. Tokens are resent to it, no ring changes.
TEST(TimeVectors, Mv44SlowNode) {
  Net net(3, conf(3));  // token_retransmit 392
  net.boot();
  const RingId ring = net.stack(1).ring();
  net.slow[3] = milliseconds(392 * 8 / 10);
  for (int i = 0; i < 20; ++i) {
    net.send(1, 100);
    net.run_for(milliseconds(500));
  }
  net.run_for(seconds(20));
  EXPECT_EQ(net.stack(1).ring(), ring);
  EXPECT_EQ(net.stack(3).ring(), ring);
  EXPECT_EQ(net.clients[3].delivered, 20U);
}

std::string two_rings(std::string_view mode) {
  return "totem {\n version: 2\n rrp_mode: " + std::string(mode) +
         "\n interface {\n ringnumber: 0\n bindnetaddr: 10.77.0.0\n mcastaddr: 239.255.1.1\n mcastport: 5405\n }\n"
         " interface {\n ringnumber: 1\n bindnetaddr: 10.77.1.0\n mcastaddr: 239.255.1.2\n mcastport: 5407\n }\n}\n"
         "quorum {\n provider: corosync_votequorum\n expected_votes: 2\n}\n";
}

void switch_ring_1(Net& net, bool on) {
  for (const auto& [from, to] : {std::pair(1U, 2U), std::pair(2U, 1U)}) {
    if (on)
      net.mend(from, to, 1);
    else
      net.cut(from, to, 1);
  }
}

// MV-48, RR-8: two seconds down, six up: the problem counter rises and falls, the ring is never faulty.
TEST(TimeVectors, Mv48FlappingRing) {
  Net net(2, two_rings("active"), "2.3.5");
  net.start_all();
  net.run_for(seconds(5));
  const RingId ring = net.stack(1).ring();
  for (int i = 0; i < 10; ++i) {
    switch_ring_1(net, false);
    net.run_for(seconds(2));
    switch_ring_1(net, true);
    net.run_for(seconds(6));
  }
  EXPECT_GE(net.count_logs(1, "Incrementing problem counter for seqid"), 10U);
  EXPECT_GE(net.count_logs(1, "Decrementing problem counter for iface 10.77.1.1 to ["), 5U);
  EXPECT_EQ(net.count_logs(1, "FAULTY"), 0U);
  EXPECT_EQ(net.stack(1).ring(), ring);
}

// RR-8: before 2.3.5 the counters never fell again after the first fault.
TEST(TimeVectors, DecrementerStopsForEverBefore235) {
  for (const std::string version : {"2.3.4", "2.3.5"}) {
    Net net(2, two_rings("active"), version);
    net.start_all();
    net.run_for(seconds(5));
    switch_ring_1(net, false);
    net.run_for(seconds(12));
    ASSERT_GE(net.count_logs(1, "FAULTY"), 1U) << version;
    switch_ring_1(net, true);
    net.run_for(seconds(5));
    net.clear_logs();
    switch_ring_1(net, false);
    net.run_for(seconds(3));
    switch_ring_1(net, true);
    net.run_for(seconds(10));
    EXPECT_GE(net.count_logs(1, "Incrementing problem counter"), 1U) << version;
    EXPECT_EQ(net.count_logs(1, "Decrementing problem counter") > 0, version == "2.3.5") << version;
  }
}

// MV-52, IF-9a: udpu of 2.3.5 loses its address: no new ring, and an abort when the address is back.
TEST(TimeVectors, Mv52UdpuAddressRemoval) {
  const std::string text =
      "totem {\n version: 2\n transport: udpu\n interface {\n ringnumber: 0\n bindnetaddr: 10.77.0.0\n"
      " member {\n memberaddr: 10.77.0.1\n }\n member {\n memberaddr: 10.77.0.2\n }\n }\n}\n"
      "quorum {\n provider: corosync_votequorum\n expected_votes: 2\n}\nlogging {\n debug: on\n}\n";
  Net net(2, text, "2.3.5");
  net.start_all();
  net.run_for(seconds(8));
  ASSERT_EQ(net.members(2).size(), 2U);
  net.clear_logs();
  net.remove_address(2);
  net.run_for(seconds(15));
  EXPECT_EQ(net.count_logs(2, "The network interface is down."), 1U);
  EXPECT_EQ(net.count_logs(2, "A new membership"), 0U);
  EXPECT_EQ(net.members(2).size(), 2U);  // the old membership stays published
  EXPECT_GE(net.count_logs(2, "entering GATHER state from 3("), 2U);
  EXPECT_EQ(net.members(1).size(), 1U);
  net.restore_address(2);
  ASSERT_TRUE(net.run_until([&] { return !net.running(2); }, seconds(5)));
  EXPECT_EQ(net.exit_code(2), 134);
  EXPECT_EQ(net.count_logs(2, "memb_consensus_agreed: Assertion `token_memb_entries >= 1' failed."), 1U);
}

// MV-58: a leave during GATHER changes the lists; the leaver is not among the silent ones.
TEST(TimeVectors, Mv58LeaveDuringGather) {
  Net net(4, conf(4));  // T = 2300, C = 2760
  net.boot();
  net.clear_logs();
  net.kill(3);
  ASSERT_TRUE(net.run_until(
      [&] {
        return net.count_logs(1, "A processor failed") + net.count_logs(2, "A processor failed") +
                   net.count_logs(4, "A processor failed") >
               0;
      },
      seconds(5)));
  net.run_for(seconds(1));
  net.groups[2].reset();
  net.stop(2);
  EXPECT_LE(net.time_until({{1, 4}}), milliseconds(330 + 2760) + kSlack);
  net.run_for(milliseconds(200));
  EXPECT_EQ(net.count_logs(1, "Members left: 2 3"), 1U);
  EXPECT_EQ(net.count_logs(1, "Failed to receive the leave message. failed: 3"), 1U);
  EXPECT_EQ(net.count_logs(1, "failed: 2"), 0U);
}

// MV-59: the representative dies when its commit token is out.
TEST(TimeVectors, Mv59RepresentativeDiesInCommit) {
  Net net(3, conf(3) + "logging {\n debug: on\n}\n");  // T = 1650, C = 1980
  for (const std::uint32_t node : {2U, 3U}) net.start_tracked(node);
  net.time_until({{2, 3}});
  net.run_for(seconds(3));
  bool sent = false;
  net.drop = [&](std::uint32_t from, std::uint32_t, std::span<const std::byte> frame) {
    sent = sent || (from == 1 && is_kind(frame, 4));
    return false;
  };
  net.start(1);
  ASSERT_TRUE(net.run_until([&] { return sent; }, seconds(10)));
  net.crash(1);
  const Time begin = net.now();
  ASSERT_TRUE(net.run_until([&] { return net.stack(2).ring().sequence > 9 && net.settled({{2, 3}}); }, seconds(10)));
  EXPECT_GE(net.now() - begin, milliseconds(1650));
  EXPECT_LE(net.now() - begin, milliseconds(1650 + 1980) + kSlack * 2);
  EXPECT_GE(net.count_logs(2, "entering GATHER state from 4("), 1U);
  EXPECT_EQ(net.stack(2).ring().representative.value, 2U);
}

}  // namespace
}  // namespace simcluster::membership
