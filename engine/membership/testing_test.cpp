#include "engine/membership/testing.h"

#include <string>

#include <gtest/gtest.h>

namespace simcluster::membership {
namespace {

class Recorder final : public GroupClient, public QuorumClient {
 public:
  void on_deliver(const GroupMember& sender, std::span<const std::byte> bytes) override {
    log += "m" + std::to_string(sender.node.value) + ":" +
           std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()) + " ";
  }
  void on_configuration(const GroupConfiguration& c) override {
    log += "c" + std::to_string(c.members.size());
    for (const GroupChange& change : c.joined) log += "+" + std::to_string(change.member.node.value);
    for (const GroupChange& change : c.left) log += "-" + std::to_string(change.member.node.value);
    log += " ";
  }
  void on_quorum(const QuorumView& view) override { log += view.quorate ? "Q+ " : "Q- "; }
  std::string log;
};

void send(Group& group, std::string_view text) {
  ASSERT_TRUE(group.multicast(std::as_bytes(std::span(text.data(), text.size()))));
}

TEST(TestCluster, OwnJoinComesFirstAndMessagesHaveOneOrder) {  // CPG-3, CPG-11
  TestCluster cluster(2);
  Recorder r1;
  Recorder r2;
  auto g1 = cluster.node(1).join("crmd", 7, r1);
  auto g2 = cluster.node(2).join("crmd", 7, r2);
  cluster.start(1);
  cluster.start(2);
  send(**g1, "a");
  send(**g2, "b");
  send(**g1, "c");
  ASSERT_TRUE(cluster.run());
  EXPECT_EQ(r1.log, "c1+1 c2+2 m1:a m2:b m1:c ");
  EXPECT_EQ(r2.log, "c2+2 m1:a m2:b m1:c ");
}

TEST(TestCluster, CrashShowsNodeDownThenQuorum) {  // CPG-9, CPG-10
  TestCluster cluster(2);
  Recorder r1;
  Recorder r2;
  cluster.start(1);
  cluster.start(2);
  auto g1 = cluster.node(1).join("crmd", 7, r1);
  auto g2 = cluster.node(2).join("crmd", 7, r2);
  cluster.node(1).track_quorum(r1);
  ASSERT_TRUE(cluster.run());
  r1.log.clear();
  cluster.crash(2);
  ASSERT_TRUE(cluster.run());
  EXPECT_EQ(r1.log, "c1-2 Q- ");
}

TEST(TestCluster, PartitionAndHeal) {
  TestCluster cluster(3);
  Recorder r1;
  Recorder r3;
  for (std::uint32_t id = 1; id <= 3; ++id) cluster.start(id);
  auto g1 = cluster.node(1).join("g", 1, r1);
  auto g3 = cluster.node(3).join("g", 1, r3);
  ASSERT_TRUE(cluster.run());
  cluster.partition({{1, 2}, {3}});
  send(**g1, "x");
  ASSERT_TRUE(cluster.run());
  EXPECT_TRUE(cluster.node(1).quorate());
  EXPECT_FALSE(cluster.node(3).quorate());
  cluster.heal();
  ASSERT_TRUE(cluster.run());
  EXPECT_EQ(r1.log, "c1+1 c2+3 c1-3 m1:x c2+3 ");
  EXPECT_EQ(r3.log, "c2+3 c1-1 c2+1 ");
}

TEST(TestCluster, DestroyedHandleIsADeadProcess) {  // CPG-2
  TestCluster cluster(2);
  Recorder r1;
  Recorder r2;
  cluster.start(1);
  cluster.start(2);
  auto g1 = cluster.node(1).join("g", 1, r1);
  {
    auto g2 = cluster.node(2).join("g", 1, r2);
    ASSERT_TRUE(cluster.run());
  }
  ASSERT_TRUE(cluster.run());
  EXPECT_EQ(r1.log, "c1+1 c2+2 c1-2 ");
}

}  // namespace
}  // namespace simcluster::membership
