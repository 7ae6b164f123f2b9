#include "sim/world/world.h"

#include <cstring>
#include <deque>

#include <fmt/core.h>
#include <gtest/gtest.h>

#include "engine/base/assert.h"
#include "sim/kernel/agent_runner.h"
#include "sim/kernel/kernel.h"
#include "sim/kernel/testing.h"
#include "sim/network/network.h"

namespace simcluster::sim {
namespace {

// A tiny piece of cluster software: greets everybody once a second, keeps a counter on disk, runs an agent.
class Greeter final : public ClusterSoftware, public TimerClient, LinkClient, PersistClient, AgentClient {
 public:
  Greeter(Host& host, const Machine& machine) : host_(host), spec_(machine.spec()) {}
  Result<void> start() override {
    if (spec_.corosync_conf == "refused") return fail("parse error in config");
    const auto stored = host_.load("starts");
    starts = stored ? std::stoi(*stored) + 1 : 1;
    host_.persist("starts", std::to_string(starts), *this, 1);
    LinkConfig link;
    link.bind_network = *IpAddress::parse("192.168.1.0");
    link.prefix_length = 24;
    link.multicast = *IpAddress::parse("239.192.1.1");
    link.hears_itself = spec_.corosync_conf != "deaf to itself";
    host_.open_link(LinkIndex(0), link, *this);
    host_.start_timer(seconds(1), *this, 0);
    return {};
  }
  void request_stop() override { host_.exit_node(0, "stopped"); }
  void on_timer(std::uint64_t cookie) override {
    ++ticks;
    if (cookie == 7) {
      SIMCLUSTER_ASSERT(cookie != 7);
    }
    const std::string text = "hello from " + spec_.name;
    host_.send_all(LinkIndex(0), std::as_bytes(std::span(text)));
    host_.start_timer(seconds(1), *this, 0);
  }
  void on_datagram(LinkIndex, const IpAddress& from, std::span<const std::byte> bytes) override {
    heard.push_back(from.text() + ": " + std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
    last_from = from;
  }
  void on_link_state(LinkIndex, LinkState state, const IpAddress& own) override {
    states.push_back(std::to_string(static_cast<int>(state)) + " " + own.text());
  }
  void on_persisted(std::uint64_t) override { persisted = true; }
  void on_agent_exit(AgentRunId, const AgentResult& result) override { exits.push_back(result.exit_code); }
  void crash() { host_.start_timer({}, *this, 7); }
  void reset() { host_.reset_node("told to"); }
  void run(const AgentRequest& request) { host_.run_agent(request, *this); }
  bool update_attribute(const agents::AttributeUpdate& update) override {
    attributes.push_back(fmt::format("{}={}", update.name, update.remove ? "-" : update.value));
    return true;
  }
  Host& host() { return host_; }

  int starts = 0;
  int ticks = 0;
  bool persisted = false;
  IpAddress last_from;
  std::vector<std::string> heard;
  std::vector<std::string> states;
  std::vector<std::string> attributes;
  std::vector<int> exits;

 private:
  Host& host_;
  const MachineSpec& spec_;
};

WorldSpec two_machines() {
  WorldSpec spec;
  spec.segments.push_back({"lan", SegmentKind::kSwitch, {}});
  for (int i = 1; i <= 2; ++i) {
    MachineSpec machine;
    machine.name = "node" + std::to_string(i);
    machine.profile = make_profile({}).value();
    InterfaceSpec eth0;
    eth0.name = "eth0";
    eth0.segment = "lan";
    eth0.addresses = {{IpAddress::v4(0xc0a8'0100 + static_cast<std::uint32_t>(i)), 24, ""}};
    machine.interfaces = {eth0};
    machine.start_cluster_after_reset = true;
    spec.machines.push_back(std::move(machine));
  }
  return spec;
}

class WorldTest : public testing::Test {
 protected:
  void build(WorldSpec spec, int hash_level = -1) {
    greeters.clear();
    auto made = World::create(std::move(spec), [this](Host& host, const Machine& machine) {
      auto greeter = std::make_unique<Greeter>(host, machine);
      greeters[machine.name()] = greeter.get();
      return greeter;
    });
    ASSERT_TRUE(made.has_value()) << made.error().message;
    world = std::move(*made);
    world->tracer().set_hash_level(hash_level);
    world->tracer().add_sink(lines, 2);
    world->start();
  }
  Machine& node(int i) { return world->machine(NodeIndex(static_cast<std::uint16_t>(i - 1))); }
  Greeter& greeter(int i) { return *greeters.at("node" + std::to_string(i)); }

  TraceLines lines;
  std::map<std::string, Greeter*> greeters;
  std::unique_ptr<World> world;
};

TEST_F(WorldTest, SoftwareTalksOverTheNetwork) {
  build(two_machines());
  world->run_for(milliseconds(2500));
  EXPECT_EQ(greeter(1).states, std::vector<std::string>{"1 192.168.1.1"});
  // Twice the own greeting (multicast loop), twice the other's.
  EXPECT_EQ(greeter(1).heard.size(), 4u);
  EXPECT_EQ(greeter(2).last_from.family, IpAddress::Family::kV4);
  EXPECT_TRUE(greeter(1).persisted);
  EXPECT_EQ(world->find_address(*IpAddress::parse("192.168.1.2")).size(), 1u);
}

TEST_F(WorldTest, SoftwareNeedNotHearItself) {
  WorldSpec spec = two_machines();
  spec.machines[0].corosync_conf = "deaf to itself";
  build(std::move(spec));
  world->run_for(milliseconds(2500));
  const std::string other = "192.168.1.2: hello from node2";
  EXPECT_EQ(greeter(1).heard, (std::vector<std::string>{other, other}));
  EXPECT_EQ(greeter(2).heard.size(), 4u);
}

TEST_F(WorldTest, TimersCanBePutOff) {
  build(two_machines());
  world->run_for(milliseconds(500));
  Greeter& software = greeter(1);
  const TimerId timer = software.host().start_timer(milliseconds(100), software, 1);
  EXPECT_TRUE(software.host().postpone_timer(timer, milliseconds(300)));
  EXPECT_FALSE(software.host().postpone_timer(timer, milliseconds(200)));  // earlier than it would come
  world->run_for(milliseconds(299));
  EXPECT_EQ(software.ticks, 0);
  world->run_for(milliseconds(1));
  EXPECT_EQ(software.ticks, 1);
  EXPECT_FALSE(software.host().postpone_timer(timer, milliseconds(300)));  // it is over
  const TimerId gone = software.host().start_timer(milliseconds(10), software, 1);
  EXPECT_TRUE(software.host().postpone_timer(gone, milliseconds(20)));
  software.host().cancel_timer(gone);
  EXPECT_FALSE(software.host().postpone_timer(gone, milliseconds(30)));
  world->run_for(milliseconds(100));
  EXPECT_EQ(software.ticks, 1);
}

TEST_F(WorldTest, ResetLosesMemoryAndKeepsTheDisk) {
  build(two_machines());
  world->run_for(seconds(3));
  Greeter* before = &greeter(1);
  EXPECT_EQ(world->find_address(*IpAddress::parse("192.168.1.1")).size(), 1u);
  before->reset();
  EXPECT_TRUE(world->find_address(*IpAddress::parse("192.168.1.1")).empty());  // at once, not after the next event
  before->host().start_timer(seconds(1), *before, 0);                          // does nothing any more
  world->run_for(seconds(5));
  EXPECT_EQ(node(1).power(), PowerState::kBooting);
  EXPECT_FALSE(node(1).cluster_running());
  EXPECT_TRUE(world->find_address(*IpAddress::parse("192.168.1.1")).empty());
  const auto heard = greeter(2).heard.size();
  world->run_for(seconds(1));
  EXPECT_EQ(greeter(2).heard.size(), heard + 1);  // itself only
  world->run_for(seconds(40));
  EXPECT_EQ(node(1).power(), PowerState::kUp);
  EXPECT_EQ(greeter(1).starts, 2);
  EXPECT_EQ(lines.count("node.reset name=node1 reason=told to"), 1u);
  EXPECT_EQ(lines.count("node.boot name=node1"), 2u);
}

TEST_F(WorldTest, WhatWasNotDurableIsLost) {
  WorldSpec spec = two_machines();
  spec.machines[0].knobs.disk_sync = {seconds(1), seconds(1)};
  build(std::move(spec));
  world->run_for(milliseconds(500));
  node(1).reset("power cut");
  world->run_for(seconds(50));
  EXPECT_EQ(greeter(1).starts, 1);
}

TEST_F(WorldTest, FailedAssertionIsACrashOfTheNode) {  // M WD-3, WD-4, LC-8; CM-12.1 to CM-12.3
  WorldSpec spec = two_machines();
  spec.machines[0].watchdog = seconds(6);
  build(std::move(spec));
  world->run_for(seconds(5));
  EXPECT_TRUE(world->healthy());
  greeter(1).crash();  // two seconds after the watchdog was fed
  world->run_for(seconds(1));
  EXPECT_FALSE(node(1).cluster_running());
  EXPECT_EQ(node(1).power(), PowerState::kUp);
  EXPECT_EQ(world->assertion_crashes(), 1u);
  EXPECT_EQ(lines.count("node.crash name=node1 what=assertion"), 1u);
  world->run_for(milliseconds(2900));
  EXPECT_EQ(lines.count("node.reset name=node1 reason=watchdog timeout"), 0u);
  world->run_for(milliseconds(200));
  EXPECT_EQ(lines.count("node.reset name=node1 reason=watchdog timeout"), 1u);
  EXPECT_TRUE(node(2).cluster_running());
}

TEST_F(WorldTest, PausedSoftwareCatchesUp) {  // M ARC-3: datagrams before timers
  build(two_machines());
  world->run_for(milliseconds(1500));
  const auto heard = greeter(1).heard.size();
  const int ticks = greeter(1).ticks;
  node(1).pause_cluster();
  world->run_for(seconds(3));
  EXPECT_EQ(greeter(1).heard.size(), heard);
  EXPECT_EQ(greeter(1).ticks, ticks);
  node(1).resume_cluster();
  world->run_for(milliseconds(10));
  EXPECT_EQ(greeter(1).heard.size(), heard + 3 + 1);
  EXPECT_EQ(greeter(1).ticks, ticks + 1);
}

TEST_F(WorldTest, StandingMachineHearsNothing) {
  build(two_machines());
  world->run_for(milliseconds(1500));
  const auto heard = greeter(1).heard.size();
  node(1).pause();
  world->run_for(seconds(3));
  node(1).resume();
  world->run_for(milliseconds(10));
  EXPECT_EQ(greeter(1).heard.size(), heard + 1);  // the own greeting of the timer that was due
}

TEST_F(WorldTest, LinkStatesFollowTheInterface) {  // M IF-2, IF-9
  build(two_machines());
  world->run_for(seconds(1));
  greeter(1).states.clear();
  ASSERT_TRUE(node(1).set_cable("eth0", false).has_value());
  world->run_for(seconds(1));
  EXPECT_TRUE(greeter(1).states.empty());  // a pulled cable alone is not down
  ASSERT_TRUE(node(1).set_cable("eth0", true).has_value());
  ASSERT_TRUE(node(1).set_interface_up("eth0", false).has_value());
  world->run_for(seconds(1));
  ASSERT_TRUE(node(1).set_interface_up("eth0", true).has_value());
  ASSERT_TRUE(node(1).remove_address("eth0", *IpAddress::parse("192.168.1.1")).has_value());
  world->run_for(seconds(1));
  ASSERT_TRUE(node(1).add_address("eth0", *IpAddress::parse("192.168.1.1"), 24).has_value());
  world->run_for(seconds(1));
  EXPECT_EQ(greeter(1).states, (std::vector<std::string>{"0 192.168.1.1", "2 192.168.1.1", "1 192.168.1.1"}));
  EXPECT_FALSE(node(1).remove_address("eth0", *IpAddress::parse("9.9.9.9")).has_value());
  EXPECT_FALSE(node(1).set_cable("eth7", false).has_value());
}

TEST_F(WorldTest, PartitionsCutAndHeal) {
  build(two_machines());
  world->run_for(milliseconds(1500));
  ASSERT_TRUE(world->partition({{NodeIndex(0)}, {NodeIndex(1)}}).has_value());
  const auto heard = greeter(1).heard.size();
  world->run_for(seconds(2));
  EXPECT_EQ(greeter(1).heard.size(), heard + 2);
  world->heal_network();
  world->run_for(seconds(2));
  EXPECT_EQ(greeter(1).heard.size(), heard + 6);
  EXPECT_FALSE(world->partition({}, "nowhere").has_value());
}

TEST_F(WorldTest, AgentsRunAndAttributesArrive) {
  build(two_machines());
  world->run_for(seconds(1));
  AgentRequest request;
  request.standard = "ocf";
  request.provider = "heartbeat";
  request.type = "Dummy";
  request.action = "start";
  request.instance = "d";
  greeter(1).run(request);
  world->run_for(seconds(1));
  EXPECT_EQ(greeter(1).exits, std::vector<int>{0});
  // An agent outlives the software that started it, and nobody is told.
  greeter(1).run(request);
  node(1).kill_cluster("kill -9");
  EXPECT_EQ(node(1).kernel().agents().runs().size(), 1u);
  world->run_for(seconds(1));
  EXPECT_TRUE(node(1).kernel().agents().runs().empty());
  ASSERT_TRUE(node(1).start_cluster().has_value());
  EXPECT_FALSE(node(1).start_cluster().has_value());
}

TEST_F(WorldTest, CleanStopAndRefusedStart) {
  WorldSpec spec = two_machines();
  spec.machines[1].corosync_conf = "refused";
  build(std::move(spec));
  world->run_for(seconds(1));
  EXPECT_FALSE(node(2).cluster_running());
  EXPECT_EQ(lines.count("reason=parse error in config"), 1u);
  node(1).stop_cluster();
  EXPECT_FALSE(node(1).cluster_running());
  world->run_for(seconds(1));
  EXPECT_EQ(lines.count("node.stop name=node1 what=cluster software reason=stopped"), 1u);
}

// Power goes as an event of its instant: nothing starts in between.
TEST_F(WorldTest, NothingStartsWhereThePowerGoes) {
  build(two_machines());
  world->run_for(seconds(1));
  node(1).power_off("a test");
  EXPECT_FALSE(node(1).start_cluster());
  EXPECT_FALSE(node(1).cluster_running());
  node(2).reset("a test");
  EXPECT_FALSE(node(2).start_cluster());
  world->run_for(seconds(1));
  node(1).power_on();
  world->run_for(seconds(120));
  EXPECT_TRUE(node(1).cluster_running() || node(1).start_cluster());
}

TEST_F(WorldTest, SameSeedSameTraceOtherSeedOtherTrace) {  // determinism rules 2 and 4
  const auto hash_of = [&](std::uint64_t seed) {
    WorldSpec spec = two_machines();
    spec.seed = seed;
    build(std::move(spec), 3);
    world->run_for(minutes(2));
    node(2).reset("test");
    world->run_for(minutes(2));
    return world->tracer().hash();
  };
  EXPECT_EQ(hash_of(1), hash_of(1));
  EXPECT_NE(hash_of(1), hash_of(2));
}

TEST_F(WorldTest, TimelineAndConditions) {
  build(two_machines());
  std::vector<int> order;
  world->at(world->now() + seconds(2), [&] { order.push_back(2); });
  world->at(world->now() + seconds(1), [&] { order.push_back(1); });
  EXPECT_TRUE(world->run_until(world->now() + seconds(10), [&] { return order.size() == 2; }));
  EXPECT_EQ(world->elapsed().seconds(), 2);
  EXPECT_EQ(order, (std::vector<int>{1, 2}));
  EXPECT_FALSE(world->run_until(world->now() + seconds(1), [] { return false; }));
  EXPECT_EQ(world->elapsed().seconds(), 3);
}

TEST_F(WorldTest, WallClockJumpsAndTimersDoNot) {
  build(two_machines());
  world->run_for(milliseconds(1500));
  const Time before = greeter(1).host().now();
  node(1).jump_clock(hours(1));
  EXPECT_EQ((greeter(1).host().now() - before).seconds(), 3600);
  const int ticks = greeter(1).ticks;
  world->run_for(seconds(2));
  EXPECT_EQ(greeter(1).ticks, ticks + 2);
}

TEST(World, RefusesImpossibleDescriptions) {
  const auto message = [](WorldSpec spec) {
    const auto world = World::create(std::move(spec), [](Host&, const Machine&) { return nullptr; });
    return world ? std::string() : world.error().message;
  };
  WorldSpec spec = two_machines();
  spec.machines[1].name = "node1";
  EXPECT_EQ(message(std::move(spec)), "there are two machines named node1");
  spec = two_machines();
  spec.machines[1].interfaces[0].segment = "wan";
  EXPECT_EQ(message(std::move(spec)), "node2: eth0 is plugged into \"wan\", but there is no such network");
  spec = two_machines();
  spec.machines[0].interfaces[0].mac = "zz";
  EXPECT_EQ(message(std::move(spec)),
            "node1: \"zz\" is no hardware address (expected something like 00:16:3e:39:91:00)");
  spec = two_machines();
  spec.segments[0].kind = SegmentKind::kCable;
  MachineSpec third = spec.machines[0];
  third.name = "node3";
  spec.machines.push_back(third);
  EXPECT_EQ(message(std::move(spec)), "node3: cable \"lan\" has two ends, and both are plugged in already");
  spec = two_machines();
  InterfaceSpec bond;
  bond.name = "bond0";
  bond.slaves = {"eth0", "eth1"};
  spec.machines[0].interfaces.push_back(bond);
  EXPECT_EQ(message(std::move(spec)), "node1: eth1 cannot be a slave of bond0");
}

TEST_F(WorldTest, NetworkManagerTakesAddressesWithoutCarrier) {  // M NM-2, NM-3, S-15, S-16
  for (const bool config_server : {false, true}) {
    WorldSpec spec = two_machines();
    StackVersions versions;
    versions.network_manager = config_server ? "config-server" : "default";
    for (MachineSpec& machine : spec.machines) machine.profile = make_profile(versions).value();
    build(std::move(spec));
    const auto addresses = [&] { return node(1).kernel().net().find_interface("eth0")->addresses.size(); };
    world->run_for(seconds(1));
    ASSERT_TRUE(node(1).set_cable("eth0", false).has_value());
    world->run_for(seconds(3));
    ASSERT_TRUE(node(1).set_cable("eth0", true).has_value());  // back within the grace: nothing
    world->run_for(seconds(5));
    EXPECT_EQ(addresses(), 1u);
    ASSERT_TRUE(node(1).set_cable("eth0", false).has_value());
    world->run_for(milliseconds(3900));
    EXPECT_EQ(addresses(), 1u);
    world->run_for(milliseconds(200));
    EXPECT_EQ(addresses(), config_server ? 1u : 0u);
    EXPECT_TRUE(node(1).kernel().net().find_interface("eth0")->up);
    ASSERT_TRUE(node(1).set_cable("eth0", true).has_value());
    world->run_for(milliseconds(1100));
    EXPECT_EQ(addresses(), 1u);
  }
}

TEST_F(WorldTest, NetworkManagersSetUpCountsFromItsNextStartOn) {  // M NM-4
  WorldSpec spec = two_machines();
  StackVersions versions;
  versions.network_manager = "default";
  for (MachineSpec& machine : spec.machines) machine.profile = make_profile(versions).value();
  build(std::move(spec));
  const auto addresses = [&] { return node(1).kernel().net().find_interface("eth0")->addresses.size(); };
  const auto without_carrier = [&](Duration duration) {
    ASSERT_TRUE(node(1).set_cable("eth0", false).has_value());
    world->run_for(duration);
  };
  world->run_for(seconds(1));
  ASSERT_TRUE(node(1).configure_network_manager(true).has_value());
  without_carrier(seconds(5));
  EXPECT_EQ(addresses(), 0u) << "installed, not restarted";
  ASSERT_TRUE(node(1).restart_network_manager().has_value());
  world->run_for(milliseconds(1100));
  EXPECT_EQ(addresses(), 1u) << "without a carrier";
  ASSERT_TRUE(node(1).configure_network_manager(false).has_value());
  world->run_for(seconds(6));
  EXPECT_EQ(addresses(), 1u) << "removed, not restarted";
  ASSERT_TRUE(node(1).restart_network_manager().has_value());
  world->run_for(milliseconds(3900));
  EXPECT_EQ(addresses(), 1u) << "the grace of NM-3";
  world->run_for(milliseconds(200));
  EXPECT_EQ(addresses(), 0u);
  // A boot is a start, too, and the disk has kept what was installed.
  ASSERT_TRUE(node(1).configure_network_manager(true).has_value());
  node(1).reset("test");
  world->run_for(milliseconds(1));
  EXPECT_EQ(node(1).restart_network_manager().error().message, "NetworkManager does not run on node1");
  world->run_for(seconds(60));
  EXPECT_EQ(addresses(), 1u);
  without_carrier(seconds(6));
  EXPECT_EQ(addresses(), 1u);
}

TEST_F(WorldTest, DirectCableGoesDownWithItsOtherEnd) {  // M NM-6
  WorldSpec spec = two_machines();
  spec.segments[0].kind = SegmentKind::kCable;
  build(std::move(spec));
  world->run_for(seconds(1));
  EXPECT_TRUE(node(1).kernel().net().find_interface("eth0")->carrier);
  node(2).power_off("test");
  world->run_for(seconds(1));
  EXPECT_EQ(node(2).power(), PowerState::kOff);
  EXPECT_FALSE(node(1).kernel().net().find_interface("eth0")->carrier);
  node(2).power_on();
  world->run_for(seconds(45));
  EXPECT_TRUE(node(1).kernel().net().find_interface("eth0")->carrier);
  EXPECT_TRUE(node(2).kernel().net().find_interface("eth0")->carrier);
}

}  // namespace
}  // namespace simcluster::sim
