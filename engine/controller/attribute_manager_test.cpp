// What an attribute manager takes from its peers.
#include "engine/controller/attribute_manager.h"

#include <algorithm>
#include <memory>
#include <string>

#include <fmt/core.h>
#include <gtest/gtest.h>

#include "engine/base/testing_host.h"
#include "engine/base/wire.h"
#include "engine/membership/testing.h"

namespace simcluster::controller {
namespace {

// A peer that says what it likes.
struct Peer final : membership::GroupClient {
  void on_deliver(const membership::GroupMember&, std::span<const std::byte>) override {}
  void on_configuration(const membership::GroupConfiguration&) override {}
  std::unique_ptr<membership::Group> group;
};

class AttributeManagerTest : public ::testing::Test, public NodeDirectory, public CibClient {
 protected:
  AttributeManagerTest() {
    for (const std::uint32_t node : {1U, 2U}) cluster_.start(node);
    EXPECT_TRUE(cib_.start(cluster_.node(1), 1, {}));
    EXPECT_TRUE(manager_.start(cluster_.node(1), 2, "node1"));
    auto joined = cluster_.node(2).join("attrd", 2, peer_);
    EXPECT_TRUE(joined);
    peer_.group = std::move(*joined);
    EXPECT_TRUE(cluster_.run());
  }
  std::string node_name(ClusterNodeId node) const override { return fmt::format("node{}", node.value); }
  std::string node_xml_id(ClusterNodeId node) const override { return fmt::format("{}", node.value); }
  void on_cib_update(const CibUpdate&) override {}
  void on_cib_connected() override {}

  void say(std::string_view name, std::optional<std::string_view> value, std::uint32_t node = 2) {
    constexpr std::uint8_t kUpdate = 0;
    WireWriter out;
    out.u8(kUpdate);
    out.text(name);
    out.flag(value.has_value());
    out.text(value.value_or(""));
    out.i64(0);
    out.u32(node);
    EXPECT_TRUE(peer_.group->multicast(out.bytes()));
    EXPECT_TRUE(cluster_.run());
  }
  auto refusals() const {
    return std::ranges::count_if(host_.logs(), [](const auto& line) {
      return line.text.find("Refusing updates from node2") != std::string::npos;
    });
  }

  TestingClock clock_;
  TestingHost host_{clock_, "node1"};
  Profile profile_ = make_profile({}).value();
  membership::TestCluster cluster_{2};
  CibManager cib_{host_, profile_, "node1", *this};
  AttributeManager manager_{host_, profile_, cib_, *this};
  Peer peer_;
};

// Not a rule of Pacemaker: names, values and nodes, real or not, up to a limit; what is there can still be changed.
TEST_F(AttributeManagerTest, PeersCannotMakeAttributesGrowWithoutEnd) {
  const std::string large(AttributeManager::kMostBytes / 16, 'x');
  for (std::uint32_t i = 0; i < 40; ++i) say(fmt::format("a{}", i), large);
  EXPECT_EQ(manager_.value("a14", ClusterNodeId(2)), large);
  EXPECT_FALSE(manager_.value("a15", ClusterNodeId(2)));
  EXPECT_EQ(refusals(), 1);
  for (std::uint32_t node = 100; node < 140; ++node) say("a0", large, node);
  say(large, "1");
  EXPECT_FALSE(manager_.value("a0", ClusterNodeId(100)));
  EXPECT_FALSE(manager_.value(large, ClusterNodeId(2)));
  say("a3", "less");
  EXPECT_EQ(manager_.value("a3", ClusterNodeId(2)), "less");
  say("a20", large);
  EXPECT_EQ(manager_.value("a20", ClusterNodeId(2)), large) << "there is room again";
}

// Names that nobody has a value of go first.
TEST_F(AttributeManagerTest, NamesWithoutValuesMakeRoom) {
  const std::string large(AttributeManager::kMostBytes / 16, 'x');
  for (std::uint32_t i = 0; i < 40; ++i) {
    const std::string name = large + std::to_string(i);
    say(name, "1");
    EXPECT_EQ(manager_.value(name, ClusterNodeId(2)), "1") << i;
    say(name, std::nullopt);
  }
  EXPECT_EQ(refusals(), 0);
}

}  // namespace
}  // namespace simcluster::controller
