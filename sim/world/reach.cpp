// Who can be in one ring with whom, as the simulated networks are at present.
#include <algorithm>

#include "engine/membership/stack.h"
#include "sim/kernel/kernel.h"
#include "sim/network/network.h"
#include "sim/world/world.h"

namespace simcluster::sim {

namespace {

using Hearing = Network::Hearing;

struct Station {
  NodeIndex machine;
  std::vector<PortId> ports;
  const MachineSpec* spec = nullptr;
  std::optional<membership::PathDiscovery> discovery = std::nullopt;
};

// Frames of the one are rubbish to the other.
bool strangers(const Station& a, const Station& b) {
  return a.spec->auth_key != b.spec->auth_key ||
         a.spec->profile.processor_is_address != b.spec->profile.processor_is_address ||
         a.spec->profile.knet_transport != b.spec->profile.knet_transport;
}

// A way that carries all that `from` sends, or lets it find out what it carries.
bool wide_enough(const Network& network, const Station& from, const Station& to, std::size_t link) {
  const std::uint32_t mtu = network.mtu(from.ports[link], to.ports[link]);
  return mtu == 0 || (from.discovery && from.discovery->first_packet <= mtu);
}

Hearing hearing(const Network& network, const Station& a, const Station& b) {
  if (strangers(a, b)) return Hearing::kNever;
  bool well = false;
  bool badly = false;
  bool never = false;
  for (std::size_t link = 0; link < std::min(a.ports.size(), b.ports.size()); ++link) {
    Hearing there = Hearing::kNever;
    Hearing back = Hearing::kNever;
    if (a.ports[link].valid() && b.ports[link].valid()) {
      there = network.hearing(a.ports[link], b.ports[link]);
      back = network.hearing(b.ports[link], a.ports[link]);
    }
    const auto narrow = [&] { return !wide_enough(network, a, b, link) || !wide_enough(network, b, a, link); };
    if (there != back || there == Hearing::kBadly || (there == Hearing::kWell && narrow())) badly = true;
    (there == Hearing::kNever ? never : well) = true;
  }
  // Links of Corosync 3 are chosen peer by peer. Redundant rings of older ones are whole or faulty for everybody.
  if (badly || (well && never && !a.spec->profile.knet_transport)) return Hearing::kBadly;
  return well ? Hearing::kWell : Hearing::kNever;
}

}  // namespace

std::optional<std::vector<std::vector<NodeIndex>>> World::ring_groups() const {
  std::vector<Station> stations;
  for (std::size_t i = 0; i < machine_count(); ++i) {
    const Machine& m = machine(NodeIndex(static_cast<NodeIndex::rep>(i)));
    if (!m.cluster_running() || m.standing_still()) continue;
    const membership::Stack* stack = m.stack();
    if (stack != nullptr && stack->mute()) continue;
    Station station{m.index(), m.ring_ports(), &m.spec()};
    if (stack != nullptr) station.discovery = stack->path_discovery();
    if (std::ranges::any_of(station.ports, [](PortId port) { return port.valid(); }))
      stations.push_back(std::move(station));
  }
  std::vector<std::size_t> group(stations.size());
  std::vector<std::vector<NodeIndex>> groups;
  for (std::size_t i = 0; i < stations.size(); ++i) {
    group[i] = groups.size();
    for (std::size_t j = 0; j < i; ++j) {
      const Hearing heard = hearing(network(), stations[j], stations[i]);
      if (heard == Hearing::kBadly) return std::nullopt;
      if (heard == Hearing::kWell && group[i] == groups.size()) group[i] = group[j];
      if ((heard == Hearing::kWell) != (group[i] == group[j])) return std::nullopt;
    }
    if (group[i] == groups.size()) groups.emplace_back();
    groups[group[i]].push_back(stations[i].machine);
  }
  return groups;
}

// KN-15: the interval, and a run: at most a dozen sizes of which each is waited for in vain, at first with ten times
// the patience (KN-6).
Time World::ways_known_from() const {
  constexpr Duration kRun = seconds(20);
  if (network().mtu_changed() == Time{}) return {};
  Duration longest;
  for (std::size_t i = 0; i < machine_count(); ++i) {
    const membership::Stack* stack = machine(NodeIndex(static_cast<NodeIndex::rep>(i))).stack();
    if (stack == nullptr) continue;
    if (const auto discovery = stack->path_discovery()) longest = std::max(longest, discovery->interval);
  }
  return network().mtu_changed() + longest + kRun;
}

NodeIndex World::find_node(ClusterNodeId id) const {
  const auto from_address = [&](const AddressSpec& spec) {
    const auto& bytes = spec.address.bytes;
    return spec.address.family == IpAddress::Family::kV4 &&
           id.value == (std::uint32_t{bytes[0]} << 24 | std::uint32_t{bytes[1]} << 16 | std::uint32_t{bytes[2]} << 8 |
                        std::uint32_t{bytes[3]});
  };
  for (std::size_t i = 0; i < machine_count(); ++i) {
    const MachineSpec& spec = machine(NodeIndex(static_cast<NodeIndex::rep>(i))).spec();
    if (!spec.cluster) continue;
    if (spec.cluster_id.valid() && spec.cluster_id == id)
      return machine(NodeIndex(static_cast<NodeIndex::rep>(i))).index();
    for (const InterfaceSpec& interface : spec.interfaces)
      if (!spec.cluster_id.valid() && std::ranges::any_of(interface.addresses, from_address))
        return machine(NodeIndex(static_cast<NodeIndex::rep>(i))).index();
  }
  return NodeIndex::none();
}

}  // namespace simcluster::sim
