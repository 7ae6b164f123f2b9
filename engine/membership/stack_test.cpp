// Whole stacks on one link: boot, ordered delivery, crash, leave, partition (M 20).
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/membership/testing_network.h"

namespace simcluster::membership {
namespace {

using testing::ElementsAre;

constexpr const char* kOldConf =
    "totem {\n  version: 2\n  interface {\n    ringnumber: 0\n    bindnetaddr: 10.77.0.0\n"
    "    mcastaddr: 239.255.1.1\n    mcastport: 5405\n  }\n}\n";

std::string udp_conf(std::size_t nodes, std::string_view quorum = "", std::string_view totem = "") {
  return "totem {\n version: 2\n transport: udp\n cluster_name: test\n" + std::string(totem) + "}\n" +
         TestNetwork::nodelist(nodes) + "quorum {\n provider: corosync_votequorum\n" + std::string(quorum) + "}\n";
}

class Recorder final : public GroupClient, public QuorumClient {
 public:
  void on_deliver(const GroupMember& sender, std::span<const std::byte> bytes) override {
    log += std::to_string(sender.node.value) + ":" +
           std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()) + " ";
    ++delivered;
  }
  void on_configuration(const GroupConfiguration& c) override {
    log += "c" + std::to_string(c.members.size());
    for (const GroupChange& change : c.joined) log += "+" + std::to_string(change.member.node.value);
    for (const GroupChange& change : c.left) log += "-" + std::to_string(change.member.node.value);
    log += " ";
  }
  void on_quorum(const QuorumView& view) override { quorum += view.quorate ? '+' : '-'; }
  std::string log;
  std::string quorum;
  std::size_t delivered = 0;
};

void send(Group& group, std::string_view text) {
  ASSERT_TRUE(group.multicast(std::as_bytes(std::span(text.data(), text.size()))));
}

// MV-11: two singletons or one ring at once, then one ring of two within a second.
TEST(Stack, TwoNodesOfCorosync1FormOneRing) {
  TestNetwork net(2, kOldConf, "1.4.6");
  net.start_all();
  const std::uint32_t n1 = (10U << 24) + (77U << 16) + 1;
  ASSERT_TRUE(net.run_until([&] { return net.members(1).size() == 2 && net.members(2).size() == 2; }, seconds(2)));
  EXPECT_THAT(net.members(1), ElementsAre(n1, n1 + 1));
  EXPECT_EQ(net.stack(1).ring(), net.stack(2).ring());
  EXPECT_EQ(net.stack(1).ring().representative.value, n1);  // EVS-15
  EXPECT_TRUE(net.stack(1).quorate());                      // VSF-1: no provider
}

TEST(Stack, MessagesAndConfigurationsHaveOneOrder) {
  TestNetwork net(2, udp_conf(2), "2.4.6");
  net.start_all();
  ASSERT_TRUE(net.run_until([&] { return net.settled({{1, 2}}); }, seconds(3)));
  Recorder r1;
  Recorder r2;
  auto g1 = net.stack(1).join("crmd", 10, r1);
  net.run_for(milliseconds(500));
  auto g2 = net.stack(2).join("crmd", 20, r2);
  ASSERT_TRUE(g1 && g2);
  net.run_for(milliseconds(500));
  send(**g1, "a");
  send(**g2, "b");
  net.run_for(milliseconds(500));
  send(**g1, "c");
  net.run_for(milliseconds(500));
  EXPECT_EQ(r1.delivered, 3U);
  EXPECT_TRUE(r1.log.starts_with("c1+1 c2+2 "));
  EXPECT_TRUE(r2.log.starts_with("c2+2 "));
  EXPECT_EQ(r1.log.substr(5), r2.log);
}

// MV-10: without two_node the survivor of two loses quorum at T + C.
TEST(Stack, CrashOfOneOfTwo) {
  TestNetwork net(2, udp_conf(2), "2.4.6");
  net.start_all();
  Recorder r1;
  net.stack(1).track_quorum(r1);
  auto g1 = net.stack(1).join("crmd", 10, r1);
  Recorder r2;
  auto g2 = net.stack(2).join("crmd", 20, r2);
  ASSERT_TRUE(net.run_until([&] { return net.settled({{1, 2}}); }, seconds(3)));
  net.run_for(seconds(2));
  ASSERT_EQ(r1.quorum.back(), '+');
  r1.log.clear();
  const Time crashed = net.now();
  net.crash(2);
  ASSERT_TRUE(net.run_until([&] { return net.settled({{1}}); }, seconds(5)));
  const Duration removed = net.now() - crashed;
  EXPECT_GE(removed, milliseconds(1200));
  EXPECT_LE(removed, milliseconds(2600));  // EVS-11
  net.run_for(milliseconds(100));
  EXPECT_EQ(r1.quorum.back(), '-');
  EXPECT_EQ(r1.log, "c1-2 ");
  EXPECT_EQ(net.count_logs(1, "Failed to receive the leave message. failed: 2"), 1U);
}

}  // namespace
}  // namespace simcluster::membership
