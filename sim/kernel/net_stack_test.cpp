#include "sim/kernel/net_stack.h"

#include <cstring>

#include <gtest/gtest.h>

#include "sim/kernel/testing.h"

namespace simcluster::sim {
namespace {

InterfaceAddress v4(std::string_view text, int prefix) {
  InterfaceAddress a;
  a.address = *IpAddress::parse(text);
  a.prefix_length = prefix;
  return a;
}

std::string addresses_of(const NetStack& net, std::string_view name) {
  std::string text;
  for (const InterfaceAddress& a : net.find_interface(name)->addresses)
    text += a.address.text() + (a.secondary ? " secondary; " : "; ");
  return text;
}

struct Receiver : SocketClient {
  std::vector<std::string> got;
  std::vector<std::string> refused;
  void on_unreachable(SocketId, const IpAddress& to) override { refused.push_back(to.text()); }
  void on_datagram(SocketId, const FrameRef& frame) override {
    got.emplace_back(reinterpret_cast<const char*>(frame->payload().data()), frame->payload().size());
  }
};

std::span<const std::byte> bytes(std::string_view text) { return std::as_bytes(std::span(text.data(), text.size())); }

TEST(NetStack, SecondAddressOfASubnetIsSecondary) {  // AT-2.3
  TestMachines m(1);
  EXPECT_EQ(m.net(0).add_address("eth0", v4("192.168.1.200", 24)), NetError::kNone);
  EXPECT_EQ(m.net(0).add_address("eth0", v4("10.0.0.1", 24)), NetError::kNone);
  EXPECT_EQ(m.net(0).add_address("eth0", v4("192.168.1.200", 24)), NetError::kExists);
  EXPECT_EQ(m.net(0).add_address("eth9", v4("10.0.0.1", 24)), NetError::kNoDevice);
  EXPECT_EQ(addresses_of(m.net(0), "eth0"), "192.168.1.1; 10.0.0.1; 192.168.1.200 secondary; ");
  EXPECT_EQ(m.net(0).routes().all().size(), 2u);
}

TEST(NetStack, RemovingThePrimaryTakesTheSecondariesAlong) {  // AT-2.3, S-14
  TestMachines m(1);
  m.net(0).add_address("eth0", v4("192.168.1.200", 24));
  m.net(0).add_address("eth0", v4("192.168.1.201", 24));
  EXPECT_EQ(m.net(0).remove_address("eth0", TestMachines::address(0)), NetError::kNone);
  EXPECT_EQ(addresses_of(m.net(0), "eth0"), "");
  EXPECT_TRUE(m.net(0).routes().all().empty());
  EXPECT_EQ(m.net(0).remove_address("eth0", TestMachines::address(0)), NetError::kNoAddress);
}

TEST(NetStack, PromoteSecondariesKeepsThem) {  // AT-2.3, S-14
  TestMachines m(1);
  m.kernel(0).sysctls().set("net.ipv4.conf.all.promote_secondaries", "1");
  m.net(0).add_address("eth0", v4("192.168.1.200", 24));
  m.net(0).add_address("eth0", v4("192.168.1.201", 24));
  m.net(0).remove_address("eth0", TestMachines::address(0));
  EXPECT_EQ(addresses_of(m.net(0), "eth0"), "192.168.1.200; 192.168.1.201 secondary; ");
  ASSERT_EQ(m.net(0).routes().all().size(), 1u);
  EXPECT_EQ(m.net(0).routes().all()[0].source.text(), "192.168.1.200");
}

TEST(NetStack, OnlyAddressOfAnInterfaceIsPrimary) {  // AT-2.8, S-11
  TestMachines m(1);
  m.net(0).remove_address("eth0", TestMachines::address(0));
  m.net(0).add_address("eth0", v4("192.168.200.200", 24));
  EXPECT_EQ(addresses_of(m.net(0), "eth0"), "192.168.200.200; ");
  m.net(0).remove_address("eth0", *IpAddress::parse("192.168.200.200"));
  EXPECT_TRUE(m.net(0).find_interface("eth0")->up);
  EXPECT_TRUE(m.net(0).routes().all().empty());
}

TEST(NetStack, InterfaceDownKeepsAddressesAndLosesRoutes) {  // AT-2.3
  TestMachines m(1);
  m.net(0).set_up("eth0", false);
  EXPECT_EQ(addresses_of(m.net(0), "eth0"), "192.168.1.1; ");
  EXPECT_TRUE(m.net(0).routes().all().empty());
  m.net(0).set_up("eth0", true);
  EXPECT_EQ(m.net(0).routes().all().size(), 1u);
}

TEST(NetStack, CarrierLossKeepsAddressesAndRoutes) {  // AT-2.3
  TestMachines m(1);
  ASSERT_TRUE(m.network.plug(m.net(0).find_interface("eth0")->port, SegmentId::none()).has_value());
  m.run(milliseconds(1));
  EXPECT_FALSE(m.net(0).find_interface("eth0")->carrier);
  EXPECT_EQ(addresses_of(m.net(0), "eth0"), "192.168.1.1; ");
  EXPECT_EQ(m.net(0).routes().all().size(), 1u);
}

TEST(RouteTable, LongestPrefixThenMetricThenFirst) {  // AT-2.4
  RouteTable table;
  const auto route = [](std::string_view net, int prefix, int metric, int interface) {
    Route r;
    if (prefix > 0) r.destination = *IpAddress::parse(net);
    r.prefix_length = prefix;
    r.metric = metric;
    r.interface = interface;
    return r;
  };
  EXPECT_EQ(table.add(route("", 0, 0, 1)), NetError::kNone);
  EXPECT_EQ(table.add(route("10.0.0.0", 8, 0, 2)), NetError::kNone);
  EXPECT_EQ(table.add(route("10.1.0.0", 16, 5, 3)), NetError::kNone);
  EXPECT_EQ(table.add(route("10.1.0.0", 16, 2, 4)), NetError::kNone);
  EXPECT_EQ(table.add(route("10.1.0.0", 16, 2, 5)), NetError::kNone);
  EXPECT_EQ(table.add(route("10.1.0.0", 16, 2, 5)), NetError::kExists);
  EXPECT_EQ(table.lookup(*IpAddress::parse("10.1.2.3"))->interface, 4);
  EXPECT_EQ(table.lookup(*IpAddress::parse("10.2.2.3"))->interface, 2);
  EXPECT_EQ(table.lookup(*IpAddress::parse("11.2.2.3"))->interface, 1);
}

TEST(NetStack, DatagramsFindTheirSocketThroughArp) {  // AT-2.5
  TestMachines m(2);
  Receiver r;
  const SocketId out = m.net(0).open_socket(r, TestMachines::address(0), 5405);
  Receiver in;
  m.net(1).open_socket(in, TestMachines::address(1), 5405);
  EXPECT_EQ(m.net(0).send(out, TestMachines::address(1), 5405, bytes("hello")), NetError::kNone);
  m.run(milliseconds(5));
  EXPECT_EQ(in.got, std::vector<std::string>{"hello"});
  ASSERT_EQ(m.net(0).neighbours().size(), 1u);
  EXPECT_EQ(m.net(0).neighbours()[0]->state, NeighbourState::kReachable);
  // Two minutes of traffic: the entry is asked for again and again, and nothing is lost.
  for (int i = 0; i < 1200; ++i) {
    m.net(0).send(out, TestMachines::address(1), 5405, bytes("x"));
    m.run(milliseconds(100));
  }
  EXPECT_EQ(in.got.size(), 1201u);
}

TEST(NetStack, SendsNothingWithoutTheBoundAddress) {
  TestMachines m(2);
  Receiver r;
  const SocketId out = m.net(0).open_socket(r, TestMachines::address(0), 5405);
  m.net(0).remove_address("eth0", TestMachines::address(0));
  EXPECT_EQ(m.net(0).send(out, TestMachines::address(1), 5405, bytes("x")), NetError::kNoAddress);
}

// M KN-8: a machine without a listener says so, one that is switched off says nothing.
TEST(NetStack, ClosedPortAnswersByIcmp) {
  TestMachines m(2);
  Receiver r;
  Receiver in;
  const SocketId out = m.net(0).open_socket(r, TestMachines::address(0), 5405);
  m.net(0).send(out, TestMachines::address(1), 5405, bytes("x"));
  m.run(milliseconds(5));
  EXPECT_EQ(r.refused, std::vector<std::string>{"192.168.1.2"});
  m.net(1).open_socket(in, TestMachines::address(1), 5405);
  m.net(0).send(out, TestMachines::address(1), 5405, bytes("x"));
  m.run(milliseconds(5));
  EXPECT_EQ(r.refused.size(), 1u);
  EXPECT_EQ(in.got.size(), 1u);
}

TEST(NetStack, MulticastReachesTheGroup) {
  TestMachines m(3);
  const IpAddress group = *IpAddress::parse("239.192.1.1");
  std::vector<Receiver> r(3);
  std::vector<SocketId> sockets;
  for (std::size_t i = 0; i < 3; ++i) {
    sockets.push_back(m.net(i).open_socket(r[i], TestMachines::address(i), 5405));
    if (i != 2) m.net(i).join_group(sockets[i], group, 2);
  }
  m.net(0).send(sockets[0], group, 5405, bytes("all"));
  m.run(milliseconds(5));
  EXPECT_EQ(r[1].got.size(), 1u);
  EXPECT_EQ(r[2].got.size(), 0u);
  EXPECT_EQ(r[0].got.size(), 0u);
}

TEST(NetStack, LocalAddressesNeedNoNetwork) {
  TestMachines m(1);
  Receiver r;
  const SocketId s = m.net(0).open_socket(r, TestMachines::address(0), 5405);
  ASSERT_TRUE(m.network.plug(m.net(0).find_interface("eth0")->port, SegmentId::none()).has_value());
  m.net(0).send(s, TestMachines::address(0), 5405, bytes("self"));
  m.run(milliseconds(5));
  EXPECT_EQ(r.got.size(), 1u);
}

struct Pinger : EchoClient {
  explicit Pinger(NetStack& n) : net(n) {}
  bool ping(TestMachines& m, const IpAddress& to) {
    answered = false;
    net.send_echo(to, 77, ++sequence, *this);
    const Time sent = m.queue.now();
    m.run(milliseconds(1000));
    took = at - sent;
    return answered;
  }
  void on_echo_reply(const IpAddress&, std::uint16_t, std::uint16_t s) override {
    answered = answered || s == sequence;
    at = queue->now();
  }
  void on_unreachable(const IpAddress&, std::uint16_t, std::uint16_t) override { ++unreachable; }
  NetStack& net;
  EventQueue* queue = nullptr;
  std::uint16_t sequence = 0;
  bool answered = false;
  int unreachable = 0;
  Time at;
  Duration took;
};

TEST(NetStack, PingTakesAsLongAsInTheArticle) {  // AT-2.6
  TestMachines m(2);
  Pinger p(m.net(0));
  p.queue = &m.queue;
  ASSERT_TRUE(p.ping(m, TestMachines::address(1)));
  EXPECT_GT(p.took.ns, 300'000);  // with resolution
  EXPECT_LT(p.took.ns, 800'000);
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(p.ping(m, TestMachines::address(1)));
    EXPECT_GE(p.took.ns, 120'000);
    EXPECT_LE(p.took.ns, 220'000);
  }
  EXPECT_FALSE(p.ping(m, *IpAddress::parse("192.168.1.99")));
  m.run(seconds(3));
  EXPECT_EQ(p.unreachable, 1);
}

TEST(NetStack, GratuitousArpEndsTheLossAfterAMove) {  // AT-2.5, AT-2.6, S-12
  TestMachines m(3);
  const IpAddress vip = *IpAddress::parse("192.168.1.200");
  m.net(0).add_address("eth0", v4("192.168.1.200", 24));
  Pinger p(m.net(2));
  p.queue = &m.queue;
  ASSERT_TRUE(p.ping(m, vip));
  ASSERT_TRUE(p.ping(m, vip));
  m.net(0).remove_address("eth0", vip);
  m.net(1).add_address("eth0", v4("192.168.1.200", 24));
  EXPECT_FALSE(p.ping(m, vip));  // still goes to the old MAC
  m.net(1).announce("eth0", vip, false);
  m.run(milliseconds(1));
  ASSERT_TRUE(p.ping(m, vip));
  EXPECT_GT(p.took.ns, 3'000'000);
  EXPECT_LT(p.took.ns, 3'800'000);
  ASSERT_TRUE(p.ping(m, vip));
  EXPECT_LT(p.took.ns, 300'000);
}

TEST(NetStack, WithoutGratuitousArpTheLossEndsWithTheEntry) {  // AT-2.6, S-13
  TestMachines m(3);
  const IpAddress vip = *IpAddress::parse("192.168.1.200");
  m.net(0).add_address("eth0", v4("192.168.1.200", 24));
  Pinger p(m.net(2));
  p.queue = &m.queue;
  ASSERT_TRUE(p.ping(m, vip));
  m.net(0).remove_address("eth0", vip);
  m.net(1).add_address("eth0", v4("192.168.1.200", 24));
  int lost = 0;
  while (!p.ping(m, vip) && lost < 100) ++lost;
  EXPECT_GE(lost, 15);              // reachable for at least 15 s
  EXPECT_LE(lost, 45 + 5 + 3 + 2);  // reachable time + 5 + 3 s
}

TEST(NetStack, BothOwnersAnswerArp) {  // AT-2.7
  TestMachines m(3);
  const IpAddress vip = *IpAddress::parse("192.168.1.200");
  m.net(0).add_address("eth0", v4("192.168.1.200", 24));
  m.net(1).add_address("eth0", v4("192.168.1.200", 24));
  Pinger p(m.net(2));
  p.queue = &m.queue;
  EXPECT_TRUE(p.ping(m, vip));
  m.net(0).announce("eth0", vip, false);
  m.run(milliseconds(1));
  EXPECT_EQ(m.net(2).neighbours()[0]->mac, m.net(0).find_interface("eth0")->mac);
  m.net(1).announce("eth0", vip, true);
  m.run(milliseconds(1));
  EXPECT_EQ(m.net(2).neighbours()[0]->mac, m.net(1).find_interface("eth0")->mac);
}

TEST(NetStack, HostsWithoutAnEntryIgnoreGratuitousArp) {  // AT-2.5 (arp_accept=0)
  TestMachines m(2);
  m.net(0).announce("eth0", TestMachines::address(0), false);
  m.run(milliseconds(1));
  EXPECT_TRUE(m.net(1).neighbours().empty());
}

TEST(NetStack, BondFailsOver) {  // AT-2.2
  EventQueue queue;
  Tracer tracer(queue);
  TraceLines lines;
  tracer.add_sink(lines, 1);
  Network network(queue, tracer, 1);
  const SegmentId lan = network.add_segment("lan", SegmentKind::kSwitch, {});
  TestServices services;
  const MachineContext context{queue, tracer, network, 1, NodeIndex(0), "n1", make_profile({}).value(), {}};
  Kernel kernel(context, services);
  NetStack& net = kernel.net();
  const std::vector<int> slaves = {net.add_ether("eth0", {0x5254'0000'0001}, 1500),
                                   net.add_ether("eth1", {0x5254'0000'0002}, 1500)};
  net.add_bond("bond0", slaves, 1500);
  for (const int slave : slaves) ASSERT_TRUE(network.plug(net.interface(slave).port, lan).has_value());
  kernel.boot();
  net.set_up("bond0", true);
  net.add_address("bond0", v4("192.168.1.1", 24));
  queue.run_until({seconds(1).ns});
  EXPECT_TRUE(net.find_interface("bond0")->carrier);
  EXPECT_EQ(net.find_interface("bond0")->active_slave, slaves[0]);
  EXPECT_EQ(net.find_interface("eth1")->mac, net.find_interface("eth0")->permanent_mac);
  ASSERT_TRUE(network.plug(net.find_interface("eth0")->port, SegmentId::none()).has_value());
  queue.run_until({seconds(2).ns});
  EXPECT_EQ(net.find_interface("bond0")->active_slave, slaves[1]);
  EXPECT_TRUE(net.find_interface("bond0")->carrier);
  EXPECT_EQ(lines.count("arp.gratuitous interface=bond0 address=192.168.1.1"), 1u);
  ASSERT_TRUE(network.plug(net.find_interface("eth1")->port, SegmentId::none()).has_value());
  queue.run_until({seconds(3).ns});
  EXPECT_FALSE(net.find_interface("bond0")->carrier);
}

TEST(NetStack, ForwardsWhenToldTo) {  // AT-2.5: a host behind a router is not concerned
  EventQueue queue;
  Tracer tracer(queue);
  Network network(queue, tracer, 1);
  const SegmentId left = network.add_segment("left", SegmentKind::kSwitch, {});
  const SegmentId right = network.add_segment("right", SegmentKind::kSwitch, {});
  TestServices services;
  std::vector<std::unique_ptr<Kernel>> k;
  for (std::uint16_t i = 0; i < 3; ++i) {
    k.push_back(std::make_unique<Kernel>(
        MachineContext{queue, tracer, network, 1, NodeIndex(i), std::to_string(i), make_profile({}).value(), {}},
        services));
    k[i]->net().add_ether("eth0", {0x5254'0000'0100 + std::uint64_t{i}}, 1500);
    if (i == 1) k[i]->net().add_ether("eth1", {0x5254'0000'0200}, 1500);
    k[i]->boot();
    k[i]->net().set_up("eth0", true);
    k[i]->net().set_up("eth1", true);
    ASSERT_TRUE(network.plug(k[i]->net().find_interface("eth0")->port, i == 2 ? right : left).has_value());
  }
  ASSERT_TRUE(network.plug(k[1]->net().find_interface("eth1")->port, right).has_value());
  k[0]->net().add_address("eth0", v4("10.0.0.1", 24));
  k[1]->net().add_address("eth0", v4("10.0.0.254", 24));
  k[1]->net().add_address("eth1", v4("10.1.0.254", 24));
  k[2]->net().add_address("eth0", v4("10.1.0.1", 24));
  Route route;
  route.interface = 2;
  route.via = *IpAddress::parse("10.0.0.254");
  k[0]->net().add_route(route);
  route.via = *IpAddress::parse("10.1.0.254");
  k[2]->net().add_route(route);
  struct Client : EchoClient {
    int answers = 0;
    void on_echo_reply(const IpAddress&, std::uint16_t, std::uint16_t) override { ++answers; }
    void on_unreachable(const IpAddress&, std::uint16_t, std::uint16_t) override {}
  } client;
  k[0]->net().send_echo(*IpAddress::parse("10.1.0.1"), 1, 1, client);
  queue.run_until({seconds(1).ns});
  EXPECT_EQ(client.answers, 0);
  k[1]->sysctls().set("net.ipv4.ip_forward", "1");
  k[0]->net().send_echo(*IpAddress::parse("10.1.0.1"), 1, 2, client);
  queue.run_until({seconds(2).ns});
  EXPECT_EQ(client.answers, 1);
}

}  // namespace
}  // namespace simcluster::sim
