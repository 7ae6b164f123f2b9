// Redundant rings (M 12) and lost addresses (M 13) of Corosync 1 and 2.
#include "engine/membership/rrp.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include "engine/membership/testing_host.h"
#include "engine/membership/testing_network.h"

namespace simcluster::membership {
namespace {

std::string two_rings(const std::string& mode) {
  std::string text = "totem {\n version: 2\n rrp_mode: " + mode + "\n";
  for (int ring = 0; ring < 2; ++ring)
    text += fmt::format(
        " interface {{\n  ringnumber: {0}\n  bindnetaddr: 10.77.{0}.0\n  mcastaddr: 239.255.1.{1}\n  mcastport: {2}\n "
        "}}\n",
        ring, ring + 1, 5405 + 2 * ring);
  return text + "}\nquorum {\n provider: corosync_votequorum\n expected_votes: 2\n}\n";
}

std::string one_ring(const std::string& extra = "") {
  return "totem {\n version: 2\n" + extra +
         " interface {\n  ringnumber: 0\n  bindnetaddr: 10.77.0.0\n  mcastaddr: 239.255.1.1\n  mcastport: 5405\n }\n}\n"
         "quorum {\n provider: corosync_votequorum\n expected_votes: 2\n}\n";
}

bool one_ring_of(TestNetwork& net, std::size_t size) {
  for (std::uint32_t node = 1; node <= 2; ++node)
    if (!net.running(node) || net.members(node).size() != size) return false;
  return size == 1 || net.stack(1).ring() == net.stack(2).ring();
}

void cut_ring(TestNetwork& net, std::uint8_t ring) {
  net.cut(1, 2, ring);
  net.cut(2, 1, ring);
}

void boot(TestNetwork& net) {
  net.start_all();
  ASSERT_TRUE(net.run_until([&] { return one_ring_of(net, 2); }, seconds(5)));
  net.run_for(seconds(5));
  ASSERT_TRUE(one_ring_of(net, 2));
}

// MV-45: FAULTY after 8.0 to 8.6 s, no membership event, recovered within 1.3 s with one line per node.
TEST(Rrp, Mv45ActiveRing1Lost) {
  TestNetwork net(2, two_rings("active"), "2.3.5");
  boot(net);
  const RingId ring = net.stack(1).ring();
  cut_ring(net, 1);
  const Time cut = net.now();
  ASSERT_TRUE(
      net.run_until([&] { return net.count_logs(1, "ringid 1 interface 10.77.1.1 FAULTY") == 1; }, seconds(20)));
  EXPECT_GE(net.now() - cut, milliseconds(6500));
  EXPECT_LE(net.now() - cut, milliseconds(9500));
  net.run_for(seconds(2));
  EXPECT_EQ(net.count_logs(2, "ringid 1 interface 10.77.1.2 FAULTY"), 1U);
  EXPECT_EQ(net.stack(1).ring(), ring);
  net.heal();
  net.run_for(milliseconds(1300));
  EXPECT_EQ(net.count_logs(1, "Automatically recovered ring 1"), 1U);
  EXPECT_EQ(net.count_logs(2, "Automatically recovered ring 1"), 1U);
  net.run_for(seconds(20));
  EXPECT_EQ(net.stack(1).ring(), ring);
  EXPECT_EQ(net.count_logs(1, "FAULTY"), 1U);
}

// RR-14, CM-14.3: up to 2.3.4 every ACTIVATE is logged, from 2.3.5 on only one that ends a fault. Doubled frames make
// the difference visible on two nodes.
TEST(Rrp, RecoveryLineRepeatsInOldVersions) {
  for (const auto& [version, lines] : {std::pair{"2.3.4", 2U}, std::pair{"2.3.5", 1U}}) {
    TestNetwork net(2, two_rings("active"), version);
    boot(net);
    cut_ring(net, 1);
    net.run_for(seconds(12));
    net.quality.duplicate = 1'000'000;
    net.heal();
    net.run_for(seconds(2));
    EXPECT_GE(net.count_logs(1, "Automatically recovered ring 1"), lines) << version;
    EXPECT_LE(net.count_logs(1, "Automatically recovered ring 1"), lines * lines * 4 - 3) << version;
  }
}

// Two rings of which the second is silent, without a network.
struct ActiveRings : testing::Test, TimerClient, RrpClient {
  void on_timer(std::uint64_t) override {
    deadlines.begin_input();
    deadlines.on_host_timer();
    while (const auto due = deadlines.next_due()) rrp.on_deadline(*due);
    deadlines.settle();
  }
  void pass_token_up(std::span<const std::byte> frame, const IpAddress&) override {
    if (!frame.empty()) passed += std::to_integer<char>(frame[0]);
  }
  void send_ring_test(std::size_t) override {}
  IpAddress ring_address(std::size_t) const override { return {}; }
  void token(std::uint32_t number, char content) {
    const std::byte frame{static_cast<unsigned char>(content)};
    deadlines.begin_input();
    rrp.on_token(0, number, {&frame, 1}, {});
    deadlines.settle();
  }

  const TotemTimers timers;
  const Profile profile = *make_profile({});
  PatientHost host;
  Deadlines deadlines{host, *this, 0};
  Rrp rrp{RrpMode::kActive, 2, timers, profile, host, deadlines, *this};
  std::string passed;
};

// RR-6: the next commit token has the number of the one before (SRP-6.1) and is waited for like any other; a token that
// was passed up is not when it is resent.
TEST_F(ActiveRings, CommitTokensWithTheSameNumberArePassedUp) {
  token(1, 'a');
  EXPECT_EQ(passed, "");
  host.run_for(milliseconds(300));
  EXPECT_EQ(passed, "a");
  token(1, 'a');
  host.run_for(milliseconds(300));
  EXPECT_EQ(passed, "a");
  token(1, 'b');
  host.run_for(milliseconds(300));
  EXPECT_EQ(passed, "ab");
}

// RR-11, RR-16, V-18: tokens that waited for a node that stood still come all at once, first those of one ring. With
// both rings marked nothing goes out any more before 2.4.3, and on ring 0 from then on.
TEST_F(ActiveRings, BothRingsFaulty) {
  for (const auto& [version, sends] : {std::pair("2.3.5", false), std::pair("2.4.6", true)}) {
    StackVersions versions;
    versions.corosync = version;
    const Profile release = *make_profile(versions);
    Rrp passive{RrpMode::kPassive, 2, timers, release, host, deadlines, *this};
    for (std::uint32_t number = 1; number <= 11; ++number) passive.on_token(0, number, {}, {});
    EXPECT_TRUE(passive.faulty(1));
    EXPECT_EQ(passive.rings_for_token(), std::vector<std::size_t>{0});
    for (std::uint32_t number = 12; number <= 33; ++number) passive.on_token(1, number, {}, {});
    EXPECT_TRUE(passive.faulty(0));
    EXPECT_EQ(passive.rings_for_token(), sends ? std::vector<std::size_t>{0} : std::vector<std::size_t>{});
    EXPECT_EQ(passive.rings_for_mcast(), sends ? std::vector<std::size_t>{0} : std::vector<std::size_t>{});
  }
}

// RR-4: active sends everything on every ring that is not faulty. RR-9, RR-10: passive takes turns, tokens and messages
// each by themselves, and passes up what comes.
TEST_F(ActiveRings, WhereThingsAreSent) {
  using Rings = std::vector<std::size_t>;
  EXPECT_EQ(rrp.rings_for_token(), (Rings{0, 1}));
  EXPECT_EQ(rrp.rings_for_mcast(), (Rings{0, 1}));
  Rrp passive{RrpMode::kPassive, 2, timers, profile, host, deadlines, *this};
  const Rings first = passive.rings_for_token();
  const Rings second = passive.rings_for_token();
  ASSERT_EQ(first.size(), 1U);
  EXPECT_EQ(first[0] + second[0], 1U) << "one and the other";
  EXPECT_EQ(passive.rings_for_mcast(), first);
  EXPECT_EQ(passive.rings_for_token(), first);
  EXPECT_EQ(passive.rings_for_mcast(), second);
  const std::byte frame{'t'};
  passive.on_token(1, 5, {&frame, 1}, {});
  EXPECT_EQ(passed, "t");
}

// RR-5 is the transport's, which asks nobody; RR-7: an expired token goes up all the same, and is held against the ring
// that did not bring it.
TEST_F(ActiveRings, ARingOwesItsCopies) {
  for (std::uint32_t number = 1; number <= 9; ++number) {
    token(number, 't');
    host.run_for(milliseconds(239));
    EXPECT_EQ(passed.size(), number);
  }
  EXPECT_EQ(host.says("Incrementing problem counter for seqid 9 iface "), 1U);
  EXPECT_FALSE(rrp.faulty(1));
  for (std::uint32_t number = 10; number <= 12; ++number) {
    token(number, 't');
    host.run_for(milliseconds(239));
  }
  EXPECT_TRUE(rrp.faulty(1));
  EXPECT_EQ(host.says("Decrementing problem counter for iface "), 1U) << "RR-8: after two seconds";
  EXPECT_EQ(host.says("Marking seqid 11 ringid 1 interface "), 1U);
  EXPECT_EQ(rrp.rings_for_token(), std::vector<std::size_t>{0});
  passed.clear();
  token(13, 'u');
  EXPECT_EQ(passed, "u") << "nobody waits for a ring that is faulty";
}

// RR-17: with a healthy ring the loss of the other's address is the loss of that ring, and no more.
TEST(Rrp, AddressOfOneRingRemoved) {
  TestNetwork net(2, two_rings("active"), "2.3.5");
  boot(net);
  const RingId ring = net.stack(1).ring();
  net.remove_address(2, 1);
  const Time removed = net.now();
  ASSERT_TRUE(net.run_until([&] { return net.count_logs(2, "FAULTY") == 1; }, seconds(20)));
  EXPECT_LE(net.now() - removed, milliseconds(9500));
  net.run_for(seconds(3));
  net.restore_address(2, 1);
  net.run_for(milliseconds(1300));
  EXPECT_EQ(net.count_logs(2, "Automatically recovered ring 1"), 1U);
  EXPECT_EQ(net.count_logs(2, "The network interface is down."), 0U);
  EXPECT_EQ(net.stack(2).ring(), ring);
}

// MV-46.
TEST(Rrp, Mv46PassiveRing0Lost) {
  TestNetwork net(2, two_rings("passive"), "2.3.5");
  boot(net);
  const RingId ring = net.stack(1).ring();
  cut_ring(net, 0);
  const Time cut = net.now();
  ASSERT_TRUE(net.run_until([&] { return net.count_logs(1, "Marking ringid 0 interface 10.77.0.1 FAULTY") == 1; },
                            seconds(20)));
  EXPECT_LE(net.now() - cut, milliseconds(6000));
  net.run_for(seconds(3));
  net.heal();
  net.run_for(milliseconds(1300));
  EXPECT_EQ(net.count_logs(1, "Automatically recovered ring 0"), 1U);
  EXPECT_EQ(net.stack(1).ring(), ring);
}

// MV-47.
TEST(Rrp, Mv47BothRingsLost) {
  TestNetwork net(2, two_rings("active"), "2.3.5");
  boot(net);
  cut_ring(net, 0);
  cut_ring(net, 1);
  const Time cut = net.now();
  ASSERT_TRUE(net.run_until([&] { return one_ring_of(net, 1); }, seconds(5)));
  EXPECT_LE(net.now() - cut, milliseconds(2700));
  net.run_for(seconds(5));
  net.heal();
  ASSERT_TRUE(net.run_until([&] { return one_ring_of(net, 2); }, seconds(3)));
}

// MV-50, IF-6: ids from addresses; the removed address takes the node down.
TEST(Interfaces, Mv50AddressRemovedIdsFromAddress) {
  TestNetwork net(2, one_ring(), "2.3.5");
  boot(net);
  net.remove_address(2);
  const Time removed = net.now();
  ASSERT_TRUE(net.run_until([&] { return !net.running(2); }, seconds(6)));
  EXPECT_GE(net.now() - removed, milliseconds(1700));
  EXPECT_LE(net.now() - removed, milliseconds(2600));
  EXPECT_EQ(net.exit_code(2), 134);
  EXPECT_EQ(net.count_logs(2, "The network interface is down."), 1U);
  EXPECT_EQ(net.count_logs(2, "A new membership (127.0.0.1:"), 1U);
  net.run_for(seconds(1));
  EXPECT_TRUE(net.running(1));
  EXPECT_EQ(net.members(1).size(), 1U);
}

// IF-8: without votequorum nothing asserts; the node goes on under another id.
TEST(Interfaces, WithoutVotequorumTheIdChanges) {
  TestNetwork net(2,
                  "totem {\n version: 2\n interface {\n  ringnumber: 0\n  bindnetaddr: 10.77.0.0\n"
                  "  mcastaddr: 239.255.1.1\n  mcastport: 5405\n }\n}\n",
                  "1.4.6");
  boot(net);
  net.remove_address(2);
  net.run_for(seconds(6));
  ASSERT_TRUE(net.running(2));
  EXPECT_EQ(net.members(2), std::vector<std::uint32_t>{2130706433U});  // IF-3
  EXPECT_EQ(net.members(1).size(), 1U);
}

std::string with_ids(const std::string& transport = "udp") {
  return "totem {\n version: 2\n transport: " + transport + "\n cluster_name: c\n}\n" + TestNetwork::nodelist(2) +
         "quorum {\n provider: corosync_votequorum\n}\n";
}

// MV-51, IF-7: explicit ids survive on 127.0.0.1 and come back.
TEST(Interfaces, Mv51AddressRemovedExplicitIds) {
  TestNetwork net(2, with_ids(), "2.3.5");
  boot(net);
  net.remove_address(2);
  net.run_for(seconds(6));
  ASSERT_TRUE(net.running(2));
  EXPECT_EQ(net.members(2), std::vector<std::uint32_t>{2});
  EXPECT_FALSE(net.stack(2).quorate());
  net.restore_address(2);
  ASSERT_TRUE(net.run_until([&] { return one_ring_of(net, 2); }, seconds(6)));
  EXPECT_GE(net.count_logs(2, "The network interface [10.77.0.2] is now up."), 2U);
}

// MV-53, IF-10: udpu of 2.4.6 keeps its own id.
TEST(Interfaces, Mv53UdpuKeepsItsIdentity) {
  TestNetwork net(2, with_ids("udpu"), "2.4.6");
  boot(net);
  net.remove_address(2);
  net.run_for(seconds(4));
  EXPECT_EQ(net.members(2), std::vector<std::uint32_t>{2});
  EXPECT_EQ(net.count_logs(2, "127.0.0.1"), 0U);
  net.restore_address(2);
  ASSERT_TRUE(net.run_until([&] { return one_ring_of(net, 2); }, milliseconds(2500)));
}

// IF-10: without its address udpu does not even start; udp binds to 127.0.0.1 (IF-3).
TEST(Interfaces, UdpuNeedsItsAddressAtTheStart) {
  for (const char* version : {"2.4.6", "3.1.7"}) {
    TestNetwork net(2, with_ids("udpu"), version);
    net.remove_address(2);
    net.start_all();
    net.run_for(seconds(1));
    EXPECT_EQ(net.exit_code(2), 15) << version;
    EXPECT_EQ(net.count_logs(2,
                             "[TOTEM ] One of your ip addresses are now bound to localhost. Corosync would not work "
                             "correctly."),
              1U);
    EXPECT_EQ(net.count_logs(2, "[SERV  ]"), 0U);
  }
  TestNetwork net(2, with_ids("udpu"), "2.3.5");
  net.remove_address(2);
  net.start_all();
  net.run_for(seconds(1));
  EXPECT_FALSE(net.exit_code(2));
  EXPECT_EQ(net.count_logs(2, "[TOTEM ] The network interface is down."), 1U);
}

// MV-54, IF-11: udp in Corosync 3 cannot complete a ring and keeps reporting the old one.
TEST(Interfaces, Mv54UdpOfCorosync3KeepsTheOldRing) {
  TestNetwork net(2, with_ids(), "3.1.7");
  boot(net);
  net.remove_address(2);
  net.run_for(seconds(15));
  EXPECT_EQ(net.members(1).size(), 1U);
  EXPECT_EQ(net.members(2).size(), 2U);
  EXPECT_TRUE(net.stack(2).quorate());
  net.restore_address(2);
  ASSERT_TRUE(net.run_until([&] { return one_ring_of(net, 2); }, seconds(10)));
}

// MV-57, NM-8: a pulled cable keeps the address, and nothing but the ring changes.
TEST(Interfaces, Mv57CablePulledWithAddressKept) {
  TestNetwork net(2, one_ring(), "2.3.5");
  boot(net);
  cut_ring(net, 0);
  ASSERT_TRUE(net.run_until([&] { return one_ring_of(net, 1); }, milliseconds(2600)));
  net.run_for(seconds(8));
  net.heal();
  ASSERT_TRUE(net.run_until([&] { return one_ring_of(net, 2); }, milliseconds(500)));
  EXPECT_EQ(net.count_logs(1, "The network interface is down."), 0U);
}

}  // namespace
}  // namespace simcluster::membership
