#include "sim/soak/soak_world.h"

#include <array>
#include <utility>

#include <fmt/core.h>

namespace simcluster::sim {

namespace {

constexpr std::array kStacks = {
    SoakStack{"1.4.6", "1.4.6", "", "", 1},
    SoakStack{"2.3.5/udp", "2.3.5", "udp", "", 1},
    SoakStack{"2.3.5/active", "2.3.5", "udp", "active", 2},
    SoakStack{"2.3.5/passive", "2.3.5", "udp", "passive", 2},
    SoakStack{"2.4.6/udp-addresses", "2.4.6", "udp", "", 1, true},
    SoakStack{"2.4.6/udpu", "2.4.6", "udpu", "", 1, false, true},
    SoakStack{"3.1.7/udp", "3.1.7", "udp", "", 1, false, true},
    SoakStack{"3.1.7/udpu", "3.1.7", "udpu", "", 1, false, true},
    SoakStack{"3.1.7/knet", "3.1.7", "knet", "", 1, false, true},
    SoakStack{"3.1.7/knet-two-links", "3.1.7", "knet", "", 2, false, true},
};

constexpr auto kNames = [] {
  std::array<std::string_view, kStacks.size()> names{};
  for (std::size_t i = 0; i < kStacks.size(); ++i) names[i] = kStacks[i].name;
  return names;
}();

// Short timers, so that an hour of a real cluster's trouble fits into a minute. Links are looked at every 200 ms
// (KN-5): they need the usual second.
std::string totem_section(const SoakStack& stack, bool authenticated, Random& random) {
  const bool patient = stack.transport == "knet";
  const std::int64_t token = patient ? 1000 : 100 * random.between(3, 8);
  std::string text = fmt::format("totem {{\n  version: 2\n  token: {}\n  token_coefficient: 0\n", token);
  if (stack.corosync.front() == '1') text = fmt::format("totem {{\n  version: 2\n  token: {}\n", token);
  if (authenticated) text += "  secauth: on\n";
  if (!stack.transport.empty()) text += fmt::format("  transport: {}\n", stack.transport);
  if (!stack.rrp_mode.empty()) text += fmt::format("  rrp_mode: {}\n", stack.rrp_mode);
  if (stack.corosync.front() != '1') text += "  cluster_name: soak\n";
  if (patient) text += "  knet_pmtud_interval: 5\n";
  const bool multicast = stack.transport.empty() || stack.transport == "udp";
  for (std::uint32_t ring = 0; multicast && ring < stack.networks; ++ring)
    text += fmt::format(
        "  interface {{\n    ringnumber: {0}\n    bindnetaddr: 10.77.{0}.0\n    mcastaddr: 239.255.{1}.1\n    "
        "mcastport: "
        "5405\n  }}\n",
        ring, ring + 1);
  return text + "}\n";
}

std::string configuration(const SoakStack& stack, std::uint32_t nodes, bool authenticated, Random& random) {
  std::string text = totem_section(stack, authenticated, random);
  if (stack.corosync.front() == '1') return text;
  if (!stack.ids_from_addresses) {
    text += "nodelist {\n";
    for (std::uint32_t id = 1; id <= nodes; ++id) {
      text += fmt::format("  node {{\n    nodeid: {0}\n    name: n{0}\n", id);
      for (std::uint32_t ring = 0; ring < stack.networks; ++ring)
        text += fmt::format("    ring{0}_addr: 10.77.{0}.{1}\n", ring, id);
      text += "  }\n";
    }
    text += "}\n";
  }
  text += "resources {\n  watchdog_device: /dev/watchdog\n}\n";
  text += "quorum {\n  provider: corosync_votequorum\n";
  if (stack.ids_from_addresses) text += fmt::format("  expected_votes: {}\n", nodes);
  if (nodes == 2 && random.below(2) == 0) text += "  two_node: 1\n";
  if (nodes % 2 == 0 && nodes > 2 && random.below(3) == 0) text += "  auto_tie_breaker: 1\n";
  return text + "}\n";
}

TrafficSpec traffic(Random& random) {
  TrafficSpec spec;
  spec.burst = static_cast<std::uint32_t>(random.below(4) == 0 ? 0 : random.between(1, 6));
  spec.interval = milliseconds(random.between(20, 600));
  spec.offset = milliseconds(random.between(0, 500));
  spec.size = static_cast<std::uint32_t>(random.below(8) == 0 ? random.between(1000, 6000) : random.between(40, 200));
  return spec;
}

// A ring's network: a cable, a switch, or a few that trunks join in a row or a star. The names of its segments.
std::vector<std::string> add_network(WorldSpec& spec, std::uint32_t nodes, Random& random) {
  const auto add_segment = [&](SegmentKind kind) {
    SegmentSpec segment;
    segment.name = fmt::format("net{}", spec.segments.size());
    segment.kind = kind;
    spec.segments.push_back(segment);
    return segment.name;
  };
  if (nodes == 2 && random.below(3) == 0) return {add_segment(SegmentKind::kCable)};
  std::vector<std::string> names{add_segment(SegmentKind::kSwitch)};
  const std::int64_t more = random.below(3) == 0 ? random.between(1, 3) : 0;
  for (std::int64_t i = 0; i < more; ++i) {
    TrunkSpec trunk;
    trunk.name = fmt::format("trunk{}", spec.trunks.size());
    trunk.between = {names[random.below(names.size())], add_segment(SegmentKind::kSwitch)};
    names.push_back(trunk.between[1]);
    spec.trunks.push_back(std::move(trunk));
  }
  return names;
}

}  // namespace

std::span<const std::string_view> soak_stacks() { return kNames; }

const SoakStack* find_soak_stack(std::string_view name) {
  for (const SoakStack& stack : kStacks)
    if (stack.name == name) return &stack;
  return nullptr;
}

std::vector<std::string> soak_machine_names(std::uint32_t nodes) {
  std::vector<std::string> names;
  for (std::uint32_t id = 1; id <= nodes; ++id) names.push_back(fmt::format("n{}", id));
  return names;
}

Result<SoakWorld> soak_world(const SoakStack& stack, std::uint32_t nodes, std::uint64_t seed, Random& random) {
  StackVersions versions;
  versions.corosync = stack.corosync;
  versions.pacemaker = kNoPacemaker;
  if (random.below(4) == 0 && stack.survives_address_loss) versions.network_manager = "default";
  auto profile = make_profile(versions);
  if (!profile) return tl::unexpected<Error>(profile.error());
  SoakWorld world;
  WorldSpec& spec = world.spec;
  spec.seed = seed;
  world.finds_mtu = stack.transport == "knet";
  std::vector<std::vector<std::string>> networks;
  for (std::uint32_t ring = 0; ring < stack.networks; ++ring) networks.push_back(add_network(spec, nodes, random));
  // CR-1: Corosync 1 and 2 authenticate unless told not to, Corosync 3 when told to, and over knet only.
  world.authenticated = stack.corosync.front() != '3' || (stack.transport == "knet" && random.below(3) == 0);
  const std::string conf = configuration(stack, nodes, world.authenticated, random);
  for (const std::string& name : soak_machine_names(nodes)) {
    const auto id = static_cast<std::uint32_t>(spec.machines.size() + 1);
    MachineSpec machine;
    machine.name = name;
    machine.profile = *profile;
    machine.corosync_conf = conf;
    machine.auth_key = "a key that every node has";
    if (!stack.ids_from_addresses) machine.cluster_id = ClusterNodeId(id);
    machine.boot_delay = seconds(3);
    machine.start_cluster_after_reset = true;
    machine.cluster_start_delay = milliseconds(random.between(0, 800));
    if (random.below(3) == 0) machine.watchdog = seconds(6);
    machine.traffic = traffic(random);
    for (std::uint32_t ring = 0; ring < stack.networks; ++ring) {
      InterfaceSpec interface;
      interface.name = fmt::format("eth{}", ring);
      interface.segment = networks[ring][random.below(networks[ring].size())];
      interface.addresses = {{IpAddress::v4(10U << 24 | 77U << 16 | ring << 8 | id), 24, {}}};
      machine.interfaces.push_back(std::move(interface));
    }
    spec.machines.push_back(std::move(machine));
  }
  return world;
}

}  // namespace simcluster::sim
