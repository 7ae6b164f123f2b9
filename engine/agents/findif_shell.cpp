// Generations 2 and 3 of the finder: findif.sh (AT-3.5).
#include <algorithm>
#include <optional>

#include <fmt/core.h>

#include "engine/agents/findif.h"
#include "engine/agents/netmask.h"
#include "engine/agents/ocf.h"

namespace simcluster::agents {
namespace {

// The parameters as the script holds them in its variables.
struct Wanted {
  std::string_view ip_text;
  std::optional<IpAddress> ip;
  std::string_view nic;
  std::string netmask;  // as given; digits after conversion
  std::string_view broadcast;

  bool v6() const { return ip ? ip->family == IpAddress::Family::kV6 : ip_text.find(':') != ip_text.npos; }
  std::optional<int> prefix_length() const {
    const auto bits = parse_number(netmask);
    if (!bits || *bits > (v6() ? 128 : 32)) return std::nullopt;
    return static_cast<int>(*bits);
  }
};

Wanted wanted_by(const Environment& environment) {
  Wanted wanted;
  wanted.ip_text = environment.get("ip");
  wanted.ip = IpAddress::parse(wanted.ip_text);
  wanted.nic = environment.get("nic");
  wanted.netmask = environment.get("cidr_netmask");
  wanted.broadcast = environment.get("broadcast");
  return wanted;
}

bool is_link_local(const IpAddress& ip) {
  return ip.family == IpAddress::Family::kV6 && ip.bytes[0] == 0xfe && (ip.bytes[1] & 0xc0) == 0x80;
}

// What is wrong goes to the log; the exit reason of the action is that the finder has failed (measured with 4.12).
Task<int> not_configured(System& system, std::string_view reason) {
  co_await ocf_log(system, LogPriority::kError, reason);
  co_return kOcfErrConfigured;
}

// Step 1: the parameters have a possible form.
Task<int> check_parameters(System& system, const Wanted& wanted, bool relative_broadcast_allowed) {
  if (!wanted.ip) co_return co_await not_configured(system, fmt::format("IP address [{}] not valid.", wanted.ip_text));
  if (is_link_local(*wanted.ip) && wanted.nic.empty()) {
    co_return co_await not_configured(
        system, fmt::format("'nic' parameter is mandatory for a link local address [{}].", wanted.ip_text));
  }
  if (!wanted.netmask.empty() && !wanted.prefix_length()) {
    co_return co_await not_configured(system, fmt::format("Invalid netmask specification [{}].", wanted.netmask));
  }
  const bool relative = wanted.broadcast == "+" || wanted.broadcast == "-";
  if (wanted.broadcast.empty() || (relative && relative_broadcast_allowed)) co_return kOcfSuccess;
  if (!IpAddress::parse(wanted.broadcast)) {
    co_return co_await not_configured(system, fmt::format("Invalid broadcast address [{}].", wanted.broadcast));
  }
  co_return kOcfSuccess;
}

// Does a line of /proc/net/dev ("  eth0: 123 ...") or /proc/net/if_inet6 ("<address> ... eth0") belong to `nic`?
bool line_names_device(std::string_view line, std::string_view nic, bool v6) {
  while (!line.empty() && (line.back() == '\n' || line.back() == ' ')) line.remove_suffix(1);
  if (v6) {
    const std::size_t blank = line.rfind(' ');
    return blank != line.npos && line.substr(blank + 1) == nic;
  }
  line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
  return line.size() > nic.size() && line.starts_with(nic) && line[nic.size()] == ':';
}

// `while read line; do ... done < /proc/net/dev`, generation 2: each turn is a read of its own (AT-2.12).
Task<bool> device_is_listed(System& system, std::string_view nic, bool v6) {
  const std::string_view path = v6 ? "/proc/net/if_inet6" : "/proc/net/dev";
  const OpenResult opened = co_await system.open_file(path);
  if (!opened.file.valid()) co_return false;
  bool listed = false;
  while (!listed) {
    const Piece piece = co_await system.read_piece(opened.file);
    if (piece.end) break;
    listed = line_names_device(piece.text, nic, v6);
  }
  system.close_file(opened.file);
  co_return listed;
}

// A route as the script reads it from one line of `ip -o route list`.
struct Route {
  std::string nic;
  std::optional<int> prefix_length;  // none: the line shows no prefix
  IpAddress source;
};

// ip prints neither "/32" for a host route nor a prefix for default.
bool shows_prefix(const RouteEntry& entry) {
  const int host = entry.destination.family == IpAddress::Family::kV6 ? 128 : 32;
  return entry.destination.specified() && entry.prefix_length != host;
}

Route read_line(const RouteEntry& entry) {
  Route route;
  route.nic = entry.device;
  if (shows_prefix(entry)) route.prefix_length = entry.prefix_length;
  route.source = entry.source;
  return route;
}

bool usable(const RouteEntry& entry, std::string_view nic) { return nic.empty() || entry.device == nic; }

// Generation 2: `head -1`.
std::optional<Route> first_route(std::span<const RouteEntry> entries, std::string_view nic) {
  for (const RouteEntry& entry : entries) {
    if (usable(entry, nic)) return read_line(entry);
  }
  return std::nullopt;
}

// Generation 3: the longest prefix; of equal ones the first.
std::optional<Route> longest_route(std::span<const RouteEntry> entries, std::string_view nic) {
  const RouteEntry* best = nullptr;
  for (const RouteEntry& entry : entries) {
    if (!usable(entry, nic)) continue;
    if (best == nullptr || entry.prefix_length > best->prefix_length) best = &entry;
  }
  if (best == nullptr) return std::nullopt;
  return read_line(*best);
}

// Newest: default routes are dropped, lines without a prefix count as host routes, equal prefixes go by metric.
std::optional<Route> sorted_route(std::span<const RouteEntry> entries, std::string_view nic) {
  const RouteEntry* best = nullptr;
  for (const RouteEntry& entry : entries) {
    if (!usable(entry, nic) || !entry.destination.specified()) continue;
    if (best == nullptr || entry.prefix_length > best->prefix_length ||
        (entry.prefix_length == best->prefix_length && entry.metric < best->metric)) {
      best = &entry;
    }
  }
  if (best == nullptr) return std::nullopt;
  Route route = read_line(*best);
  route.prefix_length = best->prefix_length;
  return route;
}

using ChooseRoute = std::optional<Route> (*)(std::span<const RouteEntry>, std::string_view nic);

// Steps 3 and 4: the route to the address; for 127.x in the local table.
Task<std::optional<Route>> find_route(System& system, const Wanted& wanted, ChooseRoute choose) {
  if (!wanted.ip) co_return std::nullopt;
  RouteQuery query;
  query.address = *wanted.ip;
  query.prefix_length = wanted.prefix_length().value_or(-1);
  const RouteListing listing = co_await system.list_routes(query);
  std::optional<Route> route = choose(listing.entries, wanted.nic);
  if (route || wanted.v6() || wanted.ip->bytes[0] != 127) co_return route;

  query.prefix_length = -1;
  query.table = RouteTable::kLocal;
  query.scope = AddressScope::kHost;
  const RouteListing local = co_await system.list_routes(query);
  co_return choose(local.entries, wanted.nic);
}

// Step 6: the broadcast address that goes with the route's source address.
Task<IpAddress> broadcast_of_source(System& system, IpAddress source) {
  if (!source.specified()) co_return IpAddress();
  const AddressListing listing = co_await system.list_addresses(IpAddress::Family::kV4);
  for (const AddressEntry& entry : listing.entries) {
    if (entry.address == source) co_return entry.broadcast;
  }
  co_return IpAddress();
}

// Steps 3 to 8.
Task<FoundInterface> find(System& system, const Wanted& wanted, ChooseRoute choose) {
  FoundInterface found;
  const std::optional<Route> route = co_await find_route(system, wanted, choose);
  const std::optional<int> given_prefix = wanted.prefix_length();
  if (!route && (wanted.nic.empty() || !given_prefix)) {
    co_await ocf_log(system, LogPriority::kError,
                     wanted.nic.empty() ? "Unable to find nic or netmask." : "Unable to find cidr_netmask.");
    found.exit_code = kOcfErrGeneric;
    co_return found;
  }
  if (!given_prefix && !route->prefix_length) {
    co_await ocf_log(system, LogPriority::kError, "Unable to find cidr_netmask.");
    found.exit_code = kOcfErrGeneric;
    co_return found;
  }
  found.nic = wanted.nic.empty() ? std::string_view(route->nic) : wanted.nic;
  found.prefix_length = given_prefix ? *given_prefix : *route->prefix_length;
  if (const auto given = IpAddress::parse(wanted.broadcast)) {
    found.broadcast = *given;
  } else if (wanted.broadcast.empty() && route && !wanted.v6()) {
    found.broadcast = co_await broadcast_of_source(system, route->source);
  } else if (wanted.broadcast == "+" && wanted.ip) {
    found.broadcast = broadcast_of(*wanted.ip, found.prefix_length);
  } else if (wanted.broadcast == "-" && wanted.ip) {
    found.broadcast = wanted.ip->network(found.prefix_length);
  }
  co_return found;
}

FoundInterface failed_with(int exit_code) {
  FoundInterface found;
  found.exit_code = exit_code;
  return found;
}

}  // namespace

Task<FoundInterface> findif_by_proc_net_dev(System& system) {
  const Wanted wanted = wanted_by(system.environment());
  const int checked = co_await check_parameters(system, wanted, false);
  if (checked != kOcfSuccess) co_return failed_with(checked);
  if (!wanted.nic.empty()) {
    const bool listed = co_await device_is_listed(system, wanted.nic, wanted.v6());
    if (!listed) {
      co_await ocf_log(system, LogPriority::kError, fmt::format("Unknown interface [{}] No such device.", wanted.nic));
      co_return failed_with(kOcfErrConfigured);
    }
  }
  co_return co_await find(system, wanted, first_route);
}

Task<FoundInterface> findif_by_link(System& system) {
  const Environment& environment = system.environment();
  Wanted wanted = wanted_by(environment);
  if (const auto bits = parse_dotted_netmask(wanted.netmask); bits && !wanted.prefix_length()) {
    const std::string dotted = std::exchange(wanted.netmask, std::to_string(*bits));
    co_await ocf_log(system, LogPriority::kWarning,
                     fmt::format("Please convert dotted quad netmask {} to CIDR notation {}!", dotted, *bits));
  }
  if (environment.action == "start" || environment.action == "validate-all") {
    const int checked = co_await check_parameters(system, wanted, true);
    if (checked != kOcfSuccess) co_return failed_with(checked);
    if (!wanted.nic.empty()) {
      const LinkListing link = co_await system.show_link(wanted.nic);
      if (!link.command.ok()) {
        const std::string reason = fmt::format("Invalid interface name [{}]: {}", wanted.nic, link.command.error);
        co_await ocf_log(system, LogPriority::kError, reason);
        co_return failed_with(kOcfErrConfigured);
      }
    }
  }
  co_return co_await find(system, wanted,
                          environment.profile.ipaddr2_checks_link_status ? sorted_route : longest_route);
}

}  // namespace simcluster::agents
