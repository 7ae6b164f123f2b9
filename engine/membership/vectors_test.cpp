// Test vectors of M section 20 that need one link. Times in milliseconds; T and C are the effective token and
// consensus timeouts, S the slack of 20.1.
#include <string>

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/membership/testing_vectors.h"

namespace simcluster::membership {
namespace {

using testing::ElementsAre;

using vectors::Client;
using vectors::conf;
using vectors::kSlack;
using vectors::Net;

TEST(Vectors, Mv01TwoNodeBootWithTwoNode) {
  Net net(2, conf(2, "two_node: 1\n"));
  net.start_tracked(1);
  net.run_for(seconds(2));
  EXPECT_EQ(net.stack(1).ring().sequence, 5U);  // SRP-2.2: a virgin node's first ring is 1.5
  EXPECT_FALSE(net.stack(1).quorate());
  EXPECT_EQ(net.count_logs(1, "Waiting for all cluster members. Current votes: 1 expected_votes: 2") > 0, true);
  net.start_tracked(2);
  net.time_until({{1, 2}});
  net.run_for(milliseconds(100));
  EXPECT_EQ(net.stack(1).ring().sequence, 9U);
  EXPECT_TRUE(net.stack(1).quorate());
  EXPECT_TRUE(net.stack(2).quorate());
  EXPECT_EQ(net.count_logs(1, "[QUORUM] Members[2]: 1 2"), 1U);
  EXPECT_EQ(net.count_logs(1, "[QUORUM] Sync members[2]: 1 2"), 1U);
  EXPECT_EQ(net.count_logs(1, "A new membership (1.9) was formed. Members joined: 2"), 1U);
}

// LC-4.
TEST(Vectors, Mv03CleanLeave) {
  Net net(3, conf(3));
  net.boot();
  net.clear_logs();
  net.clients[1].quorum.clear();
  net.groups[3].reset();
  net.stop(3);
  net.run_until([&] { return net.count_logs(3, "exiting normally") == 1; }, seconds(2));
  EXPECT_LE(net.time_until({{1, 2}}), milliseconds(100));  // B-3
  net.run_for(milliseconds(100));
  EXPECT_EQ(net.count_logs(1, "Members left: 3"), 1U);
  EXPECT_EQ(net.count_logs(1, "Failed to receive the leave message"), 0U);
  EXPECT_EQ(net.clients[1].quorum, "+");
}

// B-1, B-2; the sequence on the disk: SRP-2.2.
TEST(Vectors, Mv04CrashAndMv05Restart) {
  Net net(3, conf(3));  // T = 1650, C = 1980
  net.boot();
  net.clear_logs();
  const std::uint64_t before = net.stack(1).ring().sequence;
  net.kill(3);
  const Duration removed = net.time_until({{1, 2}});
  EXPECT_GE(removed, milliseconds(1650 + 1980 - 304 - 392));
  EXPECT_LE(removed, milliseconds(1650 + 1980) + kSlack * 2);  // B-2
  net.run_for(milliseconds(100));
  EXPECT_EQ(net.count_logs(1, "Failed to receive the leave message. failed: 3"), 1U);
  EXPECT_GE(net.count_logs(1, "Token has not been received in"), 1U);  // TM-2
  EXPECT_EQ(net.clients[1].changes, "-3/3 ");                          // NODEDOWN
  net.start(3);
  net.time_until({{1, 2, 3}});
  // The restarted node adds 1 and 4 to what it has stored; the merge is above everybody.
  EXPECT_EQ(net.count_logs(3, fmt::format("(3.{:x})", before + 5)), 1U);
  EXPECT_EQ(net.stack(1).ring().sequence, before + 9);
}

// SRP-5.1, TM-9, LOG-3.
TEST(Vectors, Mv06Pause) {
  Net net(3, conf(3));  // T = 1650, C = 1980
  net.boot();
  net.clear_logs();
  const std::uint64_t ring = net.stack(1).ring().sequence;
  // (c) shorter than T/2 and not across a token loss: nothing.
  net.pause(3);
  net.run_for(milliseconds(700));
  net.resume(3);
  net.run_for(seconds(5));
  EXPECT_EQ(net.stack(1).ring().sequence, ring);
  // (a) longer than T, shorter than T + C: the same members again.
  net.pause(3);
  net.run_for(milliseconds(2000));
  net.resume(3);
  net.run_for(seconds(6));
  EXPECT_TRUE(net.settled({{1, 2, 3}}));
  EXPECT_GT(net.stack(1).ring().sequence, ring);
  EXPECT_EQ(net.count_logs(1, "left: 3"), 0U);
  EXPECT_EQ(net.clients[1].quorum.find('-', 3), std::string::npos);
  EXPECT_GE(net.count_logs(3, "Corosync main process was not scheduled"), 1U);
  // (b) longer than T + C: removed, then merged.
  net.clear_logs();
  net.pause(3);
  EXPECT_LE(net.time_until({{1, 2}}), milliseconds(1650 + 1980) + kSlack * 2);
  net.run_for(seconds(6));
  net.resume(3);
  net.time_until({{1, 2, 3}}, seconds(3));
  EXPECT_EQ(net.count_logs(3, "Members joined: 1 2 left: 1 2"), 1U);
  EXPECT_EQ(net.count_logs(3, "Failed to receive the leave message. failed: 1 2"), 1U);
  EXPECT_EQ(net.count_logs(3, "Sync joined[2]: 1 2"), 1U);
  EXPECT_EQ(net.count_logs(3, "Sync left[2]: 1 2"), 1U);
}

TEST(Vectors, Mv07RestartFasterThanTheToken) {
  Net net(3, conf(3));
  net.boot();
  net.clear_logs();
  net.clients[1].quorum.clear();
  net.kill(3);
  net.start_tracked(3);
  net.time_until({{1, 2, 3}});
  net.run_for(milliseconds(200));
  EXPECT_EQ(net.count_logs(1, "Members joined: 3 left: 3"), 1U);
  EXPECT_EQ(net.count_logs(1, "Failed to receive the leave message. failed: 3"), 1U);
  EXPECT_EQ(net.count_logs(1, "Sync joined[1]: 3"), 1U);
  EXPECT_EQ(net.count_logs(1, "Sync left[1]: 3"), 1U);
  EXPECT_EQ(net.clients[1].quorum.find('-'), std::string::npos);
  net.run_for(milliseconds(500));
  EXPECT_TRUE(net.clients[1].changes.starts_with("-3/3 +3/"));
}

TEST(Vectors, Mv09TwoNodeTie) {
  Net net(2, conf(2, "two_node: 1\n"));
  net.boot();
  net.partition({{1}, {2}});
  net.time_until({{1}, {2}});
  net.run_for(milliseconds(100));
  EXPECT_TRUE(net.stack(1).quorate());
  EXPECT_TRUE(net.stack(2).quorate());
  // Restarted while split: waits for the other.
  net.kill(2);
  net.start_tracked(2);
  net.run_for(seconds(5));
  EXPECT_FALSE(net.stack(2).quorate());
  net.heal();
  net.time_until({{1, 2}});
  net.run_for(milliseconds(100));
  EXPECT_TRUE(net.stack(2).quorate());
}

// SRP-16.5, B-7.
TEST(Vectors, Mv12PartitionAndMerge) {
  Net net(3, conf(3));
  net.boot();
  const std::uint64_t before = net.stack(1).ring().sequence;
  net.partition({{1, 2}, {3}});
  EXPECT_LE(net.time_until({{1, 2}, {3}}), milliseconds(1650 + 1980) + kSlack * 2);
  net.run_for(milliseconds(100));
  EXPECT_EQ(net.stack(1).ring().sequence, before + 4);
  EXPECT_EQ(net.stack(3).ring().sequence, before + 4);  // same sequence, another representative
  EXPECT_TRUE(net.stack(1).quorate());
  EXPECT_FALSE(net.stack(3).quorate());
  net.clear_logs();
  net.heal();
  EXPECT_LE(net.time_until({{1, 2, 3}}), milliseconds(300) + kSlack);  // B-7, udp
  EXPECT_EQ(net.stack(1).ring().sequence, before + 8);
  EXPECT_EQ(net.count_logs(1, "Members joined: 3"), 1U);
  EXPECT_EQ(net.count_logs(3, "Members joined: 1 2"), 1U);
}

// VQ-12 (3), VQ-13.
TEST(Vectors, Mv21AutoTieBreaker) {
  Net net(4, conf(4, "auto_tie_breaker: 1\n"));
  net.boot();
  net.partition({{1, 3}, {2, 4}});
  net.time_until({{1, 3}, {2, 4}});
  net.run_for(milliseconds(100));
  EXPECT_TRUE(net.stack(1).quorate());
  EXPECT_FALSE(net.stack(2).quorate());
  net.heal();
  net.time_until({{1, 2, 3, 4}});
  net.run_for(seconds(1));
  net.partition({{2, 3, 4}, {1}});
  net.time_until({{2, 3, 4}, {1}});
  net.run_for(milliseconds(100));
  EXPECT_TRUE(net.stack(2).quorate());
  EXPECT_FALSE(net.stack(1).quorate());
}

TEST(Vectors, Mv21TieBreakerByList) {
  Net net(4, conf(4, "auto_tie_breaker: 1\nauto_tie_breaker_node: 4\n"));
  net.boot();
  net.partition({{1, 2}, {3, 4}});
  net.time_until({{1, 2}, {3, 4}});
  net.run_for(milliseconds(100));
  EXPECT_FALSE(net.stack(1).quorate());
  EXPECT_TRUE(net.stack(3).quorate());
}

TEST(Vectors, Mv22LastManStanding) {
  Net net(5, conf(5, "last_man_standing: 1\nlast_man_standing_window: 3000\nwait_for_all: 1\n"));
  net.boot();
  for (std::uint32_t victim = 5; victim >= 3; --victim) {
    net.kill(victim);
    net.run_for(seconds(12));
    EXPECT_TRUE(net.stack(1).quorate()) << victim;
  }
  net.kill(2);
  net.run_for(seconds(12));
  EXPECT_FALSE(net.stack(1).quorate());
}

// VQ-23. Measured with 3.1.7, see recordings/allow_downscale.txt: the barrier is the nodelist's sum of 4, whatever
// expected_votes says, so the quorum stays 3.
TEST(Vectors, Mv24AllowDownscale) {
  Net net(4, conf(4, "expected_votes: 2\nallow_downscale: 1\n"));
  net.boot();
  for (const std::uint32_t leaver : {4U, 3U, 2U}) {
    net.groups[leaver].reset();
    net.stop(leaver);
    net.run_for(seconds(2));
    EXPECT_EQ(net.stack(1).quorate(), leaver == 4) << leaver;
  }
}

bool is_mcast(std::span<const std::byte> frame) { return frame.size() > 3 && frame[3] == std::byte{1}; }
bool is_token(std::span<const std::byte> frame) { return frame.size() > 3 && frame[3] == std::byte{0}; }

TEST(Vectors, Mv26LostMessagesAreRepeated) {
  Net net(3, conf(3));
  net.boot();
  const RingId ring = net.stack(1).ring();
  Random random(5, "drop");
  net.drop = [&](std::uint32_t, std::uint32_t, std::span<const std::byte> frame) {
    return is_mcast(frame) && random.one_in_million(300'000);
  };
  for (int i = 0; i < 1000; ++i) net.send(1, 100 + static_cast<std::size_t>(i));
  net.run_for(seconds(20));
  for (const std::uint32_t node : net.all) EXPECT_EQ(net.clients[node].delivered, 1000U) << node;
  EXPECT_EQ(net.clients[1].order, net.clients[2].order);
  EXPECT_EQ(net.clients[1].order, net.clients[3].order);
  EXPECT_EQ(net.stack(1).ring(), ring);
  EXPECT_GE(net.count_logs(1, "Retransmit List: "), 1U);
}

TEST(Vectors, Mv27NodeThatCannotReceive) {
  Net net(3, conf(3, "", "token: 1000\nfail_recv_const: 200\n"));
  net.boot();
  net.drop = [&](std::uint32_t, std::uint32_t to, std::span<const std::byte> frame) {
    return to == 3 && is_mcast(frame);
  };
  for (int i = 0; i < 3000 && net.count_logs(3, "FAILED TO RECEIVE") == 0; ++i) {
    net.send(1, 50);
    net.run_for(milliseconds(1));
  }
  EXPECT_GE(net.count_logs(3, "FAILED TO RECEIVE"), 1U);
  net.run_until([&] { return net.members(3) == std::vector<std::uint32_t>{3}; }, seconds(5));
  EXPECT_THAT(net.members(3), ElementsAre(3U));  // DEV-1
}

TEST(Vectors, Mv28LostTokensAreResent) {
  Net net(2, conf(2));
  net.boot();
  const RingId ring = net.stack(1).ring();
  int left = 0;
  net.drop = [&](std::uint32_t, std::uint32_t, std::span<const std::byte> frame) {
    return is_token(frame) && left > 0 && left-- > 0;
  };
  for (const int lost : {1, 4}) {  // (a), (b): the token and three of its retransmissions
    left = lost;
    net.send(1, 10);
    net.run_for(seconds(4));
    EXPECT_EQ(net.stack(1).ring(), ring) << lost;
  }
  left = 1'000'000;  // (c)
  net.run_for(milliseconds(1300));
  left = 0;
  net.run_for(seconds(2));
  EXPECT_NE(net.stack(1).ring(), ring);
  EXPECT_TRUE(net.settled({{1, 2}}));  // B-9
}

// SRP-8.1, SRP-6.7.
TEST(Vectors, Mv29TokenLossInRecoveryKeepsTheOldRing) {
  Net net(3, conf(3));
  net.boot();
  const std::uint64_t before = net.stack(1).ring().sequence;
  bool lossy = true;
  net.drop = [&](std::uint32_t, std::uint32_t, std::span<const std::byte> frame) { return lossy && is_token(frame); };
  net.clients[1].changes.clear();
  net.kill(3);
  net.run_for(milliseconds(1650 + 1980 + 2 * 1650));
  EXPECT_EQ(net.clients[1].changes, "");  // nothing is told before the final success
  lossy = false;
  net.time_until({{1, 2}});
  net.run_for(milliseconds(100));
  EXPECT_EQ(net.clients[1].changes, "-3/3 ");
  EXPECT_GE(net.stack(1).ring().sequence, before + 8);  // + 4 per attempt
}

TEST(Vectors, Mv30DuplicatesAndMv31Reordering) {
  std::string plain;
  for (const bool disturbed : {false, true}) {
    Net net(3, conf(3));
    net.boot();
    const RingId ring = net.stack(1).ring();
    if (disturbed) net.quality.duplicate = 1'000'000;
    for (int i = 0; i < 200; ++i) net.send(1, 10 + static_cast<std::size_t>(i));
    net.run_for(seconds(5));
    EXPECT_EQ(net.clients[3].delivered, 200U);
    EXPECT_EQ(net.stack(1).ring(), ring);
    if (!disturbed) plain = net.clients[3].order;
    EXPECT_EQ(net.clients[3].order, plain);
    net.quality.duplicate = 0;
    net.quality.delay_min = {};
    net.quality.delay_max = milliseconds(30);
    for (const std::uint32_t node : net.all)
      for (int i = 0; i < 50; ++i) net.send(node, 500 + static_cast<std::size_t>(i));
    net.run_for(seconds(20));
    EXPECT_EQ(net.clients[1].order, net.clients[2].order);
    EXPECT_EQ(net.clients[1].delivered, 350U);
    EXPECT_EQ(net.stack(1).ring(), ring);
  }
}

// MV-32: damaged frames do no harm; with a key they are as if lost.
TEST(Vectors, Mv32CorruptFrames) {
  const std::string keyed = "key: " + std::string(128, 'k') + "\n";
  for (const std::string& key : {std::string("secauth: off\n"), keyed}) {
    Net net(3, conf(3, "", "token: 1000\n" + key), "2.4.6");
    net.boot();
    net.quality.corrupt = 10'000;
    net.quality.cut = 10'000;
    for (int i = 0; i < 200; ++i) {
      for (const std::uint32_t node : net.all)
        if (net.running(node)) net.send(node, 700);
      net.run_for(milliseconds(200));
    }
    if (key != keyed) continue;
    net.quality = {};
    net.time_until({{1, 2, 3}});
    net.run_for(seconds(3));
    EXPECT_EQ(net.clients[1].delivered, 600U);
    EXPECT_EQ(net.clients[1].order, net.clients[2].order);
  }
}

// CM-1.
TEST(Vectors, Mv33ConfigVersionMismatch) {
  Net net(2, conf(2, "", "token: 1000\nconfig_version: 2\n"));
  net.set_conf(2, conf(2, "", "token: 1000\nconfig_version: 1\n"));
  net.start_all();
  ASSERT_TRUE(net.run_until([&] { return !net.running(2); }, seconds(5)));
  EXPECT_EQ(net.count_logs(2, "Received config version (2) is different than my config version (1)! Exiting"), 1U);
  net.time_until({{1}}, seconds(2));
  EXPECT_TRUE(net.running(1));
}

TEST(Vectors, Mv35DifferentKeysNeverMeet) {
  const auto key = [](char c) { return "token: 1000\nkey: " + std::string(128, c) + "\n"; };
  Net net(2, conf(2, "", key('a')), "2.4.6");
  net.set_conf(2, conf(2, "", key('b')));
  net.start_all();
  net.run_for(seconds(10));
  EXPECT_TRUE(net.settled({{1}, {2}}));
  EXPECT_GT(net.count_logs(1, "[TOTEM ] Received message has invalid digest... ignoring."), 0U);
  EXPECT_GT(net.stack(1).rejected_datagrams(), 0U);
}

TEST(Vectors, Mv37FlowControl) {
  Net net(5, conf(5));
  net.boot();
  const RingId ring = net.stack(1).ring();
  // EVS-13: never more than 17 messages by one node between two of its tokens.
  std::map<std::uint32_t, std::map<std::uint32_t, int>> sent;
  int worst = 0;
  net.drop = [&](std::uint32_t from, std::uint32_t to, std::span<const std::byte> frame) {
    if (is_token(frame)) sent[from].clear();
    if (is_mcast(frame)) worst = std::max(worst, ++sent[from][to]);
    return false;
  };
  for (int i = 0; i < 2000; ++i) net.send(1, 1024);
  for (int i = 0; i < 400; ++i)
    for (const std::uint32_t node : net.all) net.send(node, 1024);
  net.run_for(seconds(30));
  EXPECT_LE(worst, 17);
  EXPECT_GE(worst, 10);
  for (const std::uint32_t node : net.all) EXPECT_EQ(net.clients[node].delivered, 4000U) << node;
  EXPECT_EQ(net.clients[1].order, net.clients[5].order);
  EXPECT_EQ(net.stack(1).ring(), ring);
}

// K-5, PG-3, PG-5, PG-11, CPG-15: cut into many frames, put together once.
TEST(Vectors, Mv38LargestMessage) {
  Net net(3, conf(3));
  net.boot();
  net.send(2, 1024 * 1024);
  net.run_for(seconds(10));
  for (const std::uint32_t node : net.all) {
    EXPECT_EQ(net.clients[node].delivered, 1U);
    EXPECT_EQ(net.clients[node].bytes, 1024U * 1024U);
  }
  net.send(2, 1024 * 1024);
  net.run_for(milliseconds(3));
  net.kill(2);
  net.run_for(seconds(10));
  EXPECT_EQ(net.clients[1].delivered, 1U);
  EXPECT_EQ(net.clients[3].delivered, 1U);
}

// SRP-16.6, SRP-16.7.
TEST(Vectors, Mv39HeldTokenIsCancelled) {
  Net net(3, conf(3));  // H = 304
  net.boot();
  int tokens = 0;
  int cancels = 0;
  net.drop = [&](std::uint32_t, std::uint32_t, std::span<const std::byte> frame) {
    tokens += is_token(frame) ? 1 : 0;
    cancels += frame.size() > 3 && frame[3] == std::byte{5} ? 1 : 0;
    return false;
  };
  net.run_for(seconds(10));
  EXPECT_GE(tokens, 3 * 30);
  EXPECT_LE(tokens, 3 * 35);  // one rotation per hold timeout
  const Time sent = net.now();
  net.send(3, 10);
  ASSERT_TRUE(net.run_until([&] { return net.clients[1].delivered == 1; }, seconds(1)));
  EXPECT_LE(net.now() - sent, milliseconds(3));
  EXPECT_EQ(cancels, 2);  // one multicast to two others
}

TEST(Vectors, Mv40SequenceWrap) {
  Net net(3, conf(3));
  net.boot();
  const RingId ring = net.stack(1).ring();
  for (const std::uint32_t node : net.all) net.stack(node).set_sequence_for_test(0xffffff00);
  net.clear_logs();
  for (int i = 0; i < 1024; ++i) net.send(1 + static_cast<std::uint32_t>(i % 3), 1400);
  net.run_for(seconds(10));
  for (const std::uint32_t node : net.all) EXPECT_EQ(net.clients[node].delivered, 1024U) << node;
  EXPECT_EQ(net.clients[1].order, net.clients[3].order);
  EXPECT_EQ(net.stack(1).ring(), ring);
  EXPECT_EQ(net.count_logs(1, "Retransmit List"), 0U);
}

// SEQ-4.
TEST(Vectors, Mv41RingSequenceGrowth) {
  Net net(2, conf(2));
  net.disk(1)["ringid_1"] = std::string("\xfe\xff\xff\xff\0\0\0\0", 8);
  net.boot();
  EXPECT_EQ(net.count_logs(1, "(1.100000003)"), 1U);
  EXPECT_EQ(net.stack(1).ring().sequence, 0x100000007U);
}

TEST(Vectors, Mv60RollingRestart) {
  Net net(5, conf(5));
  net.boot();
  for (const std::uint32_t node : net.all) {
    for (Client& client : net.clients) client.quorum.clear();
    net.groups[node].reset();
    net.stop(node);
    net.run_for(seconds(20));
    net.start_tracked(node);
    net.run_for(seconds(5));
    ASSERT_TRUE(net.settled({net.all})) << node;
    for (const std::uint32_t other : net.all) {
      if (other == node) continue;
      EXPECT_EQ(net.clients[other].quorum, "++") << other << " while " << node << " restarts";
    }
  }
}

}  // namespace
}  // namespace simcluster::membership
