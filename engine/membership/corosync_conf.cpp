#include "engine/membership/corosync_conf.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <set>

#include <fmt/core.h>

#include "engine/membership/conf_logging.h"
#include "engine/membership/conf_map.h"
#include "engine/membership/conf_reader.h"

namespace simcluster::membership {

namespace {

// Fills a CorosyncConf from the map, whose values have been checked.
class ConfBuilder {
 public:
  ConfBuilder(CorosyncConf& conf, const Profile& profile) : conf_(conf), profile_(profile) {}

  void build() {
    totem();
    for (const unsigned number : numbered("totem.interface.")) interface(number);
    for (const unsigned number : numbered("nodelist.node.")) node(number);
    quorum();
    const std::string* debug = find("logging.debug");
    conf_.debug = debug != nullptr && (*debug == "on" || *debug == "trace");
  }

 private:
  const std::string* find(std::string_view key) const {
    const auto at = conf_.map.find(key);
    return at == conf_.map.end() ? nullptr : &at->second.text;
  }
  std::string text(std::string_view key) const {
    const std::string* value = find(key);
    return value == nullptr ? std::string() : *value;
  }
  template <class T = std::uint32_t>
  std::optional<T> number(std::string_view key) const {
    const std::string* value = find(key);
    if (value == nullptr) return std::nullopt;
    T result{};
    std::from_chars(value->data(), value->data() + value->size(), result);
    return result;
  }
  bool yes(std::string_view key, bool by_default = false) const {
    const std::string* value = find(key);
    return value == nullptr ? by_default : *value == "yes";
  }
  bool on(std::string_view key) const { return number(key).value_or(0) != 0; }
  std::optional<bool> given_on(std::string_view key) const {
    const auto value = number(key);
    return value ? std::optional<bool>(*value != 0) : std::nullopt;
  }

  // The numbers that follow `prefix`, of keys and of sections without keys.
  std::set<unsigned> numbered(std::string_view prefix) const {
    std::set<unsigned> numbers;
    const auto look = [&](const auto& map) {
      for (auto at = map.lower_bound(prefix); at != map.end() && at->first.starts_with(prefix); ++at) {
        unsigned value = 0;
        const char* begin = at->first.data() + prefix.size();
        const char* stop = at->first.data() + at->first.size();
        const auto [end, error] = std::from_chars(begin, stop, value);
        if (error == std::errc() && (end == stop || *end == '.')) numbers.insert(value);
      }
    };
    look(conf_.map);
    look(conf_.lines);
    return numbers;
  }

  SourcePlace place(const std::string& section) const {
    const auto at = conf_.lines.find(section);
    return {conf_.file_name, at == conf_.lines.end() ? 0 : at->second, 0};
  }

  void totem() {
    TotemConf& t = conf_.totem;
    t.version = number("totem.version");
    transport();
    t.cluster_name = text("totem.cluster_name");
    t.node_id = number("totem.nodeid");
    t.ip_version = text("totem.ip_version");
    t.clear_node_high_bit = yes("totem.clear_node_high_bit");
    t.config_version = number<std::uint64_t>("totem.config_version").value_or(0);
    if (const std::string* secauth = find("totem.secauth")) t.secauth = *secauth == "on";
    t.crypto_cipher = crypto_word("totem.crypto_cipher");
    t.crypto_hash = crypto_word("totem.crypto_hash");
    t.key_file = text("totem.keyfile");
    t.key = text("totem.key");
    t.rrp_mode = text("totem.rrp_mode");
    t.link_mode = text("totem.link_mode");
    t.net_mtu = number("totem.netmtu").value_or(0);
    t.block_unlisted_ips = yes("totem.block_unlisted_ips", true);
    t.cancel_token_hold_on_retransmit = yes("totem.cancel_token_hold_on_retransmit");
    constexpr std::string_view kPrefix = "totem.";
    for (auto at = conf_.map.lower_bound(kPrefix); at != conf_.map.end() && at->first.starts_with(kPrefix); ++at) {
      const std::string key = at->first.substr(kPrefix.size());
      if (at->second.type == CmapType::kU32 && key.find('.') == std::string::npos) t.numbers[key] = *number(at->first);
    }
  }

  // CR-1: before Corosync 3 unknown words were ignored.
  std::string crypto_word(std::string_view key) const {
    static constexpr std::array<std::string_view, 10> kKnown = {"none", "aes256", "aes192", "aes128", "3des",
                                                                "md5",  "sha1",   "sha256", "sha384", "sha512"};
    const std::string word = text(key);
    return std::find(kKnown.begin(), kKnown.end(), word) != kKnown.end() ? word : std::string();
  }

  void transport() {
    const std::string* word = find("totem.transport");
    if (word == nullptr) return;
    if (*word == "udp")
      conf_.totem.transport = TransportKind::kUdp;
    else if (*word == "udpu")
      conf_.totem.transport = TransportKind::kUdpu;
    else if (*word == "knet" && profile_.knet_transport)
      conf_.totem.transport = TransportKind::kKnet;
    else
      conf_.totem.transport_word = *word;
  }

  void interface(unsigned which) {
    const std::string section = fmt::format("totem.interface.{}", which);
    const std::string prefix = section + ".";
    InterfaceConf interface;
    interface.place = place(section);
    interface.number = static_cast<std::uint8_t>(which);
    interface.bind_address = text(prefix + "bindnetaddr");
    interface.multicast_address = text(prefix + "mcastaddr");
    interface.broadcast = yes(prefix + "broadcast");
    interface.port = number<std::uint16_t>(prefix + "mcastport");
    interface.ttl = number(prefix + "ttl");
    interface.knet_link_priority = number(prefix + "knet_link_priority");
    interface.knet_ping_interval = number(prefix + "knet_ping_interval");
    interface.knet_ping_timeout = number(prefix + "knet_ping_timeout");
    interface.knet_ping_precision = number(prefix + "knet_ping_precision");
    interface.knet_pong_count = number(prefix + "knet_pong_count");
    interface.knet_transport = text(prefix + "knet_transport");
    for (const unsigned member : numbered(prefix + "member."))
      if (const std::string* address = find(fmt::format("{}member.{}.memberaddr", prefix, member)))
        interface.members.push_back(*address);
    conf_.interfaces.push_back(std::move(interface));
  }

  void node(unsigned which) {
    const std::string section = fmt::format("nodelist.node.{}", which);
    const std::string prefix = section + ".";
    NodeConf node;
    node.place = place(section);
    node.node_id = number(prefix + "nodeid");
    node.name = text(prefix + "name");
    node.votes = number(prefix + "quorum_votes").value_or(1);
    for (unsigned link = 0; link < 10; ++link) {
      const std::string* address = find(fmt::format("{}ring{}_addr", prefix, link));
      if (address == nullptr) continue;
      if (link < kMaxLinks)
        node.addresses[link] = *address;
      else
        node.bad_link = static_cast<int>(link);
    }
    conf_.nodes.push_back(std::move(node));
  }

  void quorum() {
    QuorumConf& q = conf_.quorum;
    q.provider = text("quorum.provider");
    q.expected_votes = number("quorum.expected_votes");
    q.votes = number("quorum.votes");
    q.two_node = given_on("quorum.two_node");
    q.wait_for_all = given_on("quorum.wait_for_all");
    q.auto_tie_breaker = on("quorum.auto_tie_breaker");
    q.auto_tie_breaker_node = text("quorum.auto_tie_breaker_node");
    q.last_man_standing = on("quorum.last_man_standing");
    q.last_man_standing_window = number("quorum.last_man_standing_window").value_or(10000);
    q.allow_downscale = on("quorum.allow_downscale");
    q.expected_votes_tracking = on("quorum.expected_votes_tracking");
    q.device_model = text("quorum.device.model");
    q.device = !q.device_model.empty();
    q.device_votes = number("quorum.device.votes");
    q.device_timeout = number("quorum.device.timeout").value_or(10000);
    q.device_sync_timeout = number("quorum.device.sync_timeout").value_or(30000);
    q.device_master_wins = on("quorum.device.master_wins");
  }

  CorosyncConf& conf_;
  const Profile& profile_;
};

}  // namespace

CorosyncConf conf_of_map(CmapEntries map, std::map<std::string, int, std::less<>> lines, std::string_view file_name,
                         const Profile& profile) {
  CorosyncConf conf;
  conf.file_name = std::string(file_name);
  conf.map = std::move(map);
  conf.lines = std::move(lines);
  ConfBuilder(conf, profile).build();
  return conf;
}

Result<CorosyncConf> parse_corosync_conf(std::string_view text, std::string_view file_name, const Profile& profile) {
  ConfTree tree = read_conf(text, file_name);
  ConfMap map = map_conf(tree.top, file_name, profile);
  // The file is read line by line: the first mistake of any kind ends it.
  if (map.error && (!tree.error || map.error->place.line <= tree.error->place.line))
    return tl::unexpected<Error>(std::move(*map.error));
  if (tree.error) return tl::unexpected<Error>(std::move(*tree.error));
  if (auto error = check_logging(map.entries, map.lines, file_name, profile))
    return tl::unexpected<Error>(std::move(*error));
  return conf_of_map(std::move(map.entries), std::move(map.lines), file_name, profile);
}

TransportKind effective_transport(const CorosyncConf& conf, const Profile& profile) {
  return conf.totem.transport.value_or(profile.knet_transport ? TransportKind::kKnet : TransportKind::kUdp);
}

Result<void> check_process_priority(const CorosyncConf& conf, const Profile& profile) {
  const auto at = conf.map.find("system.priority");
  if (!profile.knet_transport || at == conf.map.end()) return {};
  const std::string& text = at->second.text;
  if (text.empty() || text == "max" || text == "min") return {};
  std::int32_t value = 0;
  const char* begin = text.data() + (text.starts_with('+') ? 1 : 0);
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(begin, end, value);
  if (parsed.ec == std::errc() && parsed.ptr == end) return {};
  const auto line = conf.lines.find("system.priority");
  return fail(fmt::format("Priority value {} is invalid", text),
              SourcePlace{conf.file_name, line == conf.lines.end() ? 0 : line->second, 0});
}

// The places in Corosync's source are those of 3.1.7.
Refusal refusal_of(const Error& error, RefusedAt where, std::string_view quorum_provider) {
  const std::string& text = error.message;
  Refusal refusal;
  if (where == RefusedAt::kQuorum) {
    refusal.exit_status = 20;
    refusal.lines = {fmt::format("[QUORUM] Quorum provider: {} failed to initialize.", quorum_provider),
                     fmt::format("[SERV  ] Service engine 'corosync_quorum' failed to load for reason '{}'", text),
                     "[MAIN  ] Corosync Cluster Engine exiting with status 20 at service.c:356."};
    return refusal;
  }
  if (where == RefusedAt::kParsing) {
    const bool value_of_logging = text.starts_with("parse error in config: unknown ");
    refusal.exit_status = value_of_logging ? 7 : 8;
    refusal.lines = {value_of_logging
                         ? "[MAIN  ] " + text
                         : fmt::format("[MAIN  ] parser error: {}:{}: {}", error.place.file, error.place.line, text)};
    return refusal;
  }
  const bool late = text.starts_with("parse error in config: ") || text.starts_with("Nodeid ");
  const bool last = text.starts_with("Priority value ");
  refusal.lines = {"[MAIN  ] " + text,
                   fmt::format("[MAIN  ] Corosync Cluster Engine exiting with status 8 at main.c:{}.", last   ? 1487
                                                                                                       : late ? 1445
                                                                                                              : 1417)};
  return refusal;
}

}  // namespace simcluster::membership
