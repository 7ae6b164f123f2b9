#include "engine/membership/corosync_conf.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include <fmt/format.h>

#include "engine/membership/conf_reader.h"

namespace simcluster::membership {

namespace {

constexpr std::array kTotemNumbers = {
    "token",
    "token_coefficient",
    "token_retransmit",
    "token_warning",
    "hold",
    "token_retransmits_before_loss_const",
    "join",
    "send_join",
    "consensus",
    "merge",
    "downcheck",
    "fail_recv_const",
    "seqno_unchanged_const",
    "miss_count_const",
    "heartbeat_failures_allowed",
    "max_network_delay",
    "window_size",
    "max_messages",
    "threads",
    "knet_pmtud_interval",
    "knet_mtu",
    "knet_compression_threshold",
    "rrp_problem_count_timeout",
    "rrp_problem_count_threshold",
    "rrp_problem_count_mcast_threshold",
    "rrp_token_expired_timeout",
    "rrp_autorecovery_check_timeout",
};

// Fills a CorosyncConf from sections. The first error stays.
class ConfBuilder {
 public:
  ConfBuilder(CorosyncConf& conf, const Profile& profile) : conf_(conf), profile_(profile) {}

  std::optional<Error> build(const ConfSection& top) {
    for (const ConfSection& section : top.sections) {
      if (section.name == "totem")
        totem(section);
      else if (section.name == "nodelist")
        nodelist(section);
      else if (section.name == "quorum")
        quorum(section);
      else if (section.name == "logging")
        logging(section);
    }
    record(top, "");
    return std::move(error_);
  }

 private:
  void complain(std::string text, int line) {
    if (!error_) error_ = Error{std::move(text), SourcePlace{conf_.file_name, line, 0}};
  }

  // CF-9.
  template <class T>
  T integer(const ConfKey& key) {
    constexpr auto kMin = std::numeric_limits<T>::min();
    constexpr auto kMax = std::numeric_limits<T>::max();
    T value{};
    const std::string_view text = key.value.starts_with('+') ? std::string_view(key.value).substr(1) : key.value;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (failure == std::errc() && end == text.data() + text.size() && !text.empty()) return value;
    if constexpr (sizeof(T) == 8)
      complain(fmt::format("Value of key \"{}\" is expected to be unsigned integer, but \"{}\" was given", key.name,
                           key.value),
               key.line);
    else
      complain(fmt::format("Value of key \"{}\" is expected to be integer in range ({}..{}), but \"{}\" was given",
                           key.name, kMin, kMax, key.value),
               key.line);
    return {};
  }

  static bool yes(const ConfKey& key) { return key.value == "yes"; }

  // CF-2, CF-8.
  void record(const ConfSection& section, const std::string& prefix) {
    for (const ConfKey& key : section.keys) conf_.entries.push_back({prefix + key.name, key.value});
    for (const ConfSection& inner : section.sections) record(inner, prefix + inner.name + ".");
  }

  void totem(const ConfSection& section) {
    TotemConf& totem = conf_.totem;
    for (const ConfKey& key : section.keys) {
      if (key.name == "version")
        totem.version = integer<std::uint32_t>(key);
      else if (key.name == "transport")
        transport(key);
      else if (key.name == "cluster_name")
        totem.cluster_name = key.value;
      else if (key.name == "nodeid")
        totem.node_id = integer<std::uint32_t>(key);
      else if (key.name == "clear_node_high_bit")
        totem.clear_node_high_bit = yes(key);
      else if (key.name == "config_version")
        totem.config_version = integer<std::uint64_t>(key);
      else if (key.name == "secauth")
        totem.secauth = key.value == "on";
      else if (key.name == "crypto_cipher")
        totem.crypto_cipher = one_of(key, "cipher type", kCiphers);
      else if (key.name == "crypto_hash")
        totem.crypto_hash = one_of(key, "hash type", kHashes);
      else if (key.name == "keyfile")
        totem.key_file = key.value;
      else if (key.name == "key")
        totem.key = key.value;
      else if (key.name == "rrp_mode")
        totem.rrp_mode = key.value;
      else if (key.name == "link_mode")
        totem.link_mode = key.value;
      else if (key.name == "netmtu")
        totem.net_mtu = integer<std::uint32_t>(key);
      else if (key.name == "block_unlisted_ips")
        totem.block_unlisted_ips = yes(key);
      else if (key.name == "cancel_token_hold_on_retransmit")
        totem.cancel_token_hold_on_retransmit = yes(key);
      else if (key.name == "ip_version")
        ip_version(key);
      else if (std::find(kTotemNumbers.begin(), kTotemNumbers.end(), key.name) != kTotemNumbers.end())
        totem.numbers[key.name] = integer<std::uint32_t>(key);
    }
    for (const ConfSection& inner : section.sections)
      if (inner.name == "interface") interface(inner);
  }

  static constexpr std::array kCiphers = {"none", "aes256", "aes192", "aes128"};
  static constexpr std::array kHashes = {"none", "md5", "sha1", "sha256", "sha384", "sha512"};

  // CR-1: before Corosync 3 unknown words were ignored.
  template <std::size_t N>
  std::string one_of(const ConfKey& key, std::string_view what, const std::array<const char*, N>& words) {
    if (std::find(words.begin(), words.end(), key.value) != words.end()) return key.value;
    if (profile_.processor_is_address) return key.value == "3des" ? key.value : std::string();
    std::string list;
    for (std::size_t i = 0; i < N; ++i) list += (i == 0 ? "" : i + 1 == N ? " or " : ", ") + std::string(words[i]);
    complain(fmt::format("Invalid {}. Should be {}", what, list), key.line);
    return {};
  }

  void transport(const ConfKey& key) {
    if (key.value == "udp")
      conf_.totem.transport = TransportKind::kUdp;
    else if (key.value == "udpu")
      conf_.totem.transport = TransportKind::kUdpu;
    else if (key.value == "knet" && profile_.knet_transport)
      conf_.totem.transport = TransportKind::kKnet;
    else
      complain("Invalid transport type. Should be udpu, udp or knet", key.line);
  }

  void ip_version(const ConfKey& key) {
    const bool known = key.value == "ipv4" || key.value == "ipv6" ||
                       (profile_.knet_transport && (key.value == "ipv4-6" || key.value == "ipv6-4"));
    if (!known) complain("Invalid ip_version type", key.line);
  }

  void interface(const ConfSection& section) {
    InterfaceConf interface;
    interface.place = {conf_.file_name, section.line, 0};
    const std::uint32_t max = profile_.processor_is_address ? 1 : kMaxLinks - 1;
    for (const ConfKey& key : section.keys) {
      if (key.name == "ringnumber" || key.name == "linknumber") {
        interface.number = integer<std::uint8_t>(key);
        if (interface.number > max)
          complain(fmt::format("interface ring number {} is bigger than allowed maximum {}", interface.number, max),
                   key.line);
      } else if (key.name == "bindnetaddr")
        interface.bind_address = key.value;
      else if (key.name == "mcastaddr")
        interface.multicast_address = key.value;
      else if (key.name == "broadcast")
        interface.broadcast = yes(key);
      else if (key.name == "mcastport")
        interface.port = integer<std::uint16_t>(key);
      else if (key.name == "ttl")
        interface.ttl = integer<std::uint8_t>(key);
      else if (key.name == "knet_link_priority")
        interface.knet_link_priority = integer<std::uint8_t>(key);
      else if (key.name == "knet_ping_interval")
        interface.knet_ping_interval = integer<std::uint32_t>(key);
      else if (key.name == "knet_ping_timeout")
        interface.knet_ping_timeout = integer<std::uint32_t>(key);
      else if (key.name == "knet_ping_precision")
        interface.knet_ping_precision = integer<std::uint32_t>(key);
      else if (key.name == "knet_pong_count")
        interface.knet_pong_count = integer<std::uint32_t>(key);
      else if (key.name == "knet_transport" && key.value != "udp" && key.value != "sctp")
        complain("Unrecognised knet_transport. expected 'udp' or 'sctp'", key.line);
    }
    for (const ConfSection& inner : section.sections)
      if (inner.name == "member") interface_member(inner, interface);
    conf_.interfaces.push_back(std::move(interface));
  }

  void interface_member(const ConfSection& section, InterfaceConf& interface) {
    if (!section.sections.empty())
      complain("Subsections are not allowed within totem.interface.member section", section.sections.front().line);
    for (const ConfKey& key : section.keys) {
      if (key.name == "memberaddr")
        interface.members.push_back(key.value);
      else
        complain("Only memberaddr is allowed in member section", key.line);
    }
  }

  void nodelist(const ConfSection& section) {
    for (const ConfSection& inner : section.sections)
      if (inner.name == "node") node(inner);
  }

  void node(const ConfSection& section) {
    NodeConf node;
    node.place = {conf_.file_name, section.line, 0};
    for (const ConfKey& key : section.keys) {
      if (key.name == "nodeid")
        node.node_id = integer<std::uint32_t>(key);
      else if (key.name == "name")
        node.name = key.value;
      else if (key.name == "quorum_votes")
        node.votes = integer<std::uint32_t>(key);
      else if (key.name.size() == 10 && key.name.starts_with("ring") && key.name.ends_with("_addr") &&
               key.name[4] >= '0' && key.name[4] < '0' + static_cast<char>(kMaxLinks))
        node.addresses[static_cast<std::size_t>(key.name[4] - '0')] = key.value;
    }
    conf_.nodes.push_back(std::move(node));
  }

  void quorum(const ConfSection& section) {
    QuorumConf& q = conf_.quorum;
    for (const ConfKey& key : section.keys) {
      if (key.name == "provider")
        q.provider = key.value;
      else if (key.name == "expected_votes")
        q.expected_votes = integer<std::uint32_t>(key);
      else if (key.name == "votes")
        q.votes = integer<std::uint32_t>(key);
      else if (key.name == "two_node")
        q.two_node = integer<std::uint8_t>(key) != 0;
      else if (key.name == "wait_for_all")
        q.wait_for_all = integer<std::uint8_t>(key) != 0;
      else if (key.name == "auto_tie_breaker")
        q.auto_tie_breaker = integer<std::uint8_t>(key) != 0;
      else if (key.name == "auto_tie_breaker_node")
        q.auto_tie_breaker_node = key.value;
      else if (key.name == "last_man_standing")
        q.last_man_standing = integer<std::uint8_t>(key) != 0;
      else if (key.name == "last_man_standing_window")
        q.last_man_standing_window = integer<std::uint32_t>(key);
      else if (key.name == "allow_downscale")
        q.allow_downscale = integer<std::uint8_t>(key) != 0;
      else if (key.name == "expected_votes_tracking")
        q.expected_votes_tracking = integer<std::uint8_t>(key) != 0;
      else if (key.name == "leaving_timeout")
        integer<std::uint32_t>(key);
    }
    for (const ConfSection& inner : section.sections)
      if (inner.name == "device") device(inner);
  }

  void device(const ConfSection& section) {
    QuorumConf& q = conf_.quorum;
    for (const ConfKey& key : section.keys) {
      if (key.name == "model")
        q.device_model = key.value;
      else if (key.name == "votes")
        q.device_votes = integer<std::uint32_t>(key);
      else if (key.name == "timeout")
        q.device_timeout = integer<std::uint32_t>(key);
      else if (key.name == "sync_timeout")
        q.device_sync_timeout = integer<std::uint32_t>(key);
      else if (key.name == "master_wins")
        q.device_master_wins = integer<std::uint8_t>(key) != 0;
    }
    q.device = !q.device_model.empty();
  }

  void logging(const ConfSection& section) {
    for (const ConfKey& key : section.keys)
      if (key.name == "debug") conf_.debug = key.value == "on" || key.value == "trace";
  }

  CorosyncConf& conf_;
  const Profile& profile_;
  std::optional<Error> error_;
};

}  // namespace

Result<CorosyncConf> parse_corosync_conf(std::string_view text, std::string_view file_name, const Profile& profile) {
  const auto tree = read_conf(text, file_name);
  if (!tree) return tl::unexpected<Error>(tree.error());
  CorosyncConf conf;
  conf.file_name = std::string(file_name);
  if (auto error = ConfBuilder(conf, profile).build(*tree)) return tl::unexpected<Error>(std::move(*error));
  return conf;
}

TransportKind effective_transport(const CorosyncConf& conf, const Profile& profile) {
  return conf.totem.transport.value_or(profile.knet_transport ? TransportKind::kKnet : TransportKind::kUdp);
}

}  // namespace simcluster::membership
