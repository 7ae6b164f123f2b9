// ip(8) of iproute2 on the simulated kernel: addr, link, route and neigh, as far as agents use them (AT-2.9, AT-6.2).
#include <algorithm>
#include <charconv>

#include <fmt/core.h>

#include "sim/kernel/kernel.h"
#include "sim/kernel/listing.h"
#include "sim/scripts/commands.h"

namespace simcluster::sim {

namespace {

constexpr int kRefused = 2;  // by the kernel
constexpr int kUsage = 1;

CommandAnswer refused(int code, std::string text) { return {code, "", std::move(text) + "\n", {}}; }

bool abbreviates(std::string_view word, std::string_view whole) { return !word.empty() && whole.starts_with(word); }

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    lines.push_back(text.substr(0, text.find('\n')));
    text.remove_prefix(std::min(text.size(), lines.back().size() + 1));
  }
  return lines;
}

struct Prefix {
  IpAddress address;
  int length = -1;  // not given
};

std::optional<Prefix> parse_prefix(std::string_view text) {
  Prefix prefix;
  const std::size_t slash = text.find('/');
  const auto address = IpAddress::parse(text.substr(0, slash));
  if (!address) return std::nullopt;
  prefix.address = *address;
  const int most = address->family == IpAddress::Family::kV6 ? 128 : 32;
  if (slash == std::string_view::npos) return prefix;
  const std::string_view digits = text.substr(slash + 1);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), prefix.length);
  if (error != std::errc() || end != digits.data() + digits.size() || prefix.length < 0 || prefix.length > most)
    return std::nullopt;
  return prefix;
}

class IpCommand {
 public:
  IpCommand(Kernel& kernel, const std::vector<std::string>& arguments) : kernel_(kernel), words_(arguments) {}

  CommandAnswer run() {
    while (more() && peek().starts_with('-'))
      if (auto answer = option(take())) return *answer;
    if (!more()) return refused(255, "Usage: ip [ OPTIONS ] OBJECT { COMMAND | help }");
    const std::string object = take();
    if (abbreviates(object, "address") || object == "addr") return addresses();
    if (abbreviates(object, "link")) return links();
    if (abbreviates(object, "route")) return routes();
    if (abbreviates(object, "neighbour") || abbreviates(object, "neighbor")) return neighbours();
    return refused(kUsage, fmt::format("Object \"{}\" is unknown, try \"ip help\".", object));
  }

 private:
  bool more() const { return at_ < words_.size(); }
  const std::string& peek() const { return words_[at_]; }
  std::string take() { return more() ? words_[at_++] : std::string(); }

  std::optional<CommandAnswer> option(const std::string& word) {
    if (word == "-V" || word == "-Version") return CommandAnswer{0, "ip utility, iproute2-6.1.0\n", "", {}};
    if (abbreviates(word, "-oneline")) {
      oneline_ = true;
    } else if (word == "-4" || word == "-6") {
      family_ = word == "-4" ? IpAddress::Family::kV4 : IpAddress::Family::kV6;
    } else if (abbreviates(word, "-family")) {
      family_ = take() == "inet6" ? IpAddress::Family::kV6 : IpAddress::Family::kV4;
    } else if (!abbreviates(word, "-statistics") && !abbreviates(word, "-details")) {
      return refused(255, fmt::format("Option \"{}\" is unknown, try \"ip -help\".", word));
    }
    return std::nullopt;
  }

  bool known(const std::string& device) const { return kernel_.net().find_interface(device) != nullptr; }

  CommandAnswer changed(NetError error, std::string_view device, bool adding) const {
    if (error == NetError::kNone) return {};
    if (error == NetError::kNoDevice) return refused(kUsage, fmt::format("Cannot find device \"{}\"", device));
    // Kernels that say more than the number of the error (AT-2.3).
    if (!kernel_.context().profile.old_address_listing) {
      if (error == NetError::kExists && adding) return refused(kRefused, "Error: ipv4: Address already assigned.");
      if (error == NetError::kNoAddress) return refused(kRefused, "Error: ipv4: Address not found.");
    }
    return refused(kRefused, fmt::format("RTNETLINK answers: {}", net_error_text(error)));
  }

  // --- addr ----------------------------------------------------------------------------------------------------------

  CommandAnswer addresses() {
    const std::string verb = more() ? take() : "show";
    if (abbreviates(verb, "add") || verb == "replace" || verb == "change") return change_address(true, verb != "add");
    if (abbreviates(verb, "delete")) return change_address(false, false);
    if (abbreviates(verb, "show") || abbreviates(verb, "list") || verb == "lst") return show_addresses();
    if (abbreviates(verb, "flush")) return flush_addresses();
    return refused(255, fmt::format("Command \"{}\" is unknown, try \"ip address help\".", verb));
  }

  CommandAnswer change_address(bool add, bool replace) {
    std::string device;
    std::string text;
    std::optional<Prefix> prefix;
    bool standard_broadcast = false;
    InterfaceAddress address;
    while (more()) {
      const std::string word = take();
      if (word == "dev") {
        device = take();
      } else if (word == "brd" || word == "broadcast") {
        const std::string value = take();
        standard_broadcast = value == "+";
        if (const auto broadcast = IpAddress::parse(value)) {
          address.broadcast = *broadcast;
        } else if (value != "+" && value != "-") {
          return refused(kUsage, fmt::format("Error: inet address is expected rather than \"{}\".", value));
        }
      } else if (word == "label") {
        address.label = take();
      } else if (word == "noprefixroute") {
        address.no_prefix_route = true;
      } else if (word == "scope" || word == "valid_lft" || word == "preferred_lft" || word == "metric" ||
                 word == "proto") {
        take();
      } else if (word != "nodad" && word != "home") {
        text = word == "local" ? take() : word;
        prefix = parse_prefix(text);
        if (!prefix)
          return refused(kUsage, fmt::format("Error: any valid prefix is expected rather than \"{}\".", text));
      }
    }
    if (!prefix) return refused(kUsage, "Not enough information: \"local\" is required.");
    if (device.empty()) return refused(kUsage, "Not enough information: \"dev\" argument is required.");
    address.address = prefix->address;
    const int whole = prefix->address.family == IpAddress::Family::kV6 ? 128 : 32;
    address.prefix_length = prefix->length < 0 ? whole : prefix->length;
    if (!add) return changed(kernel_.net().remove_address(device, address.address, prefix->length), device, false);
    if (standard_broadcast && address.prefix_length < 31) {
      address.broadcast = address.address.network(address.prefix_length);
      for (int bit = address.prefix_length; bit < 32; ++bit)
        address.broadcast.bytes[static_cast<std::size_t>(bit) / 8] |= static_cast<std::uint8_t>(0x80 >> (bit % 8));
    }
    const NetError error = kernel_.net().add_address(device, address);
    return replace && error == NetError::kExists ? CommandAnswer{} : changed(error, device, true);
  }

  CommandAnswer flush_addresses() {
    std::string device;
    while (more())
      if (const std::string word = take(); word == "dev" || known(word)) device = word == "dev" ? take() : word;
    const Interface* interface = kernel_.net().find_interface(device);
    if (interface == nullptr) return refused(kUsage, "Flush requires arguments.");
    const std::vector<InterfaceAddress> all = interface->addresses;
    for (const InterfaceAddress& one : all)
      if (!family_ || one.address.family == *family_)
        kernel_.net().remove_address(device, one.address, one.prefix_length);
    return {};
  }

  struct Filter {
    std::string device;
    std::string label;
    std::optional<Prefix> to;
    bool up = false;
    bool primary = false;
    bool secondary = false;
    std::string scope;
  };

  // An address line of ip's: "    inet 10.0.0.1/24 brd ...".
  bool wanted(const Interface& interface, std::string_view line, const Filter& filter) const {
    const bool v6 = line.find("inet6 ") != std::string_view::npos;
    if (family_ && (*family_ == IpAddress::Family::kV6) != v6) return false;
    std::string_view text = line.substr(line.find("inet"));
    text.remove_prefix(text.find(' ') + 1);
    const auto own = parse_prefix(text.substr(0, text.find(' ')));
    const bool secondary = line.find(" secondary") != std::string_view::npos;
    if (filter.primary && secondary) return false;
    if (filter.secondary && !secondary) return false;
    if (!filter.scope.empty() && line.find(" scope " + filter.scope) == std::string_view::npos) return false;
    if (filter.up && !interface.up) return false;
    if (!filter.label.empty()) {
      const std::string_view before = line.substr(0, line.find('\\'));
      const bool any = filter.label.ends_with('*');
      const std::string_view label = std::string_view(filter.label).substr(0, filter.label.size() - (any ? 1 : 0));
      const std::string_view own_label = before.substr(before.rfind(' ') + 1);
      if (any ? !own_label.starts_with(label) : own_label != label) return false;
    }
    if (!filter.to || !own) return true;
    const int length =
        filter.to->length < 0 ? own->address.family == IpAddress::Family::kV6 ? 128 : 32 : filter.to->length;
    return own->address.family == filter.to->address.family &&
           own->address.network(length) == filter.to->address.network(length);
  }

  CommandAnswer show_addresses() {
    Filter filter;
    while (more()) {
      const std::string word = take();
      if (word == "dev")
        filter.device = take();
      else if (word == "label")
        filter.label = take();
      else if (word == "to")
        filter.to = parse_prefix(take());
      else if (word == "scope")
        filter.scope = take();
      else if (word == "up")
        filter.up = true;
      else if (word == "primary")
        filter.primary = true;
      else if (word == "secondary")
        filter.secondary = true;
      else
        filter.device = word;
    }
    if (!filter.device.empty() && !known(filter.device))
      return refused(kUsage, fmt::format("Device \"{}\" does not exist.", filter.device));
    std::string text;
    for (const Interface& interface : kernel_.net().interfaces()) {
      if (!filter.device.empty() && interface.name != filter.device) continue;
      text += oneline_ ? oneline_addresses(interface, filter) : address_block(interface, filter);
    }
    return {0, text, "", {}};
  }

  std::string oneline_addresses(const Interface& interface, const Filter& filter) const {
    std::string text;
    for (const auto family : {IpAddress::Family::kV4, IpAddress::Family::kV6}) {
      const std::string all = ip_oneline_addresses(kernel_, family);
      for (const std::string_view line : lines_of(all)) {
        if (!line.starts_with(fmt::format("{}: {} ", interface.index, interface.name))) continue;
        if (wanted(interface, line, filter)) text += std::string(line) + "\n";
      }
    }
    return text;
  }

  std::string address_block(const Interface& interface, const Filter& filter) const {
    if (filter.up && !interface.up) return {};
    const std::string all = ip_addr_show(kernel_, interface.name);
    const bool filtered =
        family_ || filter.to || !filter.label.empty() || filter.primary || filter.secondary || !filter.scope.empty();
    std::string text;
    bool keep = true;
    bool some = false;
    for (const std::string_view line : lines_of(all)) {
      if (line.starts_with("    link/")) {
        keep = !family_;
      } else if (line.starts_with("    inet")) {
        keep = wanted(interface, line, filter);
        some = some || keep;
      } else if (!line.starts_with(' ')) {
        keep = true;
      }
      if (keep) text += std::string(line) + "\n";
    }
    return filtered && !some ? std::string() : text;
  }

  // --- link ----------------------------------------------------------------------------------------------------------

  CommandAnswer links() {
    const std::string verb = more() ? take() : "show";
    std::string device;
    if (abbreviates(verb, "set")) {
      std::optional<bool> up;
      while (more()) {
        const std::string word = take();
        if (word == "up" || word == "down")
          up = word == "up";
        else if (word == "mtu" || word == "arp" || word == "promisc" || word == "multicast")
          take();
        else
          device = word == "dev" ? take() : word;
      }
      if (!known(device)) return refused(kUsage, fmt::format("Cannot find device \"{}\"", device));
      return up ? changed(kernel_.net().set_up(device, *up), device, false) : CommandAnswer{};
    }
    if (!abbreviates(verb, "show") && !abbreviates(verb, "list") && verb != "lst")
      return refused(255, fmt::format("Command \"{}\" is unknown, try \"ip link help\".", verb));
    bool up = false;
    while (more()) {
      const std::string word = take();
      if (word == "up")
        up = true;
      else
        device = word == "dev" ? take() : word;
    }
    if (!device.empty() && !known(device)) return refused(kUsage, fmt::format("Device \"{}\" does not exist.", device));
    std::string text;
    for (const Interface& interface : kernel_.net().interfaces()) {
      if ((!device.empty() && interface.name != device) || (up && !interface.up)) continue;
      std::string block = ip_link_show(kernel_, interface.name);
      // `ip link` says how the link is used, which `ip addr` does not.
      if (const std::size_t group = block.find(" group default"); group != std::string::npos)
        block.insert(group, " mode DEFAULT");
      if (oneline_) block.replace(block.find('\n'), 1, "\\");
      text += block;
    }
    return {0, text, "", {}};
  }

  // --- route ---------------------------------------------------------------------------------------------------------

  CommandAnswer routes() {
    const std::string verb = more() ? take() : "show";
    if (abbreviates(verb, "flush")) return {};
    if (abbreviates(verb, "show") || abbreviates(verb, "list") || verb == "lst") return show_routes();
    if (verb == "get") return get_route();
    if (abbreviates(verb, "add") || abbreviates(verb, "append") || verb == "replace" || abbreviates(verb, "delete"))
      return change_route(verb);
    return refused(255, fmt::format("Command \"{}\" is unknown, try \"ip route help\".", verb));
  }

  std::string line_end() const { return kernel_.context().profile.old_address_listing ? "\n" : " \n"; }

  CommandAnswer show_routes() {
    std::optional<Prefix> match;
    std::optional<Prefix> exact;
    std::string scope;
    std::string device;
    std::string table = "main";
    while (more()) {
      std::string word = take();
      if (word == "match" || word == "exact" || word == "root" || word == "to") {
        const std::string text = take();
        const auto prefix = text == "default" ? Prefix{IpAddress::v4(0), 0} : parse_prefix(text);
        if (!prefix)
          return refused(kUsage, fmt::format("Error: any valid prefix is expected rather than \"{}\".", text));
        (word == "match" ? match : exact) = prefix;
      } else if (word == "scope") {
        scope = take();
      } else if (word == "dev") {
        device = take();
      } else if (word == "table") {
        table = take();
      } else if (word == "proto" || word == "type" || word == "metric" || word == "src" || word == "via") {
        take();
      } else if (const auto prefix = parse_prefix(word)) {
        exact = prefix;
      }
    }
    if (!device.empty() && !known(device)) return refused(kUsage, fmt::format("Cannot find device \"{}\"", device));
    std::string text;
    for (const Route& route : table == "local" ? local_routes(kernel_) : kernel_.net().routes().all()) {
      if (route.family != family_.value_or(IpAddress::Family::kV4)) continue;
      if (match && (!route.matches(match->address) || (match->length >= 0 && route.prefix_length > match->length)))
        continue;
      if (exact &&
          (route.destination != exact->address.network(std::max(exact->length, 0)) ||
           route.prefix_length != (exact->length < 0 ? 32 : exact->length)) &&
          !(exact->length == 0 && !route.destination.specified()))
        continue;
      if (scope == "link" && route.scope != Scope::kLink) continue;
      if (scope == "host" && route.scope != Scope::kHost) continue;
      if (scope == "global" && route.scope != Scope::kGlobal) continue;
      if (!device.empty() && kernel_.net().interface(route.interface).name != device) continue;
      std::string line = ip_route_text(kernel_, route, scope.empty());
      if (!device.empty()) line.erase(line.find(" dev " + device), device.size() + 5);
      text += (table == "local" ? "local " : "") + line + line_end();
    }
    return {0, text, "", {}};
  }

  CommandAnswer get_route() {
    const std::string text = take();
    const auto prefix = parse_prefix(text);
    if (!prefix) return refused(kUsage, fmt::format("Error: any valid prefix is expected rather than \"{}\".", text));
    const Route* route = kernel_.net().routes().lookup(prefix->address);
    if (route == nullptr) return refused(kRefused, "RTNETLINK answers: Network is unreachable");
    std::string line = prefix->address.text();
    if (route->via.specified()) line += " via " + route->via.text();
    const Interface& interface = kernel_.net().interface(route->interface);
    line += " dev " + interface.name;
    IpAddress source = route->source;
    for (const InterfaceAddress& one : interface.addresses)
      if (!source.specified() && one.address.family == prefix->address.family) source = one.address;
    if (source.specified()) line += " src " + source.text();
    return {0, line + (kernel_.context().profile.old_address_listing ? "\n" : " uid 0 ") + "\n    cache \n", "", {}};
  }

  CommandAnswer change_route(const std::string& verb) {
    Route route;
    std::string device;
    bool good = false;
    while (more()) {
      const std::string word = take();
      if (word == "dev") {
        device = take();
      } else if (word == "via" || word == "src") {
        const auto address = IpAddress::parse(take());
        if (!address) return refused(kUsage, "Error: inet address is expected.");
        (word == "via" ? route.via : route.source) = *address;
      } else if (word == "metric") {
        route.metric = std::atoi(take().c_str());
      } else if (word == "scope") {
        const std::string scope = take();
        route.scope = scope == "link" ? Scope::kLink : scope == "host" ? Scope::kHost : Scope::kGlobal;
      } else if (word == "default") {
        good = true;
      } else if (word == "proto" || word == "table") {
        take();
      } else {
        const auto prefix = parse_prefix(word == "to" ? take() : word);
        if (!prefix)
          return refused(kUsage, fmt::format("Error: any valid prefix is expected rather than \"{}\".", word));
        route.prefix_length = prefix->length < 0 ? 32 : prefix->length;
        route.destination = prefix->address.network(route.prefix_length);
        route.family = prefix->address.family;
        good = true;
      }
    }
    if (!good) return refused(kUsage, "Error: any valid prefix is expected.");
    if (device.empty() && route.via.specified())
      if (const Route* way = kernel_.net().routes().lookup(route.via))
        device = kernel_.net().interface(way->interface).name;
    const Interface* interface = kernel_.net().find_interface(device);
    if (interface == nullptr) return refused(kUsage, fmt::format("Cannot find device \"{}\"", device));
    route.interface = interface->index;
    if (!route.via.specified() && route.scope == Scope::kGlobal) route.scope = Scope::kLink;
    if (abbreviates(verb, "delete")) return changed(kernel_.net().remove_route(route), device, false);
    const NetError error = kernel_.net().add_route(route);
    return verb == "replace" && error == NetError::kExists ? CommandAnswer{} : changed(error, device, false);
  }

  // --- neigh ---------------------------------------------------------------------------------------------------------

  CommandAnswer neighbours() {
    const std::string verb = more() ? take() : "show";
    if (abbreviates(verb, "flush")) {
      kernel_.net().flush_neighbours();
      return {};
    }
    if (!abbreviates(verb, "show") && !abbreviates(verb, "list")) return {};
    return {0, ip_neigh_show(kernel_), "", {}};
  }

  Kernel& kernel_;
  const std::vector<std::string>& words_;
  std::size_t at_ = 0;
  bool oneline_ = false;
  std::optional<IpAddress::Family> family_;
};

}  // namespace

CommandAnswer ip_command(Kernel& kernel, const std::vector<std::string>& arguments) {
  return IpCommand(kernel, arguments).run();
}

}  // namespace simcluster::sim
