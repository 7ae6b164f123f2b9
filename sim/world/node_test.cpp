// Whole cluster nodes in the simulated world.
#include "engine/node/node.h"

#include <memory>

#include <gtest/gtest.h>

#include "sim/kernel/kernel.h"
#include "sim/kernel/testing.h"
#include "sim/world/world.h"

namespace simcluster::sim {
namespace {

std::string ipaddr2(const std::string& id, const std::string& ip) {
  return "<primitive id=\"" + id + "\" class=\"ocf\" provider=\"heartbeat\" type=\"IPaddr2\">" +
         "<instance_attributes id=\"" + id + "-ia\"><nvpair id=\"" + id + "-ip\" name=\"ip\" value=\"" + ip + "\"/>" +
         "<nvpair id=\"" + id + "-nic\" name=\"nic\" value=\"eth0\"/>" + "<nvpair id=\"" + id +
         "-mask\" name=\"cidr_netmask\" value=\"24\"/></instance_attributes><operations>" + "<op id=\"" + id +
         "-start\" name=\"start\" interval=\"0\" timeout=\"60s\"/><op id=\"" + id +
         "-monitor\" name=\"monitor\" interval=\"10s\" timeout=\"60s\"/><op id=\"" + id +
         "-stop\" name=\"stop\" interval=\"0\" timeout=\"60s\"/></operations></primitive>";
}

WorldSpec two_nodes(std::string kernel, std::string resource_agents) {
  WorldSpec spec;
  spec.segments.push_back({"service", SegmentKind::kSwitch, {}});
  spec.segments.push_back({"ring", SegmentKind::kSwitch, {}});
  StackVersions versions;
  versions.kernel = std::move(kernel);
  versions.resource_agents = std::move(resource_agents);
  for (std::uint32_t i = 1; i <= 2; ++i) {
    MachineSpec machine;
    machine.name = "node" + std::to_string(i);
    machine.profile = make_profile(versions).value();
    machine.cluster_id = ClusterNodeId(i);
    for (const auto& [name, segment, base] :
         {std::tuple{"eth0", "service", 0xc0a8'0400U}, {"eth1", "ring", 0x0a4d'0000U}}) {
      InterfaceSpec interface;
      interface.name = name;
      interface.segment = segment;
      interface.addresses = {{IpAddress::v4(base + i), 24, ""}};
      machine.interfaces.push_back(std::move(interface));
    }
    machine.corosync_conf = "totem {\n version: 2\n nodeid: " + std::to_string(i) +
                            "\n interface {\n  ringnumber: 0\n  bindnetaddr: 10.77.0.0\n  mcastaddr: 239.255.1.1\n"
                            "  mcastport: 5405\n }\n}\n";
    machine.initial_cib =
        "<cib admin_epoch=\"0\" epoch=\"1\" num_updates=\"0\" "
        "validate-with=\"pacemaker-1.0\"><configuration><crm_config>"
        "<cluster_property_set id=\"o\"><nvpair id=\"o-1\" name=\"no-quorum-policy\" value=\"ignore\"/>"
        "<nvpair id=\"o-2\" name=\"stonith-enabled\" value=\"false\"/></cluster_property_set></crm_config><nodes/>"
        "<resources>"
        "<group id=\"vips\">" +
        ipaddr2("vip01", "192.168.4.200") + ipaddr2("vip02", "192.168.4.201") + "</group>" +
        "</resources><constraints/></configuration><status/></cib>";
    spec.machines.push_back(std::move(machine));
  }
  return spec;
}

class NodeTest : public testing::Test {
 protected:
  void build(WorldSpec spec) {
    auto made = World::create(std::move(spec));
    ASSERT_TRUE(made.has_value()) << made.error().message;
    world = std::move(*made);
    world->tracer().add_sink(lines, 1);
    world->start();
  }
  std::vector<World::AddressPlace> places(std::string_view ip) { return world->find_address(*IpAddress::parse(ip)); }

  TraceLines lines;
  std::unique_ptr<World> world;
};

// M CR-3: totem.keyfile is looked for on the node's own disk.
TEST_F(NodeTest, CorosyncReadsItsKeyFromTheDisk) {
  for (const bool there : {false, true}) {
    WorldSpec spec = two_nodes("6.1", "4.12.0");
    for (MachineSpec& machine : spec.machines) {
      StackVersions versions = machine.profile.versions;
      versions.corosync = "3.1.7";
      versions.pacemaker = "2.1.5";
      machine.profile = make_profile(versions).value();
      machine.corosync_conf =
          "totem {\n  version: 2\n  cluster_name: c\n  transport: knet\n  secauth: on\n  keyfile: /root/key\n}\n"
          "nodelist {\n  node {\n    ring0_addr: 10.77.0.1\n    name: node1\n    nodeid: 1\n  }\n"
          "  node {\n    ring0_addr: 10.77.0.2\n    name: node2\n    nodeid: 2\n  }\n}\n"
          "quorum {\n  provider: corosync_votequorum\n}\n";
      if (there) machine.files.emplace_back("/root/key", std::string(1024, 'k'));
    }
    build(std::move(spec));
    world->run_for(seconds(5));
    EXPECT_EQ(world->machine(NodeIndex(0)).cluster_running(), there);
  }
}

// Numbers of the scheduler's inputs go on when the node starts again, and each series has its own.
TEST_F(NodeTest, InputsOfTheSchedulerAreFiles) {
  WorldSpec spec = two_nodes("rhel5.10", "3.9.5-1");
  spec.machines.pop_back();
  spec.machines[0].keeps_inputs = true;
  build(std::move(spec));
  world->run_for(minutes(3));
  Machine& machine = world->machine(NodeIndex(0));
  const FileStore& files = machine.kernel().files();
  const auto inputs = [&] { return files.list("/var/lib/pengine/pe-input-").size(); };
  const std::size_t before = inputs();
  ASSERT_GT(before, 0U);
  EXPECT_EQ(*files.find("/var/lib/pengine/pe-input.last"), std::to_string(before));
  machine.reset("for a test");
  world->run_for(minutes(5));
  ASSERT_TRUE(machine.start_cluster());
  world->run_for(minutes(3));
  EXPECT_GT(inputs(), before);
  EXPECT_EQ(*files.find("/var/lib/pengine/pe-input.last"), std::to_string(inputs()));
}

TEST_F(NodeTest, BootsAndStartsItsAddresses) {
  build(two_nodes("rhel5.10", "3.9.5-1"));
  const bool up = world->run_until(world->now() + minutes(3), [&] {
    return places("192.168.4.200").size() == 1 && places("192.168.4.201").size() == 1;
  });
  if (!up)
    for (const std::string& line : lines.lines) std::printf("%s\n", line.c_str());
  ASSERT_TRUE(up);
  EXPECT_TRUE(world->healthy());
  world->run_for(hours(2));
  EXPECT_EQ(lines.count("ERROR"), 0u);
  EXPECT_EQ(lines.count("operation.failed"), 0u);
}

TEST_F(NodeTest, SameSeedSameTrace) {  // determinism rule 4
  const auto hash_of = [&](std::uint64_t seed) {
    WorldSpec spec = two_nodes("rhel5.9", "3.9.5-1");
    spec.seed = seed;
    auto other = World::create(std::move(spec)).value();
    other->tracer().set_hash_level(3);
    other->start();
    other->run_for(minutes(10));
    other->machine(NodeIndex(0)).reset("test");
    other->run_for(minutes(5));
    return other->tracer().hash();
  };
  EXPECT_EQ(hash_of(1), hash_of(1));
  EXPECT_NE(hash_of(1), hash_of(2));
}

TEST_F(NodeTest, SurvivorTakesOver) {
  build(two_nodes("rhel5.10", "3.9.5-1"));
  world->run_for(minutes(2));
  ASSERT_EQ(places("192.168.4.200").size(), 1u);
  const NodeIndex owner = places("192.168.4.200")[0].machine;
  world->machine(owner).power_off("test");
  world->run_for(minutes(1));
  ASSERT_EQ(places("192.168.4.200").size(), 1u);
  EXPECT_NE(places("192.168.4.200")[0].machine, owner);
}

// CM-11.11 to CM-11.13: a service that dies again and again is given up, by upstart later than by systemd; the next
// boot begins anew.
TEST_F(NodeTest, TheServiceManagerGivesUp) {
  for (const auto& [kernel, most] : {std::pair{"rhel7", 5}, std::pair{"2.6.32", 10}}) {
    WorldSpec spec = two_nodes(kernel, "3.9.5-1");
    spec.machines[0].restart_after_crash = milliseconds(100);
    spec.machines[0].start_cluster_after_reset = true;
    build(std::move(spec));
    world->run_for(minutes(1));
    Machine& machine = world->machine(NodeIndex(0));
    int started = 0;
    while (machine.manager() && started < 20) {
      machine.kill_cluster("test");
      world->run_for(milliseconds(200));
      started += machine.manager() ? 1 : 0;
    }
    EXPECT_EQ(started, most) << kernel;
    world->run_for(minutes(1));
    EXPECT_FALSE(machine.manager());
    machine.reset("test");
    world->run_for(minutes(5));
    EXPECT_TRUE(machine.manager());
    world = nullptr;
    lines.lines.clear();
  }
}

// Ends the run when a text is logged.
struct StopAt : TraceSink {
  StopAt(World& w, std::string t) : world(w), text(std::move(t)) { world.tracer().add_sink(*this, 1); }
  ~StopAt() { world.tracer().remove_sink(*this); }
  void on_trace(const TraceEvent& event) override {
    if (event.kind != TraceKind::kLog) return;
    for (const TraceField& field : event.fields)
      if (field.text == text) {
        seen = true;
        world.stop_running();
      }
  }
  World& world;
  std::string text;
  bool seen = false;
};

TEST_F(NodeTest, OldKernelTakesTheServiceAway) {  // S-1
  // Both addresses are healthy; the readers of /proc/net/dev meet sooner or later, which depends on the seed.
  int failed = 0;
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    WorldSpec spec = two_nodes("rhel5.9", "3.9.5-1");
    spec.seed = seed;
    build(std::move(spec));
    world->run_for(minutes(2));
    ASSERT_EQ(places("192.168.4.200").size() + places("192.168.4.201").size(), 2u);
    StopAt failure(*world, "ERROR: [findif] failed");
    world->run_until(world->now() + hours(24));
    if (!failure.seen) continue;
    ++failed;
    world->run_for(minutes(1));
    EXPECT_LT(places("192.168.4.200").size() + places("192.168.4.201").size(), 2u);
  }
  EXPECT_GT(failed, 0);
}

}  // namespace
}  // namespace simcluster::sim
