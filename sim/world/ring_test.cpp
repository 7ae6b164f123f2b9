// The real membership layer on the simulated machines: what the world does to it reaches it through Host.
#include <map>
#include <memory>

#include <gtest/gtest.h>

#include "engine/membership/stack.h"
#include "sim/kernel/kernel.h"
#include "sim/kernel/testing.h"
#include "sim/network/network.h"
#include "sim/world/world.h"

namespace simcluster::sim {
namespace {

class Ring final : public ClusterSoftware, membership::StackClient {
 public:
  Ring(Host& host, const Machine& machine) : host_(host), spec_(machine.spec()) {}
  Result<void> start() override {
    const auto conf = membership::parse_corosync_conf(spec_.corosync_conf, "corosync.conf", spec_.profile);
    if (!conf) return tl::unexpected<Error>(conf.error());
    membership::LocalMachine local;
    local.host_name = spec_.name;
    for (const InterfaceSpec& interface : spec_.interfaces)
      for (const AddressSpec& address : interface.addresses) local.addresses.push_back(address.address);
    auto stack = membership::Stack::create(*conf, local, host_, spec_.profile, this);
    if (!stack) return tl::unexpected<Error>(stack.error());
    stack_ = std::move(*stack);
    stack_->start();
    return {};
  }
  void request_stop() override { stack_->stop(); }
  void on_stack_stopped() override { host_.exit_node(0, "stopped"); }
  std::size_t members() const { return stack_->members().size(); }

 private:
  Host& host_;
  const MachineSpec& spec_;
  std::unique_ptr<membership::Stack> stack_;
};

class RingTest : public testing::Test {
 protected:
  void build(std::size_t count, std::string_view corosync, const std::string& conf, const LinkQuality& quality = {}) {
    WorldSpec spec;
    spec.segments.push_back({"ring0", SegmentKind::kSwitch, quality});
    StackVersions versions;
    versions.corosync = corosync;
    for (std::size_t i = 1; i <= count; ++i) {
      MachineSpec machine;
      machine.name = "node" + std::to_string(i);
      machine.profile = make_profile(versions).value();
      InterfaceSpec eth1;
      eth1.name = "eth1";
      eth1.segment = "ring0";
      eth1.addresses = {{IpAddress::v4(0x0a4d'0000 + static_cast<std::uint32_t>(i)), 24, ""}};
      machine.interfaces = {eth1};
      machine.corosync_conf = conf;
      machine.boot_delay = seconds(5);
      machine.start_cluster_after_reset = true;
      spec.machines.push_back(std::move(machine));
    }
    world = World::create(std::move(spec), [this](Host& host, const Machine& machine) {
              auto ring = std::make_unique<Ring>(host, machine);
              rings[machine.name()] = ring.get();
              return ring;
            }).value();
    world->start();
  }
  Machine& node(int i) { return world->machine(NodeIndex(static_cast<std::uint16_t>(i - 1))); }
  std::string sizes() {
    std::string text;
    for (std::size_t i = 1; i <= world->machine_count(); ++i)
      text += node(static_cast<int>(i)).cluster_running()
                  ? std::to_string(rings.at("node" + std::to_string(i))->members())
                  : "-";
    return text;
  }

  const std::string multicast =
      "totem {\n version: 2\n interface {\n  ringnumber: 0\n  bindnetaddr: 10.77.0.0\n  mcastaddr: 239.255.1.1\n"
      "  mcastport: 5405\n }\n}\n";
  std::map<std::string, Ring*> rings;
  std::unique_ptr<World> world;
};

TEST_F(RingTest, FormsLosesAndTakesBackNodes) {  // M 5.2
  build(3, "1.4.6", multicast);
  world->run_for(seconds(5));
  EXPECT_EQ(sizes(), "333");
  node(2).reset("test");
  world->run_for(seconds(4));
  EXPECT_EQ(sizes(), "2-2");
  world->run_for(seconds(10));
  EXPECT_EQ(sizes(), "333");
  node(3).stop_cluster();
  world->run_for(seconds(2));
  EXPECT_EQ(sizes(), "22-");
  EXPECT_TRUE(world->healthy());
}

TEST_F(RingTest, SplitsAndMerges) {
  build(3, "1.4.6", multicast);
  world->run_for(seconds(5));
  ASSERT_TRUE(world->partition({{NodeIndex(0)}, {NodeIndex(1), NodeIndex(2)}}).has_value());
  world->run_for(seconds(5));
  EXPECT_EQ(sizes(), "122");
  world->heal_network();
  world->run_for(seconds(5));
  EXPECT_EQ(sizes(), "333");
}

TEST_F(RingTest, PulledCableAndItsReturn) {  // M NM-8
  build(2, "1.4.6", multicast);
  world->run_for(seconds(5));
  ASSERT_TRUE(node(1).set_cable("eth1", false).has_value());
  world->run_for(seconds(5));
  EXPECT_EQ(sizes(), "11");
  ASSERT_TRUE(node(1).set_cable("eth1", true).has_value());
  world->run_for(seconds(5));
  EXPECT_EQ(sizes(), "22");
}

TEST_F(RingTest, SurvivesALossyNetwork) {  // M TR-3
  LinkQuality quality;
  quality.loss = 50'000;
  quality.duplication = 20'000;
  quality.reordering = 20'000;
  quality.corruption = 5'000;
  quality.damage = Damage::kBitFlip;
  build(3, "1.4.6", multicast, quality);
  world->run_for(minutes(2));
  EXPECT_TRUE(world->healthy());
  ASSERT_TRUE(world->set_quality("ring0", {}).has_value());
  world->run_for(seconds(15));
  EXPECT_EQ(sizes(), "333");
}

// M K-18, V-19: eleven attempts, 5.5 s from the first to the last.
TEST_F(RingTest, PortTakenByAnotherEndsCorosync) {
  build(2, "2.4.6", multicast);
  ASSERT_TRUE(node(2).kernel().net().take_port(5405));
  EXPECT_FALSE(node(2).kernel().net().take_port(5405));
  world->run_for(milliseconds(5550));
  EXPECT_TRUE(node(2).cluster_running());
  world->run_for(milliseconds(100));
  EXPECT_FALSE(node(2).cluster_running());
  EXPECT_EQ(rings.at("node1")->members(), 1u);
}

TEST_F(RingTest, PortTakenForAWhileIsWaitedFor) {
  build(2, "2.4.6", multicast);
  ASSERT_TRUE(node(2).kernel().net().take_port(5405));
  world->run_for(seconds(3));
  node(2).kernel().net().release_port(5405);
  world->run_for(seconds(3));
  EXPECT_EQ(sizes(), "22");
  EXPECT_FALSE(node(2).kernel().net().take_port(5405)) << "Corosync has it";
}

TEST_F(RingTest, PortTakenOnceIsGivenUpByOldOnes) {  // V-19
  build(2, "2.3.5", multicast);
  ASSERT_TRUE(node(2).kernel().net().take_port(5405));
  world->run_for(seconds(3));
  node(2).kernel().net().release_port(5405);
  world->run_for(seconds(10));
  EXPECT_EQ(sizes(), "10");
}

TEST_F(RingTest, PausedNodeIsLeftAndComesBack) {
  build(2, "1.4.6", multicast);
  world->run_for(seconds(5));
  node(1).pause_cluster();
  world->run_for(seconds(10));
  EXPECT_EQ(rings.at("node2")->members(), 1u);
  node(1).resume_cluster();
  world->run_for(seconds(10));
  EXPECT_EQ(sizes(), "22");
  EXPECT_TRUE(world->healthy());
}

}  // namespace
}  // namespace simcluster::sim
