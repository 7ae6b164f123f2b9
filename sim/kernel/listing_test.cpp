#include "sim/kernel/listing.h"

#include <gtest/gtest.h>

#include "sim/kernel/testing.h"

namespace simcluster::sim {
namespace {

// The machine of the article: eth0 and eth1 configured, eth2 never brought up, a cluster address on eth1.
struct Article {
  explicit Article(std::string kernel_version, bool bring_up = true)
      : network(queue, tracer, 1), kernel(context(std::move(kernel_version)), services) {
    NetStack& net = kernel.net();
    const SegmentId lan = network.add_segment("lan", SegmentKind::kSwitch, {});
    for (std::uint64_t i = 0; i < 3; ++i) {
      const int index = net.add_ether("eth" + std::to_string(i), {0x0016'3e39'9100 + i}, 1500);
      static_cast<void>(network.plug(net.interface(index).port, lan));
    }
    kernel.boot();
    if (!bring_up) return;
    add("eth0", "192.168.28.121");
    add("eth1", "192.168.200.121");
    add("eth1", "192.168.200.200");
  }
  MachineContext context(std::string version) {
    StackVersions versions;
    versions.kernel = std::move(version);
    return {queue, tracer, network, 1, NodeIndex(0), "node01", make_profile(versions).value(), {}};
  }
  void add(std::string_view device, std::string_view text) {
    kernel.net().set_up(device, true);
    InterfaceAddress a;
    a.address = *IpAddress::parse(text);
    a.prefix_length = 24;
    a.broadcast = broadcast_of(a.address, 24);
    kernel.net().add_address(device, a);
  }
  EventQueue queue;
  Tracer tracer{queue};
  Network network;
  TestServices services;
  Kernel kernel;
};

TEST(Listing, OldIpAddrShow) {  // AT-2.9
  Article article("2.6.18-348");
  EXPECT_EQ(ip_addr_show(article.kernel),
            "1: lo: <LOOPBACK,UP,LOWER_UP> mtu 16436 qdisc noqueue \n"
            "    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00\n"
            "    inet 127.0.0.1/8 scope host lo\n"
            "2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc pfifo_fast qlen 1000\n"
            "    link/ether 00:16:3e:39:91:00 brd ff:ff:ff:ff:ff:ff\n"
            "    inet 192.168.28.121/24 brd 192.168.28.255 scope global eth0\n"
            "3: eth1: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc pfifo_fast qlen 1000\n"
            "    link/ether 00:16:3e:39:91:01 brd ff:ff:ff:ff:ff:ff\n"
            "    inet 192.168.200.121/24 brd 192.168.200.255 scope global eth1\n"
            "    inet 192.168.200.200/24 brd 192.168.200.255 scope global secondary eth1\n"
            "4: eth2: <BROADCAST,MULTICAST> mtu 1500 qdisc noop qlen 1000\n"
            "    link/ether 00:16:3e:39:91:02 brd ff:ff:ff:ff:ff:ff\n");
}

TEST(Listing, NewIpAddrShowWithoutCarrier) {  // AT-2.9, M NM-5
  Article article("3.10.0-327");
  ASSERT_TRUE(article.network.plug(article.kernel.net().find_interface("eth1")->port, SegmentId::none()).has_value());
  article.queue.run_until({1});
  EXPECT_EQ(ip_addr_show(article.kernel, "eth1"),
            "3: eth1: <NO-CARRIER,BROADCAST,MULTICAST,UP> mtu 1500 qdisc pfifo_fast state DOWN group default qlen "
            "1000\n"
            "    link/ether 00:16:3e:39:91:01 brd ff:ff:ff:ff:ff:ff\n"
            "    inet 192.168.200.121/24 brd 192.168.200.255 scope global eth1\n"
            "       valid_lft forever preferred_lft forever\n"
            "    inet 192.168.200.200/24 brd 192.168.200.255 scope global secondary eth1\n"
            "       valid_lft forever preferred_lft forever\n");
  EXPECT_EQ(ip_link_show(article.kernel, "eth9"), "");
}

TEST(Listing, OneLineModeAndRoutes) {  // AT-2.9
  Article article("2.6.18-348");
  EXPECT_EQ(ip_oneline_addresses(article.kernel, IpAddress::Family::kV4),
            "1: lo    inet 127.0.0.1/8 scope host lo\n"
            "2: eth0    inet 192.168.28.121/24 brd 192.168.28.255 scope global eth0\n"
            "3: eth1    inet 192.168.200.121/24 brd 192.168.200.255 scope global eth1\n"
            "3: eth1    inet 192.168.200.200/24 brd 192.168.200.255 scope global secondary eth1\n");
  EXPECT_EQ(ip_route_list(article.kernel),
            "192.168.28.0/24 dev eth0  proto kernel  scope link  src 192.168.28.121\n"
            "192.168.200.0/24 dev eth1  proto kernel  scope link  src 192.168.200.121\n");
  Article modern("3.10.0-327");
  EXPECT_NE(
      ip_route_list(modern.kernel).find("192.168.200.0/24 dev eth1 proto kernel scope link src 192.168.200.121\n"),
      std::string::npos);
  EXPECT_NE(ip_oneline_addresses(modern.kernel, IpAddress::Family::kV4)
                .find("secondary eth1\\       valid_lft forever preferred_lft forever\n"),
            std::string::npos);
}

TEST(Listing, AddressesOfNetworkManager) {  // M NM-5
  Article article("3.10.0-957", false);
  article.kernel.net().set_up("eth1", true);
  InterfaceAddress a;
  a.address = *IpAddress::parse("192.168.33.101");
  a.prefix_length = 24;
  a.broadcast = broadcast_of(a.address, 24);
  a.route_managed = true;
  article.kernel.net().add_address("eth1", a);
  EXPECT_NE(ip_addr_show(article.kernel, "eth1")
                .find("    inet 192.168.33.101/24 brd 192.168.33.255 scope global noprefixroute eth1\n"
                      "       valid_lft forever preferred_lft forever\n"),
            std::string::npos);
  EXPECT_NE(ip_route_list(article.kernel).find("192.168.33.0/24 dev eth1"), std::string::npos);
}

TEST(Listing, Ifconfig) {  // AT-2.10
  Article article("2.6.18-348");
  const std::string text = ifconfig(article.kernel);
  EXPECT_NE(text.find("eth1      Link encap:Ethernet  HWaddr 00:16:3E:39:91:01  \n"
                      "          inet addr:192.168.200.121  Bcast:192.168.200.255  Mask:255.255.255.0\n"
                      "          UP BROADCAST RUNNING MULTICAST  MTU:1500  Metric:1\n"
                      "          RX packets:0 errors:0 dropped:0 overruns:0 frame:0\n"
                      "          TX packets:0 errors:0 dropped:0 overruns:0 carrier:0\n"
                      "          collisions:0 txqueuelen:1000 \n"
                      "          RX bytes:0 (0.0 b)  TX bytes:0 (0.0 b)\n\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("lo        Link encap:Local Loopback  \n          inet addr:127.0.0.1  Mask:255.0.0.0\n"
                      "          UP LOOPBACK RUNNING  MTU:16436  Metric:1\n"),
            std::string::npos);
  EXPECT_EQ(text.find("eth2"), std::string::npos);    // not up
  EXPECT_LT(text.find("eth1  "), text.find("lo  "));  // by name, and not by index
  EXPECT_EQ(ifconfig(article.kernel, "eth1"),
            text.substr(text.find("eth1  "), text.find("lo  ") - text.find("eth1  ")));
  EXPECT_EQ(ifconfig(article.kernel, "eth2").substr(0, 58),
            "eth2      Link encap:Ethernet  HWaddr 00:16:3E:39:91:02  \n");
  EXPECT_EQ(text.find("192.168.200.200"), std::string::npos);  // a secondary is not shown
}

}  // namespace
}  // namespace simcluster::sim
