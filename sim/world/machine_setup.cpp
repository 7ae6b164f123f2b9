#include "sim/world/machine_setup.h"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include <fmt/core.h>

namespace simcluster::sim {

namespace {

constexpr std::size_t kNameLimit = 15;  // IFNAMSIZ without the final zero

Result<MacAddress> mac_of(const Kernel& kernel, const InterfaceSpec& interface, std::size_t number) {
  if (interface.mac.empty())
    return MacAddress{std::uint64_t{0x5254'0000'0000} | std::uint64_t{kernel.context().node.value} << 8 | number};
  const auto mac = MacAddress::parse(interface.mac);
  if (!mac || mac->group())
    return fail(
        fmt::format("\"{}\" is no hardware address (expected something like 00:16:3e:39:91:00)", interface.mac));
  return *mac;
}

Result<void> build_ether(Kernel& kernel, const InterfaceSpec& interface, std::size_t number) {
  const auto mac = mac_of(kernel, interface, number);
  if (!mac) return tl::unexpected<Error>(mac.error());
  const int index = kernel.net().add_ether(interface.name, *mac, interface.mtu);
  if (interface.segment.empty()) return {};
  Network& network = kernel.context().network;
  const SegmentId segment = network.find_segment(interface.segment);
  if (!segment.valid())
    return fail(
        fmt::format("{} is plugged into \"{}\", but there is no such network", interface.name, interface.segment));
  return network.plug(kernel.net().interface(index).port, segment);
}

Result<void> build_bond(Kernel& kernel, const InterfaceSpec& bond) {
  std::vector<int> slaves;
  for (const std::string& name : bond.slaves) {
    const Interface* slave = kernel.net().find_interface(name);
    if (slave == nullptr || slave->kind != InterfaceKind::kEther || slave->master != 0)
      return fail(fmt::format("{} cannot be a slave of {}", name, bond.name));
    slaves.push_back(slave->index);
  }
  kernel.net().add_bond(bond.name, slaves, bond.mtu);
  return {};
}

}  // namespace

Result<void> build_interfaces(Kernel& kernel, const MachineSpec& spec) {
  for (const auto& [path, content] : spec.files) kernel.files().write(path, content);
  std::set<std::string> names = {"lo"};
  std::size_t number = 0;
  // Bonds come after their slaves, whatever the order of the description.
  for (const bool bonds : {false, true})
    for (const InterfaceSpec& interface : spec.interfaces) {
      if (interface.slaves.empty() == bonds) continue;
      Result<void> result;
      if (interface.name.empty() || interface.name.size() > kNameLimit)
        result = fail(fmt::format("\"{}\" is no name of an interface (1 to 15 characters)", interface.name));
      else if (!names.insert(interface.name).second)
        result = fail(fmt::format("there are two interfaces named {}", interface.name));
      else
        result = bonds ? build_bond(kernel, interface) : build_ether(kernel, interface, ++number);
      if (!result) return fail(fmt::format("{}: {}", spec.name, result.error().message));
    }
  return {};
}

InterfaceAddress configured_address(const IpAddress& address, int prefix_length, std::string_view label,
                                    bool by_network_manager) {
  InterfaceAddress result;
  result.address = address;
  result.prefix_length = prefix_length;
  if (address.family == IpAddress::Family::kV4 && prefix_length < 31)
    result.broadcast = broadcast_of(address, prefix_length);
  result.label = label;
  result.route_managed = by_network_manager;
  return result;
}

void configure_interfaces(Kernel& kernel, const MachineSpec& spec) {
  for (const auto& [key, value] : spec.sysctls) kernel.sysctls().set(key, value);
  NetStack& net = kernel.net();
  const bool managed = kernel.context().profile.versions.network_manager != "none";
  for (const InterfaceSpec& interface : spec.interfaces) {
    if (interface.up) net.set_up(interface.name, true);
    for (const AddressSpec& address : interface.addresses)
      net.add_address(interface.name,
                      configured_address(address.address, address.prefix_length, address.label, managed));
  }
  for (const RouteSpec& wanted : spec.routes) {
    Route route;
    route.destination = wanted.destination;
    route.prefix_length = wanted.destination.specified() ? wanted.prefix_length : 0;
    route.family = wanted.via.specified() ? wanted.via.family : IpAddress::Family::kV4;
    if (wanted.destination.specified()) route.family = wanted.destination.family;
    route.via = wanted.via;
    route.metric = wanted.metric;
    const Interface* device = net.find_interface(wanted.device);
    if (device != nullptr) {
      route.interface = device->index;
    } else if (const Route* way = net.routes().lookup(wanted.via); way != nullptr) {
      route.interface = way->interface;
    }
    route.scope = wanted.via.specified() ? Scope::kGlobal : Scope::kLink;
    net.add_route(route);
  }
}

}  // namespace simcluster::sim
