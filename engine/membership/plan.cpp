#include "engine/membership/plan.h"

#include <algorithm>
#include <set>

#include <fmt/core.h>

namespace simcluster::membership {

namespace {

constexpr std::uint16_t kDefaultPort = 5405;  // K-11
constexpr std::size_t kMaxLinkMode = 64;
constexpr std::size_t kMinKey = 128;  // CR-3
constexpr std::size_t kMaxKey = 4096;

class Planner {
 public:
  Planner(const CorosyncConf& conf, const Result<TotemTimers>& timers, const LocalMachine& local,
          const Profile& profile)
      : conf_(conf), timers_(timers), local_(local), profile_(profile) {
    plan_.transport = effective_transport(conf, profile);
  }

  // The order of M 14.6; (b) has no prefix in Corosync's texts.
  Result<Plan> make() {
    for (const auto step : {&Planner::words, &Planner::links, &Planner::keys, &Planner::structure, &Planner::timers,
                            &Planner::lists, &Planner::modes})
      if (auto result = (this->*step)(); !result) return tl::unexpected<Error>(result.error());
    identify();
    warn();
    return std::move(plan_);
  }

 private:
  tl::unexpected<Error> error(std::string text, const SourcePlace* place = nullptr) const {
    return fail(std::move(text), place != nullptr ? *place : SourcePlace{conf_.file_name, 0, 0});
  }
  // CF-12.
  tl::unexpected<Error> config_error(const std::string& text, const SourcePlace* place = nullptr) const {
    return error("parse error in config: " + text, place);
  }

  bool knet() const { return plan_.transport == TransportKind::kKnet; }
  std::string of_interface(std::uint8_t number) const {
    return profile_.processor_is_address ? std::string() : fmt::format(" for interface {}", number);
  }

  const InterfaceConf* interface(std::uint8_t number) const {
    for (const InterfaceConf& interface : conf_.interfaces)
      if (interface.number == number) return &interface;
    return nullptr;
  }

  // CF-24. Names first (host name as it is, then without its domain), then addresses.
  const NodeConf* find_local() const {
    const auto short_name = [](std::string_view name) { return name.substr(0, name.find('.')); };
    if (!profile_.processor_is_address) {
      for (const NodeConf& node : conf_.nodes)
        if (!local_.host_name.empty() && (node.name == local_.host_name || node.addresses[0] == local_.host_name))
          return &node;
      for (const NodeConf& node : conf_.nodes)
        if (!local_.host_name.empty() && !node.name.empty() && short_name(node.name) == short_name(local_.host_name))
          return &node;
    }
    for (const NodeConf& node : conf_.nodes) {
      const auto address = IpAddress::parse(node.addresses[0]);
      if (address && std::find(local_.addresses.begin(), local_.addresses.end(), *address) != local_.addresses.end())
        return &node;
    }
    return nullptr;
  }

  // The key is there and has no value: that is no default (Corosync 3.1.7).
  bool blank(const std::string& key) const {
    const auto at = conf_.map.find(key);
    return at != conf_.map.end() && at->second.text.empty();
  }

  // M 14.6 (a).
  Result<void> words() {
    if (!conf_.totem.transport_word.empty() || blank("totem.transport"))
      return profile_.processor_is_address && !profile_.knet_transport
                 ? error("Invalid transport type. Should be udpu or udp")
                 : error("Invalid transport type. Should be udpu, udp or knet");
    for (const InterfaceConf& interface : conf_.interfaces) {
      const std::string prefix = fmt::format("totem.interface.{}.", interface.number);
      const bool given = !interface.multicast_address.empty() || blank(prefix + "mcastaddr");
      const bool used = plan_.transport != TransportKind::kUdpu && given;
      if (used && !readable(interface.multicast_address))
        return error(fmt::format("failed to parse mcast address '{}'", interface.multicast_address), &interface.place);
      const std::string& transport = interface.knet_transport;
      if ((!transport.empty() || blank(prefix + "knet_transport")) && transport != "udp" && transport != "sctp")
        return error("Unrecognised knet_transport. expected 'udp' or 'sctp'", &interface.place);
    }
    if (conf_.totem.link_mode.size() >= kMaxLinkMode) return error("totem.link_mode is too long");
    return {};
  }

  // M 14.6 (b).
  Result<void> links() {
    if (conf_.nodes.empty()) return links_of_interfaces();
    own_ = find_local();
    for (const NodeConf& node : conf_.nodes) {
      if (node.bad_link >= 0) return ring_number_error(node.bad_link, node);
      for (std::uint8_t number = 0; number < kMaxLinks; ++number) {
        const std::string& text = node.addresses[number];
        const auto at = static_cast<std::size_t>(&node - conf_.nodes.data());
        if (text.empty() && !blank(fmt::format("nodelist.node.{}.ring{}_addr", at, number))) continue;
        if (profile_.processor_is_address && number > 1) return ring_number_error(number, node);
        const bool own = &node == own_ && (number > 0 || IpAddress::parse(text));
        const char* what = own ? "bindnet" : "node";
        if (!readable(text)) return error(fmt::format("failed to parse {} address '{}'", what, text), &node.place);
      }
    }
    if (auto result = knet_ids(); !result) return result;
    if (own_ == nullptr) return {};
    plan_.local_votes = own_->votes;
    for (std::uint8_t number = 0; number < kMaxLinks; ++number) {
      if (own_->addresses[number].empty()) continue;
      PlannedLink link;
      link.number = number;
      if (auto result = nodelist_link(link); !result) return result;
      plan_.links.push_back(std::move(link));
    }
    return {};
  }

  // An address of a family that ip_version allows (udp wants IPv4 where nothing is said).
  bool readable(const std::string& text) const {
    const auto address = IpAddress::parse(text);
    if (!address || profile_.processor_is_address) return address.has_value();
    const bool v6 = address->family == IpAddress::Family::kV6;
    const std::string& version = conf_.totem.ip_version;
    if (version == "ipv4" || (version.empty() && plan_.transport == TransportKind::kUdp)) return !v6;
    return version != "ipv6" || v6;
  }

  tl::unexpected<Error> ring_number_error(int number, const NodeConf& node) const {
    return config_error(fmt::format("interface ring number {} is bigger than allowed maximum {}", number,
                                    profile_.processor_is_address ? 1 : kMaxLinks - 1),
                        &node.place);
  }

  Result<void> knet_ids() const {
    if (!knet()) return {};
    for (const NodeConf& node : conf_.nodes) {
      if (node.node_id.value_or(0) == 0 && &node != own_)
        return error(
            fmt::format("Knet requires an explicit nodeid to be specified for address '{}'.", node.addresses[0]),
            &node.place);
      if (node.node_id.value_or(0) >= 65536)
        return error(fmt::format("Knet requires nodeid to be less than 65536 for address '{}'.", node.addresses[0]),
                     &node.place);
    }
    if (own_ != nullptr && own_->node_id.value_or(0) == 0)
      return error("Knet requires an explicit nodeid for the local node", &own_->place);
    return {};
  }

  Result<void> nodelist_link(PlannedLink& link) {
    for (const NodeConf& node : conf_.nodes) {
      const std::string& text = node.addresses[link.number];
      if (text.empty()) continue;
      const IpAddress address = *IpAddress::parse(text);
      link.addresses[id_of(node)] = address;
      if (&node == own_) {
        link.config.bind_network = address;
        if (const auto mtu = local_.mtus.find(address); mtu != local_.mtus.end()) link.interface_mtu = mtu->second;
      } else if (plan_.transport != TransportKind::kUdp)
        link.config.peers.push_back(address);
    }
    const bool v6 = link.config.bind_network.family == IpAddress::Family::kV6;
    if (v6 && !knet() && own_->node_id.value_or(0) == 0)
      return error("An IPV6 network requires that a node ID be specified", &own_->place);
    return finish_link(link, interface(link.number));
  }

  // CR-2, CR-3. The key's content has been read by the host.
  Result<void> keys() {
    const TotemConf& t = conf_.totem;
    const auto given = [](const std::string& word) { return !word.empty() && word != "none"; };
    const bool secauth = t.secauth.value_or(profile_.processor_is_address);
    const bool plain = !secauth && !profile_.encryption_required;
    const bool cipher = t.crypto_cipher.empty() ? !plain : given(t.crypto_cipher);
    const bool hash = t.crypto_hash.empty() ? !plain : given(t.crypto_hash);
    if (profile_.encryption_required && (!cipher || !hash))
      return error("corosync is compiled to require enabled encryption");
    if (cipher && !hash) return error("crypto_cipher requires crypto_hash with value other than none");
    plan_.authenticated = hash;
    const auto word = [&](bool wanted, const std::string& said, const char* by_default) {
      return !wanted ? "none" : said.empty() ? by_default : said;
    };
    plan_.crypto_cipher = word(cipher, t.crypto_cipher, "aes256");
    plan_.crypto_hash = word(hash, t.crypto_hash, profile_.processor_is_address ? "sha1" : "sha256");
    if (const auto model = conf_.map.find("totem.crypto_model"); model != conf_.map.end())
      plan_.crypto_model = model->second.text;
    return hash ? key() : Result<void>{};
  }

  // CR-3: the key's text in the configuration counts only without a file.
  Result<void> key() {
    const TotemConf& t = conf_.totem;
    if (t.key_file.empty() && !t.key.empty()) {
      if (t.key.size() < kMinKey) return error("key is too short");
      if (t.key.size() > kMaxKey) return error("key is too long");
      plan_.key = t.key;
      return {};
    }
    const std::string path = t.key_file.empty() ? std::string(kAuthKeyPath) : t.key_file;
    const auto file = local_.files.find(path);
    if (file == local_.files.end()) {
      plan_.key = local_.auth_key;
      if (t.key_file.empty() || !local_.auth_key.empty()) return {};
      return error(fmt::format("Could not open {}: No such file or directory", path));
    }
    constexpr std::size_t kBits = 8;
    if (file->second.size() < kMinKey)
      return error(fmt::format("Could only read {} bits of minimum {} bits from {}.", file->second.size() * kBits,
                               kMinKey * kBits, path));
    // Corosync 3.1.7 takes the first 4096 bytes of a longer file, Corosync 2 those that it needs.
    plan_.key = file->second.substr(0, profile_.processor_is_address ? kMinKey : kMaxKey);
    return {};
  }

  std::uint32_t id_of(const NodeConf& node) const {
    if (node.node_id) return *node.node_id;
    const auto address = IpAddress::parse(node.addresses[0]);
    std::uint32_t id = address ? address->v4_value() : 0;
    if (conf_.totem.clear_node_high_bit) id &= 0x7fffffff;
    return id;
  }

  Result<void> links_of_interfaces() {
    if (profile_.nodelist_required) return {};
    for (const InterfaceConf& interface : conf_.interfaces) {
      PlannedLink link;
      link.number = interface.number;
      const auto address = IpAddress::parse(interface.bind_address);
      if (!address)
        return error(fmt::format("failed to parse bindnet address '{}'", interface.bind_address), &interface.place);
      link.config.bind_network = *address;
      for (const std::string& member : interface.members)
        if (const auto peer = IpAddress::parse(member)) link.config.peers.push_back(*peer);
      if (auto result = finish_link(link, &interface); !result) return result;
      plan_.links.push_back(std::move(link));
    }
    std::stable_sort(plan_.links.begin(), plan_.links.end(),
                     [](const PlannedLink& a, const PlannedLink& b) { return a.number < b.number; });
    return {};
  }

  Result<void> finish_link(PlannedLink& link, const InterfaceConf* interface) {
    std::uint16_t port = kDefaultPort;
    if (!profile_.processor_is_address)
      port = static_cast<std::uint16_t>(port + link.number);
    else if (interface != nullptr && interface->broadcast)
      port = static_cast<std::uint16_t>(port + 2 * link.number);
    const bool given =
        interface != nullptr && interface->port && (*interface->port != 0 || profile_.processor_is_address);
    link.config.port = given ? *interface->port : port;
    link.priority = 1;
    link.pong_count = 2;  // T-27
    if (interface != nullptr) {
      link.priority = static_cast<std::uint8_t>(interface->knet_link_priority.value_or(1));
      if (link.priority == 0) link.priority = 1;
      if (interface->knet_ping_precision.value_or(0) != 0) link.ping_precision = *interface->knet_ping_precision;
      if (interface->knet_pong_count.value_or(0) != 0) link.pong_count = *interface->knet_pong_count;
    }
    const std::uint32_t token = timers_ ? timers_->token : 0;
    link.ping_timeout = token / link.pong_count;  // T-24, T-25
    link.ping_interval = token / (link.pong_count * 2);
    if (interface != nullptr && interface->knet_ping_timeout.value_or(0) != 0)
      link.ping_timeout = *interface->knet_ping_timeout;
    if (interface != nullptr && interface->knet_ping_interval.value_or(0) != 0)
      link.ping_interval = *interface->knet_ping_interval;
    if (plan_.transport == TransportKind::kUdp) return multicast_address(link, interface);
    return {};
  }

  Result<void> multicast_address(PlannedLink& link, const InterfaceConf* interface) {
    if (interface != nullptr && interface->broadcast) {
      link.config.multicast = IpAddress::v4(0xffffffff);
      return {};
    }
    if (interface != nullptr && !interface->multicast_address.empty()) {
      link.config.multicast = *IpAddress::parse(interface->multicast_address);
      return {};
    }
    if (!conf_.totem.cluster_name.empty()) link.config.multicast = derived_multicast(link.number);
    return {};
  }

  // CF-26.
  IpAddress derived_multicast(std::uint8_t link) const {
    std::uint32_t value = 0;
    for (const char c : conf_.totem.cluster_name) value = value * 2 + static_cast<unsigned char>(c);
    const std::uint32_t id = value % 65536 + link;
    return IpAddress::v4(239U << 24 | 192U << 16 | (id >> 8 & 0xff) << 8 | id % 255);
  }

  // M 14.6 (c).
  Result<void> structure() {
    if (conf_.nodes.empty() && conf_.interfaces.empty()) return config_error("No interfaces defined");
    if (plan_.links.empty()) return config_error("No valid name found for local host");
    for (const NodeConf& node : conf_.nodes)
      for (std::uint8_t number = 0; number < kMaxLinks; ++number)
        if (!node.addresses[number].empty() && own_->addresses[number].empty())
          return config_error("No multicast port specified" + of_interface(number), &node.place);
    for (const PlannedLink& link : plan_.links) {
      const InterfaceConf* conf = interface(link.number);
      const SourcePlace* place = conf != nullptr ? &conf->place : nullptr;
      if (plan_.transport == TransportKind::kUdp && !link.config.multicast.specified())
        return config_error("No multicast address specified" + of_interface(link.number), place);
      if (link.config.port == 0) return config_error("No multicast port specified" + of_interface(link.number), place);
      if (conf != nullptr && conf->ttl.value_or(1) != 1 && plan_.transport != TransportKind::kUdp &&
          !profile_.processor_is_address)
        return config_error(fmt::format("Can only set ttl on multicast transport types for interface {}", link.number),
                            place);
      if (conf != nullptr && conf->knet_link_priority && !knet() && !profile_.processor_is_address)
        return config_error(
            fmt::format("Can only set link priority on knet transport type for interface {}", link.number), place);
      if (plan_.transport == TransportKind::kUdp) {
        if (auto result = check_multicast(link, place); !result) return result;
      }
    }
    if (auto result = check_port_pairs(); !result) return result;
    if (conf_.totem.version.value_or(0) != 2)
      return config_error("This totem parser can only parse version 2 configurations.");
    return {};
  }

  Result<void> check_multicast(const PlannedLink& link, const SourcePlace* place) const {
    const std::string stop = profile_.processor_is_address ? "." : "";
    const IpAddress& address = link.config.multicast;
    if (address.family != link.config.bind_network.family)
      return config_error("Multicast address family does not match bind address family" + of_interface(link.number),
                          place);
    const bool multicast =
        address.family == IpAddress::Family::kV6 ? address.bytes[0] == 0xff : (address.bytes[0] & 0xf0) == 0xe0;
    const bool broadcast = address == IpAddress::v4(0xffffffff);
    if (!multicast && !broadcast)
      return config_error("mcastaddr is not a correct multicast address" + of_interface(link.number) + stop, place);
    return {};
  }

  // RR-2.
  Result<void> check_port_pairs() const {
    if (plan_.transport != TransportKind::kUdp || !profile_.rrp_ports_must_differ || !profile_.processor_is_address)
      return {};
    for (std::size_t i = 0; i < plan_.links.size(); ++i)
      for (std::size_t j = i + 1; j < plan_.links.size(); ++j) {
        const LinkConfig& a = plan_.links[i].config;
        const LinkConfig& b = plan_.links[j].config;
        const int distance = int{a.port} - int{b.port};
        if (a.multicast == b.multicast && distance >= -1 && distance <= 1)
          return config_error("Interfaces multicast address/port pair must differ");
      }
    return {};
  }

  // M 14.6 (d).
  Result<void> timers() {
    if (timers_) return {};
    return config_error(timers_.error().message);
  }

  // M 14.6 (e): what the nodes of the list must have in common.
  Result<void> lists() {
    for (const NodeConf& node : conf_.nodes) plan_.names[id_of(node)] = node.name;
    std::set<std::uint32_t> seen;
    for (const NodeConf& node : conf_.nodes) {
      if (seen.insert(id_of(node)).second || !profile_.duplicate_ids_detected) continue;
      return error(node.node_id ? fmt::format("Nodeid {} appears twice in corosync.conf", id_of(node))
                                : fmt::format("Nodeid {}(autogenerated from {}) appears twice in corosync.conf",
                                              id_of(node), node.addresses[0]),
                   &node.place);
    }
    if (!knet()) return {};
    for (const NodeConf& node : conf_.nodes)
      if (plan_.links.size() > 1 && node.name.empty())
        return config_error("for a multi-link configuration, all nodes must have a 'name' attribute", &node.place);
    // Nodes without any address are left out (runs of 3.1.7).
    const auto reached = [](const NodeConf& node) { return node.addresses != NodeConf().addresses; };
    const auto count = static_cast<std::size_t>(std::ranges::count_if(conf_.nodes, reached));
    for (const PlannedLink& link : plan_.links) {
      if (link.addresses.size() != count) {
        const auto lacks = [&](const NodeConf& node) { return reached(node) && node.addresses[link.number].empty(); };
        const auto without = std::ranges::find_if(conf_.nodes, lacks);
        return config_error("Not all nodes have the same number of links",
                            without == conf_.nodes.end() ? nullptr : &without->place);
      }
      for (const auto& [id, address] : link.addresses)
        if (address.family != link.config.bind_network.family)
          return config_error(fmt::format("Nodes for link {} have different IP families (compared {} with {})",
                                          link.number, address.text(), link.config.bind_network.text()));
    }
    return {};
  }

  void identify() {
    if (own_ != nullptr)
      plan_.node_id = own_->node_id.value_or(0);
    else if (conf_.totem.node_id)
      plan_.node_id = *conf_.totem.node_id;
    else if (local_.node_id.valid())
      plan_.node_id = local_.node_id.value;
    for (std::size_t i = 0; i < conf_.nodes.size(); ++i)
      if (&conf_.nodes[i] == own_) plan_.local_position = i;
  }

  // M 14.6 (f).
  void warn() {
    const auto any = [&](auto has) { return std::any_of(conf_.interfaces.begin(), conf_.interfaces.end(), has); };
    const bool members = any([](const InterfaceConf& i) { return !i.members.empty(); });
    const bool bound = any([](const InterfaceConf& i) { return !i.bind_address.empty(); });
    const bool listed = !conf_.nodes.empty();
    const std::size_t before = plan_.warnings.size();
    if (members)
      plan_.warnings.emplace_back(listed ? "member section is used together with nodelist. Members ignored."
                                         : "member section is deprecated.");
    if (!profile_.processor_is_address && conf_.totem.node_id)
      plan_.warnings.emplace_back(
          "nodeid in totem section is deprecated and ignored. Nodelist (or autogenerated) nodeid is going to be used.");
    if (listed && bound)
      plan_.warnings.emplace_back(
          "interface section bindnetaddr is used together with nodelist. Nodelist one is going to be used.");
    if (plan_.warnings.size() != before) plan_.warnings.emplace_back("Please migrate config file to nodelist.");
  }

  // M 14.6 (e).
  Result<void> modes() {
    const std::string& rrp = conf_.totem.rrp_mode;
    if (rrp == "active")
      plan_.rrp_mode = RrpMode::kActive;
    else if (rrp == "passive")
      plan_.rrp_mode = RrpMode::kPassive;
    else if (!rrp.empty() && rrp != "none" && profile_.processor_is_address)
      return config_error(
          fmt::format("The RRP mode \"{}\" specified is invalid.  It must be none, active, or passive.", rrp));
    if (profile_.processor_is_address && plan_.links.size() > 1 && plan_.rrp_mode == RrpMode::kNone)
      return config_error(
          fmt::format("{} is too many configured interfaces for the rrp_mode setting none.", plan_.links.size()));
    if (!profile_.processor_is_address && !knet() && plan_.links.size() > 1)
      return config_error(
          fmt::format("{} is too many configured interfaces for non-Knet transport.", plan_.links.size()));
    const auto given = [](const std::string& word) { return !word.empty() && word != "none"; };
    if ((given(conf_.totem.crypto_cipher) || given(conf_.totem.crypto_hash)) && !knet() &&
        !profile_.processor_is_address)
      return config_error("crypto_cipher & crypto_hash are only valid for the Knet transport.");
    const std::string& mode = conf_.totem.link_mode;
    if (mode == "active")
      plan_.link_mode = LinkMode::kActive;
    else if (mode == "rr")
      plan_.link_mode = LinkMode::kRoundRobin;
    else if ((!mode.empty() || blank("totem.link_mode")) && mode != "passive")
      return config_error(
          fmt::format("The Knet link mode \"{}\" specified is invalid.  It must be active, passive or rr.", mode));
    return {};
  }

  const CorosyncConf& conf_;
  const Result<TotemTimers>& timers_;
  const LocalMachine& local_;
  const Profile& profile_;
  const NodeConf* own_ = nullptr;
  Plan plan_;
};

}  // namespace

std::map<std::uint32_t, std::vector<IpAddress>> Plan::node_addresses() const {
  std::map<std::uint32_t, std::vector<IpAddress>> result;
  for (const PlannedLink& link : links)
    for (const auto& [id, address] : link.addresses) result[id].push_back(address);
  return result;
}

Result<Plan> make_plan(const CorosyncConf& conf, const Result<TotemTimers>& timers, const LocalMachine& local,
                       const Profile& profile) {
  return Planner(conf, timers, local, profile).make();
}

}  // namespace simcluster::membership
