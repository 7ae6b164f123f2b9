// Addresses with primaries and secondaries, and the routes that come with them (AT-2.3).
#include <algorithm>
#include <utility>

#include "sim/kernel/net_stack.h"

namespace simcluster::sim {

namespace {

bool same_subnet(const InterfaceAddress& a, const InterfaceAddress& b) {
  return a.prefix_length == b.prefix_length && a.address.family == b.address.family &&
         a.address.network(a.prefix_length) == b.address.network(b.prefix_length);
}

Route connected_route(const Interface& interface, const InterfaceAddress& address) {
  Route route;
  route.destination = address.address.network(address.prefix_length);
  route.prefix_length = address.prefix_length;
  route.family = address.address.family;
  route.interface = interface.index;
  route.scope = interface.kind == InterfaceKind::kLoopback ? Scope::kHost : Scope::kLink;
  route.source = address.address;
  route.origin = RouteOrigin::kKernel;
  return route;
}

bool has_connected_route(const Interface& interface, const InterfaceAddress& address) {
  const int host_length = address.address.family == IpAddress::Family::kV4 ? 32 : 128;
  return interface.up && interface.kind != InterfaceKind::kLoopback && !address.secondary && !address.no_prefix_route &&
         address.prefix_length < host_length;
}

}  // namespace

void NetStack::add_connected_route(const Interface& interface, const InterfaceAddress& address) {
  if (has_connected_route(interface, address)) routes_.add(connected_route(interface, address));
}

void NetStack::remove_connected_route(const Interface& interface, const InterfaceAddress& address) {
  if (has_connected_route(interface, address)) routes_.remove(connected_route(interface, address));
}

void NetStack::trace_address(TraceKind kind, const Interface& interface, const InterfaceAddress& address,
                             std::string_view reason) {
  if (!context_.tracer.wants(kind)) return;
  const std::string text = address.address.text() + "/" + std::to_string(address.prefix_length);
  if (reason.empty())
    trace(kind, {{"interface", interface.name}, {"address", text}});
  else
    trace(kind, {{"interface", interface.name}, {"address", text}, {"reason", reason}});
}

NetError NetStack::add_address(std::string_view interface_name, const InterfaceAddress& wanted) {
  Interface* interface = find(interface_name);
  if (interface == nullptr) return NetError::kNoDevice;
  const int host_length = wanted.address.family == IpAddress::Family::kV4 ? 32 : 128;
  if (!wanted.address.specified() || wanted.prefix_length < 0 || wanted.prefix_length > host_length)
    return NetError::kInvalid;
  InterfaceAddress address = wanted;
  if (address.label.empty()) address.label = interface->name;
  if (interface->kind == InterfaceKind::kLoopback) address.scope = Scope::kHost;
  address.secondary = false;
  for (const InterfaceAddress& other : interface->addresses) {
    if (other.address == address.address && other.prefix_length == address.prefix_length) return NetError::kExists;
    if (address.address.family == IpAddress::Family::kV4 && !other.secondary && same_subnet(other, address))
      address.secondary = true;
  }
  // Primaries stand in front of secondaries, each in the order of their adding.
  const auto place = address.secondary
                         ? interface->addresses.end()
                         : std::ranges::find_if(interface->addresses, [](const auto& a) { return a.secondary; });
  interface->addresses.insert(place, address);
  add_connected_route(*interface, address);
  trace_address(TraceKind::kAddressAdded, *interface, address);
  changed();
  return NetError::kNone;
}

NetError NetStack::remove_address(std::string_view interface_name, const IpAddress& address, int prefix_length) {
  Interface* interface = find(interface_name);
  if (interface == nullptr) return NetError::kNoDevice;
  const auto it = std::ranges::find_if(interface->addresses, [&](const InterfaceAddress& a) {
    return a.address == address && (prefix_length < 0 || a.prefix_length == prefix_length);
  });
  if (it == interface->addresses.end()) return NetError::kNoAddress;
  const InterfaceAddress removed = *it;
  const auto position = static_cast<std::size_t>(it - interface->addresses.begin());
  interface->addresses.erase(it);
  trace_address(TraceKind::kAddressRemoved, *interface, removed);
  remove_connected_route(*interface, removed);
  if (!removed.secondary) promote_or_drop_secondaries(*interface, removed, position);
  // Routes that name a source which is gone go with it.
  if (!find_local(removed.address)) {
    std::vector<Route> orphans;
    for (const Route& route : routes_.all())
      if (route.source == removed.address) orphans.push_back(route);
    for (const Route& route : orphans) routes_.remove(route);
  }
  changed();
  return NetError::kNone;
}

void NetStack::promote_or_drop_secondaries(Interface& interface, const InterfaceAddress& removed,
                                           std::size_t position) {
  const auto belongs = [&](const InterfaceAddress& a) { return a.secondary && same_subnet(a, removed); };
  const auto first = std::ranges::find_if(interface.addresses, belongs);
  if (first == interface.addresses.end()) return;
  if (sysctls_.interface_number("ipv4", interface.name, "promote_secondaries") != 0) {
    InterfaceAddress promoted = *first;
    promoted.secondary = false;
    interface.addresses.erase(first);
    interface.addresses.insert(interface.addresses.begin() + static_cast<std::ptrdiff_t>(position), promoted);
    add_connected_route(interface, promoted);
    return;
  }
  std::vector<InterfaceAddress> dropped;
  std::ranges::copy_if(interface.addresses, std::back_inserter(dropped), belongs);
  std::erase_if(interface.addresses, belongs);
  for (const InterfaceAddress& address : dropped)
    trace_address(TraceKind::kAddressRemoved, interface, address, "its primary address was removed");
}

bool NetStack::find_local(const IpAddress& address) const {
  for (const Interface& interface : interfaces_)
    for (const InterfaceAddress& a : interface.addresses)
      if (a.address == address) return true;
  return address.family == IpAddress::Family::kV4 && address.bytes[0] == 127 && interfaces_[0].up;
}

NetError NetStack::add_route(const Route& route) {
  if (route.interface <= 0 || route.interface > static_cast<int>(interfaces_.size())) return NetError::kNoDevice;
  if (!at(route.interface).up) return NetError::kNetworkDown;
  const NetError error = routes_.add(route);
  if (error == NetError::kNone) changed();
  return error;
}

NetError NetStack::remove_route(const Route& route) {
  const NetError error = routes_.remove(route);
  if (error == NetError::kNone) changed();
  return error;
}

}  // namespace simcluster::sim
