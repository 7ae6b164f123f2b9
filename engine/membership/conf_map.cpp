#include "engine/membership/conf_map.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <span>

#include <fmt/core.h>

#include "engine/membership/corosync_conf.h"

namespace simcluster::membership {

namespace {

struct TypedKey {
  std::string_view section;
  std::string_view key;
  CmapType type;
};

constexpr auto kU8 = CmapType::kU8;
constexpr auto kU16 = CmapType::kU16;
constexpr auto kU32 = CmapType::kU32;

// Everything that is no text.
constexpr TypedKey kTypedKeys[] = {
    {"totem", "version", kU32},
    {"totem", "nodeid", kU32},
    {"totem", "threads", kU32},
    {"totem", "token", kU32},
    {"totem", "token_coefficient", kU32},
    {"totem", "token_retransmit", kU32},
    {"totem", "token_warning", kU32},
    {"totem", "hold", kU32},
    {"totem", "token_retransmits_before_loss_const", kU32},
    {"totem", "join", kU32},
    {"totem", "send_join", kU32},
    {"totem", "consensus", kU32},
    {"totem", "merge", kU32},
    {"totem", "downcheck", kU32},
    {"totem", "fail_recv_const", kU32},
    {"totem", "seqno_unchanged_const", kU32},
    {"totem", "miss_count_const", kU32},
    {"totem", "heartbeat_failures_allowed", kU32},
    {"totem", "max_network_delay", kU32},
    {"totem", "window_size", kU32},
    {"totem", "max_messages", kU32},
    {"totem", "netmtu", kU32},
    {"totem", "knet_pmtud_interval", kU32},
    {"totem", "knet_mtu", kU32},
    {"totem", "knet_compression_threshold", kU32},
    {"totem", "knet_compression_level", CmapType::kI32},
    {"totem", "config_version", CmapType::kU64},
    {"totem", "rrp_problem_count_timeout", kU32},
    {"totem", "rrp_problem_count_threshold", kU32},
    {"totem", "rrp_problem_count_mcast_threshold", kU32},
    {"totem", "rrp_token_expired_timeout", kU32},
    {"totem", "rrp_autorecovery_check_timeout", kU32},
    {"totem.interface", "linknumber", kU8},
    {"totem.interface", "ringnumber", kU8},
    {"totem.interface", "mcastport", kU16},
    {"totem.interface", "ttl", kU8},
    {"totem.interface", "knet_link_priority", kU8},
    {"totem.interface", "knet_ping_interval", kU32},
    {"totem.interface", "knet_ping_timeout", kU32},
    {"totem.interface", "knet_ping_precision", kU32},
    {"totem.interface", "knet_pong_count", kU32},
    {"nodelist.node", "nodeid", kU32},
    {"nodelist.node", "quorum_votes", kU32},
    {"quorum", "expected_votes", kU32},
    {"quorum", "votes", kU32},
    {"quorum", "last_man_standing_window", kU32},
    {"quorum", "leaving_timeout", kU32},
    {"quorum", "two_node", kU8},
    {"quorum", "expected_votes_tracking", kU8},
    {"quorum", "allow_downscale", kU8},
    {"quorum", "wait_for_all", kU8},
    {"quorum", "auto_tie_breaker", kU8},
    {"quorum", "last_man_standing", kU8},
    {"quorum.device", "timeout", kU32},
    {"quorum.device", "sync_timeout", kU32},
    {"quorum.device", "votes", kU32},
    {"quorum.device", "master_wins", kU8},
    {"resources", "watchdog_timeout", kU32},
    {"resources.system.load_15min", "poll_period", CmapType::kU64},
    {"resources.system.memory_used", "poll_period", CmapType::kU64},
};

using Words = std::span<const std::string_view>;

constexpr std::array<std::string_view, 4> kCiphers = {"none", "aes256", "aes192", "aes128"};
constexpr std::array<std::string_view, 6> kHashes = {"none", "md5", "sha1", "sha256", "sha384", "sha512"};
constexpr std::array<std::string_view, 2> kCryptoModels = {"nss", "openssl"};
constexpr std::array<std::string_view, 7> kCompressions = {"zlib", "lz4", "lz4hc", "lzo2", "lzma", "bzip2", "zstd"};

std::string listed(Words words) {
  std::string list;
  for (std::size_t i = 0; i < words.size(); ++i)
    list += fmt::format("{}{}", i == 0 ? "" : i + 1 == words.size() ? " or " : ", ", words[i]);
  return list;
}

bool among(Words words, std::string_view word) { return std::find(words.begin(), words.end(), word) != words.end(); }

class Mapper {
 public:
  Mapper(std::string_view file_name, const Profile& profile) : file_(file_name), profile_(profile) {}

  ConfMap map(const ConfSection& top) {
    walk(top, "", "");
    return std::move(result_);
  }

 private:
  void complain(std::string text, int line) {
    if (result_.error && result_.error->place.line <= line) return;
    result_.error = Error{std::move(text), SourcePlace{std::string(file_), line, 0}};
  }

  // `section` is the path as written, `prefix` the path of the map with its numbers and a dot at the end.
  void walk(const ConfSection& part, const std::string& section, const std::string& prefix) {
    for (const ConfKey& key : part.keys) take(section, prefix, key);
    std::size_t count = 0;
    for (const ConfSection& inner : part.sections) {
      const std::string path = section.empty() ? inner.name : section + "." + inner.name;
      std::string name = prefix + inner.name;
      if (path == "nodelist.node" || path == "totem.interface.member") {
        name += fmt::format(".{}", count++);
      } else if (path == "totem.interface") {
        name += fmt::format(".{}", interface_number(inner));
      } else if (path == "logging.logger_subsys") {
        name += named(inner, "subsys", "No subsys key in logger_subsys directive");
      } else if (path == "logging.logging_daemon") {
        name += named(inner, "name", "No name key in logging_daemon directive");
      } else if (path == "uidgid") {
        users(inner);
        continue;
      }
      result_.lines.try_emplace(name, inner.line);
      walk(inner, path, name + ".");
    }
  }

  std::string named(const ConfSection& section, std::string_view key, std::string_view complaint) {
    for (const ConfKey& each : section.keys)
      if (each.name == key) return "." + each.value;
    complain(std::string(complaint), section.end_line);
    return {};
  }

  unsigned interface_number(const ConfSection& section) const {
    unsigned number = 0;
    for (const ConfKey& key : section.keys)
      if (key.name == "ringnumber" || key.name == "linknumber")
        std::from_chars(key.value.data(), key.value.data() + key.value.size(), number);
    return number;
  }

  void take(const std::string& section, const std::string& prefix, const ConfKey& key) {
    if (key.name.empty() && profile_.empty_keys_refused) return complain("Key name can't be empty", key.line);
    const std::string name = prefix + key.name;
    if (!cmap_name_valid(name))
      return complain(fmt::format("Can't store key \"{}\" into icmap, returned error is CS_ERR_NAME_TOO_LONG", name),
                      key.line);
    if (section == "totem.interface.member" && key.name != "memberaddr")
      return complain("Only memberaddr is allowed in member section", key.line);
    check_words(section, key);
    CmapValue value{conf_key_type(section, key.name), key.value};
    // Texts name an interface's keys without its number.
    if (value.type != CmapType::kString &&
        !number(section == "totem.interface" ? section + "." + key.name : name, value))
      complain(std::move(value.text), key.line);
    if (key.name == "ringnumber" && section == "totem.interface") check_ring_number(key);
    result_.entries[name] = std::move(value);
    result_.lines[name] = key.line;
  }

  void check_ring_number(const ConfKey& key) {
    unsigned number = 0;
    std::from_chars(key.value.data(), key.value.data() + key.value.size(), number);
    if (profile_.processor_is_address && number > 1)
      complain(fmt::format("interface ring number {} is bigger than allowed maximum 1", number), key.line);
  }

  // CF-9, CF-10. False: `value` holds the complaint.
  static bool number(const std::string& name, CmapValue& value) {
    switch (value.type) {
      case CmapType::kU8:
        return integer<std::uint8_t>(name, value);
      case CmapType::kU16:
        return integer<std::uint16_t>(name, value);
      case CmapType::kI32:
        return integer<std::int32_t>(name, value);
      case CmapType::kU64:
        return integer<std::uint64_t>(name, value);
      default:
        return integer<std::uint32_t>(name, value);
    }
  }

  template <class T>
  static bool integer(const std::string& name, CmapValue& value) {
    T result{};
    const std::string_view text = value.text.starts_with('+') ? std::string_view(value.text).substr(1) : value.text;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), result);
    const bool good = failure == std::errc() && end == text.data() + text.size() && !text.empty();
    if (good)
      value.text = std::to_string(result);
    else if constexpr (sizeof(T) == 8)
      value.text =
          fmt::format("Value of key \"{}\" is expected to be unsigned integer, but \"{}\" was given", name, value.text);
    else
      value.text = fmt::format("Value of key \"{}\" is expected to be integer in range ({}..{}), but \"{}\" was given",
                               name, std::numeric_limits<T>::min(), std::numeric_limits<T>::max(), value.text);
    return good;
  }

  // Keys that take a word out of a list (14.4).
  void check_words(const std::string& section, const ConfKey& key) {
    if (section == "totem") {
      check_totem_words(key);
    } else if (section == "system") {
      check_system_words(key);
    }
  }

  void check_totem_words(const ConfKey& key) {
    if (key.name == "ip_version") {
      const bool known = key.value == "ipv4" || key.value == "ipv6" ||
                         (profile_.knet_transport && (key.value == "ipv4-6" || key.value == "ipv6-4"));
      if (!known) complain("Invalid ip_version type", key.line);
    }
    if (key.name == "ip_dscp" && profile_.ip_dscp_checked && !conf_dscp(key.value))
      complain(fmt::format("Value of key \"totem.ip_dscp\" is expected to be number (0..63) or symbolical dscp value, "
                           "but \"{}\" was given",
                           key.value),
               key.line);
    // CR-1: before Corosync 3 unknown words were ignored.
    if (profile_.processor_is_address) return;
    if (key.name == "crypto_model") one_of(key, "crypto model", kCryptoModels);
    if (key.name == "crypto_cipher") one_of(key, "cipher type", kCiphers);
    if (key.name == "crypto_hash") one_of(key, "hash type", kHashes);
    if (key.name == "knet_compression_model") one_of(key, "compression model", kCompressions);
  }

  void check_system_words(const ConfKey& key) {
    static constexpr std::array<std::string_view, 3> kIpc = {"native", "shm", "socket"};
    static constexpr std::array<std::string_view, 2> kYesNo = {"yes", "no"};
    static constexpr std::array<std::string_view, 3> kCgroup = {"yes", "no", "auto"};
    if (profile_.processor_is_address) return;
    if (key.name == "qb_ipc_type" && !among(kIpc, key.value)) complain("Invalid system.qb_ipc_type", key.line);
    if (key.name == "sched_rr" && !among(kYesNo, key.value)) complain("Invalid system.sched_rr value", key.line);
    if (key.name == "move_to_root_cgroup" && !among(kCgroup, key.value))
      complain("Invalid system.move_to_root_cgroup", key.line);
    if (key.name == "allow_knet_handle_fallback" && !among(kYesNo, key.value))
      complain("Invalid system.allow_knet_handle_fallback", key.line);
  }

  void one_of(const ConfKey& key, std::string_view what, Words words) {
    if (!among(words, key.value)) complain(fmt::format("Invalid {}. Should be {}", what, listed(words)), key.line);
  }

  // Names are not looked up: the machine's users are not known here. Numbers and root are stored.
  void users(const ConfSection& section) {
    for (const ConfKey& key : section.keys) {
      if (key.name != "uid" && key.name != "gid")
        return complain("uidgid: Only uid and gid are allowed items", key.line);
      const std::string id = key.value == "root" ? "0" : key.value;
      const bool is_number = !id.empty() && id.find_first_not_of("0123456789") == std::string::npos;
      if (is_number) result_.entries[fmt::format("uidgid.config.{}.{}", key.name, id)] = cmap_u8(1);
    }
  }

  std::string_view file_;
  const Profile& profile_;
  ConfMap result_;
};

}  // namespace

CmapType conf_key_type(std::string_view section, std::string_view key) {
  for (const TypedKey& typed : kTypedKeys)
    if (typed.section == section && typed.key == key) return typed.type;
  return CmapType::kString;
}

ConfMap map_conf(const ConfSection& top, std::string_view file_name, const Profile& profile) {
  return Mapper(file_name, profile).map(top);
}

// CF-11.
std::optional<std::uint8_t> conf_dscp(std::string_view text) {
  struct Symbol {
    std::string_view name;
    std::uint8_t value;
  };
  static constexpr Symbol kSymbols[] = {
      {"cs0", 0},   {"cs1", 8},   {"cs2", 16},  {"cs3", 24},  {"cs4", 32},  {"cs5", 40},  {"cs6", 48},
      {"cs7", 56},  {"af11", 10}, {"af12", 12}, {"af13", 14}, {"af21", 18}, {"af22", 20}, {"af23", 22},
      {"af31", 26}, {"af32", 28}, {"af33", 30}, {"af41", 34}, {"af42", 36}, {"af43", 38}, {"ef", 46},
  };
  for (const Symbol& symbol : kSymbols)
    if (symbol.name == text) return symbol.value;
  int base = 10;
  if (text.starts_with("0x") || text.starts_with("0X")) {
    base = 16;
    text.remove_prefix(2);
  } else if (text.size() > 1 && text[0] == '0') {
    base = 8;
  }
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end != text.data() + text.size() || value > 63) return std::nullopt;
  return static_cast<std::uint8_t>(value);
}

}  // namespace simcluster::membership
