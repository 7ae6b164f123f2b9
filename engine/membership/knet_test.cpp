// Links of Corosync 3 (M 11) and the vectors that need them.
#include <gtest/gtest.h>

#include "engine/membership/knet_packets.h"
#include "engine/membership/testing_network.h"

namespace simcluster::membership {
namespace {

std::string conf(std::size_t nodes, std::size_t links, std::string_view totem = "", std::string_view quorum = "") {
  return "totem {\n version: 2\n" + std::string(totem) + "}\n" + TestNetwork::nodelist(nodes, links) +
         "quorum {\n provider: corosync_votequorum\n" + std::string(quorum) + "}\n";
}

// KN-3, KN-4, WF-7.
TEST(KnetPackets, DuplicatesAndFragments) {
  DuplicateFilter filter;
  EXPECT_TRUE(filter.first_time(65530));
  EXPECT_FALSE(filter.first_time(65530));
  EXPECT_TRUE(filter.first_time(3));
  EXPECT_TRUE(filter.first_time(65535));
  EXPECT_FALSE(filter.first_time(65535));
  EXPECT_TRUE(filter.first_time(40000));  // far behind: a new life
  EXPECT_FALSE(filter.first_time(40000));

  std::vector<std::byte> text(10, std::byte{7});
  Reassembly reassembly;
  KnetData data{5, 3, 2, std::span(text).subspan(4, 4)};
  EXPECT_FALSE(reassembly.add(data));
  data.fragment = 1;
  data.bytes = std::span(text).first(4);
  EXPECT_FALSE(reassembly.add(data));
  EXPECT_FALSE(reassembly.add(data));
  data.fragment = 3;
  data.bytes = std::span(text).last(2);
  const auto whole = reassembly.add(data);
  ASSERT_TRUE(whole);
  EXPECT_EQ(whole->size(), 10U);
}

// What is never finished does not grow without end: the oldest of 32 makes room.
TEST(KnetPackets, FewFramesAreUnfinished) {
  const std::vector<std::byte> text(2, std::byte{7});
  const auto halves = [&](int between) {
    Reassembly reassembly;
    EXPECT_FALSE(reassembly.add({1, 2, 1, text}));
    for (int i = 0; i < between; ++i) EXPECT_FALSE(reassembly.add({static_cast<std::uint16_t>(2 + i), 2, 1, text}));
    return reassembly.add({1, 2, 2, text}).has_value();
  };
  EXPECT_TRUE(halves(31));
  EXPECT_FALSE(halves(32));
}

// B-4, B-5, KN-7.
TEST(Knet, Mv01BootNeedsTheLink) {
  TestNetwork net(2, conf(2, 1, "", "two_node: 1\n"), "3.1.7");
  net.start_all();
  net.run_for(seconds(1));
  EXPECT_TRUE(net.settled({{1}, {2}}));
  EXPECT_EQ(net.stack(1).ring().sequence, 5U);
  const Time begin = net.now();
  ASSERT_TRUE(net.run_until([&] { return net.settled({{1, 2}}); }, seconds(5)));
  EXPECT_GE(net.now() - begin, milliseconds(500));
  EXPECT_LE(net.now() - begin, milliseconds(2500));
  EXPECT_EQ(net.stack(1).ring().sequence, 9U);
  EXPECT_EQ(net.count_logs(1, "[KNET  ] rx: host: 2 link: 0 is up"), 1U);
  net.run_for(milliseconds(200));
  EXPECT_TRUE(net.stack(1).quorate());
}

TEST(Knet, Mv13TwoLinksPassive) {
  TestNetwork net(2, conf(2, 2), "3.1.7");
  net.start_all();
  net.run_for(seconds(25));
  ASSERT_TRUE(net.settled({{1, 2}}));
  const RingId ring = net.stack(1).ring();
  net.cut(1, 2, 0);
  net.cut(2, 1, 0);
  net.run_for(seconds(6));
  EXPECT_EQ(net.count_logs(1, "link: host: 2 link: 0 is down"), 1U);
  EXPECT_EQ(net.count_logs(1, "host: 2 (passive) best link: 1 (pri: 1)"), 1U);
  EXPECT_EQ(net.stack(1).ring(), ring);  // KN-14
  net.mend(1, 2, 0);
  net.mend(2, 1, 0);
  net.run_for(seconds(6));
  EXPECT_EQ(net.count_logs(1, "rx: host: 2 link: 0 is up"), 2U);
  EXPECT_EQ(net.stack(1).ring(), ring);
  net.partition({{1}, {2}});
  ASSERT_TRUE(net.run_until([&] { return net.settled({{1}, {2}}); }, seconds(8)));
  net.run_for(seconds(5));
  EXPECT_GE(net.count_logs(1, "host: host: 2 has no active links"), 2U);  // at start, and now
}

// MV-06 a: the others' links to a node that paused are down when it goes on, and its own go down then. What a host says
// over a link that is down is not listened to, so the token that waited for it is lost, and the ring forms anew.
TEST(Knet, Mv06TheTokenThatWaitedIsNotListenedTo) {
  TestNetwork net(3, conf(3, 1), "3.1.7");
  net.start_all();
  net.run_for(seconds(20));
  ASSERT_TRUE(net.settled({{1, 2, 3}}));
  const RingId ring = net.stack(1).ring();
  net.pause(3);
  net.run_for(seconds(2));
  EXPECT_EQ(net.count_logs(1, "link: host: 3 link: 0 is down"), 1U);
  net.resume(3);
  net.run_for(seconds(10));
  EXPECT_TRUE(net.settled({{1, 2, 3}}));
  EXPECT_EQ(net.stack(3).ring().sequence, ring.sequence + 4);
  for (const std::uint32_t node : {1U, 2U, 3U}) EXPECT_TRUE(net.stack(node).quorate());
  EXPECT_EQ(net.count_logs(1, "A new membership (1.d) was formed. Members"), 1U);
}

// The ring without a member that crashed forms after the token time-out; waiting for the member's consent as well, as
// Corosync does, takes the consensus time-out more.
TEST(Knet, WhereLinksAreTrustedNobodyWaitsForWhomNoLinkReaches) {
  const auto time_to_form = [](bool trust_links) {
    TestNetwork net(3, conf(3, 1, "token: 1000\n"), "3.1.7");
    net.trust_links = trust_links;
    net.start_all();
    net.run_for(seconds(20));
    EXPECT_TRUE(net.settled({{1, 2, 3}}));
    net.crash(3);
    const Time crash = net.now();
    EXPECT_TRUE(net.run_until([&] { return net.settled({{1, 2}}); }, seconds(10)));
    return net.now() - crash;
  };
  const Duration with = time_to_form(true);
  const Duration without = time_to_form(false);
  EXPECT_GT(with, milliseconds(1400));  // the token time-out with three nodes (T-5), less the time since the last token
  EXPECT_LT(with, milliseconds(2400));
  EXPECT_GT(without - with, milliseconds(1300));
}

// A member that is merely slow to answer, with a link that is up, has the whole consensus time-out.
TEST(Knet, WhereLinksAreTrustedAMemberInReachIsWaitedFor) {
  TestNetwork net(3, conf(3, 1, "token: 1000\n"), "3.1.7");
  net.trust_links = true;
  net.start_all();
  net.run_for(seconds(20));
  ASSERT_TRUE(net.settled({{1, 2, 3}}));
  const RingId ring = net.stack(1).ring();
  // Node 3's data is lost for a while, its links stay up.
  bool mute = true;
  net.drop = [&](std::uint32_t from, std::uint32_t, std::span<const std::byte> packet) {
    KnetHeader header;
    return mute && from == 3 && decode_knet_header(packet, header) && header.type == KnetType::kData;
  };
  net.run_for(milliseconds(2500));
  EXPECT_EQ(net.stack(1).ring(), ring);  // GATHER, but no ring without node 3 yet
  mute = false;
  ASSERT_TRUE(net.run_until([&] { return net.settled({{1, 2, 3}}) && net.stack(1).ring() != ring; }, seconds(5)));
  EXPECT_EQ(net.stack(1).ring().sequence, ring.sequence + 4);  // one new ring, of all three
}

// MV-15: who is not heard loses its links both ways.
TEST(Knet, Mv15OneNodeSendsToNobody) {
  TestNetwork net(3, conf(3, 1, "token: 1000\n"), "3.1.7");
  net.start_all();
  net.run_for(seconds(25));
  ASSERT_TRUE(net.settled({{1, 2, 3}}));
  net.cut(3, 1);
  net.cut(3, 2);
  ASSERT_TRUE(net.run_until([&] { return net.settled({{1, 2}, {3}}); }, seconds(8)));
  net.heal();
  ASSERT_TRUE(net.run_until([&] { return net.settled({{1, 2, 3}}); }, seconds(8)));
}

class Sink final : public GroupClient {
 public:
  void on_deliver(const GroupMember&, std::span<const std::byte> bytes) override { delivered += bytes.size(); }
  void on_configuration(const GroupConfiguration&) override {}
  std::size_t delivered = 0;
};

// KN-12: every packet on every link, delivered once; KN-4: fragments.
TEST(Knet, ModesDeliverOnceAndWhole) {
  for (const char* mode : {"passive", "active", "rr"}) {
    TestNetwork net(3, conf(3, 3, "token: 1000\nlink_mode: " + std::string(mode) + "\n"), "3.1.7");
    net.start_all();
    net.run_for(seconds(25));
    ASSERT_TRUE(net.settled({{1, 2, 3}})) << mode;
    Sink sink;
    auto receiver = net.stack(3).join("g", 1, sink);
    Sink ignored;
    auto sender = net.stack(1).join("g", 1, ignored);
    net.run_for(seconds(1));
    const std::vector<std::byte> message(20000);
    for (int i = 0; i < 100; ++i) ASSERT_TRUE((*sender)->multicast(message));
    net.run_for(seconds(5));
    EXPECT_EQ(sink.delivered, 100U * 20000U) << mode;
  }
}

// MV-55, IF-12: address removal is the loss of the link, nothing else.
TEST(Knet, Mv55AddressRemoval) {
  TestNetwork net(2, conf(2, 1, "token: 1000\n"), "3.1.7");
  net.start_all();
  net.run_for(seconds(25));
  net.remove_address(2);
  ASSERT_TRUE(net.run_until([&] { return net.settled({{1}, {2}}); }, seconds(6)));
  net.run_for(seconds(1));
  EXPECT_FALSE(net.stack(2).quorate());
  net.restore_address(2);
  ASSERT_TRUE(net.run_until([&] { return net.settled({{1, 2}}); }, seconds(6)));
}

}  // namespace
}  // namespace simcluster::membership
