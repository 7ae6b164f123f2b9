// Generation 1 of the finder (AT-3.4).
#include <optional>

#include <fmt/core.h>

#include "engine/agents/findif.h"
#include "engine/agents/netmask.h"
#include "engine/agents/ocf.h"

namespace simcluster::agents {
namespace {

constexpr std::string_view kUsage = "usage: findif [-C]";

void usage(System& system) { system.print_error(kUsage); }

// The row with the smallest metric and the longest mask; of equal rows the last (AT-3.4 3).
std::optional<RouteEntry> best_route(std::span<const RouteEntry> rows, IpAddress ip) {
  std::optional<RouteEntry> best;
  for (const RouteEntry& row : rows) {
    const IpAddress destination = row.destination.specified() ? row.destination : IpAddress::v4(0);
    if (ip.network(row.prefix_length) != destination.network(row.prefix_length)) continue;
    if (best && (row.metric > best->metric || row.prefix_length < best->prefix_length)) continue;
    best = row;
  }
  return best;
}

Task<std::string> loopback_device(System& system) {
  const AddressListing listing = co_await system.list_addresses(IpAddress::Family::kV4);
  for (const AddressEntry& entry : listing.entries) {
    if (entry.scope == AddressScope::kHost) co_return std::string(entry.device);
  }
  co_return std::string();
}

}  // namespace

Task<FoundInterface> findif_program(System& system) {
  const Environment& environment = system.environment();
  FoundInterface found;
  const CommandResult started = co_await system.execute("findif -C");
  if (!started.ok()) {
    found.exit_code = started.exit_code;
    co_return found;
  }

  const auto ip = IpAddress::parse(environment.get("ip"));
  const std::string_view mask_text = environment.get("cidr_netmask", environment.get("netmask"));
  const std::optional<int> mask = parse_netmask(mask_text);
  if (!ip || ip->family != IpAddress::Family::kV4 || (!mask_text.empty() && (!mask || *mask < 1))) {
    usage(system);
    found.exit_code = kOcfErrConfigured;
    co_return found;
  }

  found.nic = environment.get("nic");
  if (!found.nic.empty()) {
    const bool exists = co_await system.interface_exists(found.nic);
    if (!exists) {
      system.print_error(fmt::format("{}: unknown interface: No such device", found.nic));
      usage(system);
      found.exit_code = kOcfErrConfigured;
      co_return found;
    }
  }

  int route_prefix = 0;
  if (found.nic.empty() || !mask) {
    if (ip->bytes[0] == 127) {
      if (found.nic.empty()) found.nic = co_await loopback_device(system);
      route_prefix = 8;
    } else {
      const RouteListing routes = co_await system.read_route_table();
      const std::optional<RouteEntry> route = best_route(routes.entries, *ip);
      if (!route) {
        system.print_error(fmt::format("No route to {}", ip->text()));
        found.exit_code = kOcfErrGeneric;
        co_return found;
      }
      if (found.nic.empty()) found.nic = route->device;
      route_prefix = route->prefix_length;
    }
  }
  if (!mask && route_prefix == 0) {
    system.print_error(fmt::format("ERROR: Cannot use default route w/o netmask [{}]", ip->text()));
    found.exit_code = kOcfErrGeneric;
    co_return found;
  }

  found.prefix_length = mask ? *mask : route_prefix;
  const auto broadcast = IpAddress::parse(environment.get("broadcast"));
  found.broadcast = broadcast ? *broadcast : broadcast_of(*ip, found.prefix_length);
  co_return found;
}

}  // namespace simcluster::agents
