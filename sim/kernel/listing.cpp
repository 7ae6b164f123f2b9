#include "sim/kernel/listing.h"

#include <algorithm>
#include <vector>

#include <fmt/core.h>

namespace simcluster::sim {

namespace {

std::string_view scope_name(Scope scope) {
  switch (scope) {
    case Scope::kGlobal:
      return "global";
    case Scope::kLink:
      return "link";
    case Scope::kHost:
      return "host";
  }
  return "global";
}

// AT-2.2: the order of the flags.
std::string flags_of(const Interface& interface) {
  std::string flags;
  const auto add = [&](std::string_view flag) {
    if (!flags.empty()) flags += ',';
    flags += flag;
  };
  if (interface.up && !interface.carrier) add("NO-CARRIER");
  if (interface.kind == InterfaceKind::kLoopback)
    add("LOOPBACK");
  else
    add("BROADCAST,MULTICAST");
  if (interface.kind == InterfaceKind::kBond) add("MASTER");
  if (interface.master != 0) add("SLAVE");
  if (interface.up) add("UP");
  if (interface.running()) add("LOWER_UP");
  return flags;
}

std::string_view qdisc_of(const Interface& interface) {
  if (interface.kind != InterfaceKind::kEther)
    return interface.was_up || interface.kind == InterfaceKind::kLoopback ? "noqueue" : "noop";
  return interface.was_up ? "pfifo_fast" : "noop";
}

std::string_view state_of(const Interface& interface) {
  switch (interface.oper_state()) {
    case OperState::kUnknown:
      return "UNKNOWN";
    case OperState::kUp:
      return "UP";
    case OperState::kDown:
      return "DOWN";
    case OperState::kLowerLayerDown:
      return "LOWERLAYERDOWN";
  }
  return "UNKNOWN";
}

std::string first_line(const Kernel& kernel, const Interface& interface) {
  const bool old = kernel.context().profile.old_address_listing;
  const bool loopback = interface.kind == InterfaceKind::kLoopback;
  std::string line = fmt::format("{}: {}: <{}> mtu {} qdisc {} ", interface.index, interface.name, flags_of(interface),
                                 interface.mtu, qdisc_of(interface));
  if (interface.master != 0) line += fmt::format("master {} ", kernel.net().interface(interface.master).name);
  if (!old) line += fmt::format("state {} group default ", state_of(interface));
  // The old form prints no queue length of 0.
  if (!loopback && interface.kind != InterfaceKind::kBond)
    line += "qlen 1000";
  else if (!old)
    line += "qlen 1000";
  return line + "\n";
}

std::string link_lines(const Kernel& kernel, const Interface& interface) {
  const bool loopback = interface.kind == InterfaceKind::kLoopback;
  return first_line(kernel, interface) + fmt::format("    link/{} {} brd {}\n", loopback ? "loopback" : "ether",
                                                     interface.mac.text(),
                                                     loopback ? "00:00:00:00:00:00" : "ff:ff:ff:ff:ff:ff");
}

std::string address_text(const InterfaceAddress& a) {
  std::string text = fmt::format("{} {}/{} ", a.address.family == IpAddress::Family::kV6 ? "inet6" : "inet",
                                 a.address.text(), a.prefix_length);
  if (a.broadcast.specified()) text += fmt::format("brd {} ", a.broadcast.text());
  text += fmt::format("scope {}", scope_name(a.scope));
  if (a.secondary) text += " secondary";
  if (a.no_prefix_route || a.route_managed) text += " noprefixroute";
  if (a.address.family == IpAddress::Family::kV4) text += fmt::format(" {}", a.label);
  return text;
}

std::string show(const Kernel& kernel, std::string_view device, bool addresses) {
  std::string text;
  for (const Interface& interface : kernel.net().interfaces()) {
    if (!device.empty() && interface.name != device) continue;
    text += link_lines(kernel, interface);
    if (!addresses) continue;
    for (const InterfaceAddress& a : interface.addresses) {
      text += "    " + address_text(a) + "\n";
      if (!kernel.context().profile.old_address_listing) text += "       valid_lft forever preferred_lft forever\n";
    }
  }
  return text;
}

// 57.5 KiB: one decimal, cut off.
std::string size_text(std::uint64_t bytes) {
  constexpr std::uint64_t kKibi = 1024;
  constexpr std::string_view kUnits[] = {"KiB", "MiB", "GiB", "TiB"};
  if (bytes < kKibi) return fmt::format("{}.0 b", bytes);
  std::uint64_t unit = kKibi;
  std::size_t name = 0;
  while (name + 1 < std::size(kUnits) && bytes / kKibi >= unit) {
    unit *= kKibi;
    ++name;
  }
  return fmt::format("{}.{} {}", bytes / unit, bytes % unit * 10 / unit, kUnits[name]);
}

std::string upper(std::string text) {
  for (char& c : text)
    if (c >= 'a' && c <= 'f') c = static_cast<char>(c - 'a' + 'A');
  return text;
}

// ifconfig's order: by name, with numbers at its end as numbers.
template <typename Interfaces>
std::vector<const Interface*> by_name(const Interfaces& interfaces) {
  std::vector<const Interface*> sorted;
  for (const Interface& interface : interfaces) sorted.push_back(&interface);
  const auto stem = [](std::string_view name) { return name.substr(0, name.find_last_not_of("0123456789") + 1); };
  std::ranges::stable_sort(sorted, [&](const Interface* a, const Interface* b) {
    const std::string_view stem_a = stem(a->name);
    const std::string_view stem_b = stem(b->name);
    if (stem_a != stem_b) return stem_a < stem_b;
    return a->name.size() != b->name.size() ? a->name.size() < b->name.size() : a->name < b->name;
  });
  return sorted;
}

}  // namespace

std::string ip_addr_show(const Kernel& kernel, std::string_view device) { return show(kernel, device, true); }
std::string ip_link_show(const Kernel& kernel, std::string_view device) { return show(kernel, device, false); }

std::string ip_oneline_addresses(const Kernel& kernel, IpAddress::Family family) {
  std::string text;
  for (const Interface& interface : kernel.net().interfaces())
    for (const InterfaceAddress& a : interface.addresses) {
      if (a.address.family != family) continue;
      text += fmt::format("{}: {}    {}", interface.index, interface.name, address_text(a));
      if (!kernel.context().profile.old_address_listing) text += "\\       valid_lft forever preferred_lft forever";
      text += '\n';
    }
  return text;
}

std::string ip_route_text(const Kernel& kernel, const Route& route, bool scope) {
  // The old ip(8) prints two blanks in front of proto, scope, metric and src.
  const std::string_view gap = kernel.context().profile.old_address_listing ? "  " : " ";
  std::string text =
      route.destination.specified() ? fmt::format("{}/{}", route.destination.text(), route.prefix_length) : "default";
  if (route.via.specified()) text += fmt::format(" via {}", route.via.text());
  text += fmt::format(" dev {}", kernel.net().interface(route.interface).name);
  if (route.origin == RouteOrigin::kKernel) text += fmt::format("{}proto kernel", gap);
  if (scope && route.scope != Scope::kGlobal) text += fmt::format("{}scope {}", gap, scope_name(route.scope));
  if (route.source.specified()) text += fmt::format("{}src {}", gap, route.source.text());
  if (route.metric != 0) text += fmt::format("{}metric {}", gap, route.metric);
  return text;
}

std::string ip_route_list(const Kernel& kernel) {
  std::string text;
  for (const Route& route : kernel.net().routes().all())
    if (route.family == IpAddress::Family::kV4) text += ip_route_text(kernel, route) + '\n';
  return text;
}

std::vector<Route> local_routes(const Kernel& kernel) {
  std::vector<Route> all;
  for (const Interface& interface : kernel.net().interfaces())
    for (const InterfaceAddress& a : interface.addresses) {
      Route route;
      route.family = a.address.family;
      route.prefix_length = interface.kind == InterfaceKind::kLoopback ? a.prefix_length : 32;
      route.destination = a.address.network(route.prefix_length);
      route.interface = interface.index;
      route.scope = Scope::kHost;
      route.source = a.address;
      route.origin = RouteOrigin::kKernel;
      all.push_back(route);
    }
  return all;
}

std::string ip_neigh_show(const Kernel& kernel) {
  std::string text;
  for (const Neighbour* n : kernel.net().neighbours()) {
    text += fmt::format("{} dev {}", n->address.text(), kernel.net().interface(n->interface).name);
    if (n->mac.specified()) text += fmt::format(" lladdr {}", n->mac.text());
    const bool expired = n->state == NeighbourState::kReachable && n->reachable_until <= kernel.context().queue.now();
    switch (expired ? NeighbourState::kStale : n->state) {
      case NeighbourState::kNone:
        break;
      case NeighbourState::kIncomplete:
        text += " INCOMPLETE";
        break;
      case NeighbourState::kReachable:
        text += " REACHABLE";
        break;
      case NeighbourState::kStale:
        text += " STALE";
        break;
      case NeighbourState::kDelay:
        text += " DELAY";
        break;
      case NeighbourState::kProbe:
        text += " PROBE";
        break;
      case NeighbourState::kFailed:
        text += " FAILED";
        break;
    }
    text += '\n';
  }
  return text;
}

std::string ifconfig(const Kernel& kernel, std::string_view device) {
  std::string text;
  const std::string indent(10, ' ');
  for (const Interface* one : by_name(kernel.net().interfaces())) {
    const Interface& interface = *one;
    if (device.empty() ? !interface.up : interface.name != device) continue;
    const bool loopback = interface.kind == InterfaceKind::kLoopback;
    text += fmt::format("{:<10}", interface.name);
    text += loopback ? "Link encap:Local Loopback  \n"
                     : fmt::format("Link encap:Ethernet  HWaddr {}  \n", upper(interface.mac.text()));
    for (const InterfaceAddress& a : interface.addresses) {
      // Only the address that carries the interface's own name and is no secondary.
      if (a.address.family != IpAddress::Family::kV4 || a.secondary || a.label != interface.name) continue;
      text += fmt::format("{}inet addr:{}", indent, a.address.text());
      if (a.broadcast.specified()) text += fmt::format("  Bcast:{}", a.broadcast.text());
      const auto mask = a.prefix_length == 0 ? 0 : ~std::uint32_t{0} << (32 - a.prefix_length);
      text += fmt::format("  Mask:{}\n", IpAddress::v4(mask).text());
      break;
    }
    const InterfaceCounters& c = interface.counters;
    text += indent + (interface.up ? "UP " : "") + (loopback ? "LOOPBACK " : "BROADCAST ") +
            (interface.running() ? "RUNNING " : "");
    if (interface.kind == InterfaceKind::kBond) text += "MASTER ";
    if (interface.master != 0) text += "SLAVE ";
    if (!loopback) text += "MULTICAST ";
    text += fmt::format(" MTU:{}  Metric:1\n", interface.mtu);
    text += fmt::format("{}RX packets:{} errors:0 dropped:0 overruns:0 frame:0\n", indent, c.rx_packets);
    text += fmt::format("{}TX packets:{} errors:0 dropped:0 overruns:0 carrier:{}\n", indent, c.tx_packets,
                        c.tx_carrier_errors);
    text += fmt::format("{}collisions:0 txqueuelen:{} \n", indent, interface.kind == InterfaceKind::kEther ? 1000 : 0);
    text += fmt::format("{}RX bytes:{} ({})  TX bytes:{} ({})\n\n", indent, c.rx_bytes, size_text(c.rx_bytes),
                        c.tx_bytes, size_text(c.tx_bytes));
  }
  return text;
}

}  // namespace simcluster::sim
