#include "engine/membership/conf_advice.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>

#include <fmt/core.h>

#include "engine/membership/conf_reader.h"
#include "engine/membership/corosync_conf.h"

namespace simcluster::membership {

namespace {

using Words = std::span<const std::string_view>;

// corosync.conf(5) of 3.1.7, and what releases before it had (M 14.4).
enum class Era : std::uint8_t { kAll, kBefore3, kFrom3 };
struct KnownSection {
  std::string_view path;
  Words keys;
  bool open = false;  // whatever is in it belongs to a model or a service of its own
  Era era = Era::kAll;
};

constexpr std::array<std::string_view, 45> kTotem = {"version",
                                                     "transport",
                                                     "cluster_name",
                                                     "nodeid",
                                                     "clear_node_high_bit",
                                                     "config_version",
                                                     "threads",
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
                                                     "cancel_token_hold_on_retransmit",
                                                     "netmtu",
                                                     "ip_version",
                                                     "secauth",
                                                     "crypto_model",
                                                     "crypto_cipher",
                                                     "crypto_hash",
                                                     "keyfile",
                                                     "key",
                                                     "link_mode",
                                                     "knet_pmtud_interval",
                                                     "knet_mtu",
                                                     "knet_compression_model",
                                                     "knet_compression_threshold",
                                                     "knet_compression_level",
                                                     "block_unlisted_ips",
                                                     "crypto_type",
                                                     "rrp_mode",
                                                     "vsftype",
                                                     "ip_dscp"};
constexpr std::array<std::string_view, 13> kInterface = {"linknumber",
                                                         "ringnumber",
                                                         "bindnetaddr",
                                                         "mcastaddr",
                                                         "broadcast",
                                                         "mcastport",
                                                         "ttl",
                                                         "knet_link_priority",
                                                         "knet_ping_interval",
                                                         "knet_ping_timeout",
                                                         "knet_ping_precision",
                                                         "knet_pong_count",
                                                         "knet_transport"};
constexpr std::array<std::string_view, 1> kMember = {"memberaddr"};
constexpr std::array<std::string_view, 11> kNode = {"ring0_addr", "ring1_addr", "ring2_addr",  "ring3_addr",
                                                    "ring4_addr", "ring5_addr", "ring6_addr",  "ring7_addr",
                                                    "nodeid",     "name",       "quorum_votes"};
constexpr std::array<std::string_view, 12> kQuorum = {"provider",
                                                      "expected_votes",
                                                      "votes",
                                                      "last_man_standing_window",
                                                      "leaving_timeout",
                                                      "two_node",
                                                      "expected_votes_tracking",
                                                      "allow_downscale",
                                                      "wait_for_all",
                                                      "auto_tie_breaker",
                                                      "last_man_standing",
                                                      "auto_tie_breaker_node"};
constexpr std::array<std::string_view, 5> kDevice = {"model", "timeout", "sync_timeout", "votes", "master_wins"};
constexpr std::array<std::string_view, 14> kLogging = {
    "to_stderr", "to_logfile", "to_syslog", "logfile",       "logfile_priority", "syslog_facility", "syslog_priority",
    "debug",     "timestamp",  "fileline",  "function_name", "blackbox",         "subsys",          "name"};
constexpr std::array<std::string_view, 6> kSystem = {"qb_ipc_type",         "sched_rr",  "priority",
                                                     "move_to_root_cgroup", "state_dir", "allow_knet_handle_fallback"};
constexpr std::array<std::string_view, 2> kResources = {"watchdog_device", "watchdog_timeout"};
constexpr std::array<std::string_view, 2> kUsers = {"uid", "gid"};
constexpr std::array<std::string_view, 4> kNozzle = {"name", "ipaddr", "ipprefix", "macaddr"};
constexpr std::array<std::string_view, 2> kPload = {"count", "size"};
constexpr std::array<std::string_view, 1> kQb = {"ipc_type"};

constexpr std::array<KnownSection, 22> kSections = {{
    {"totem", kTotem},
    {"totem.interface", kInterface},
    {"totem.interface.member", kMember},
    {"nodelist", {}},
    {"nodelist.node", kNode},
    {"quorum", kQuorum},
    {"quorum.device", kDevice, true},
    {"logging", kLogging},
    {"logging.logger_subsys", kLogging},
    {"logging.logging_daemon", kLogging},
    {"system", kSystem, false, Era::kFrom3},
    {"resources", kResources},
    {"resources.system", {}, true},
    {"resources.process", {}, true},
    {"uidgid", kUsers},
    {"nozzle", kNozzle, false, Era::kFrom3},
    {"pload", kPload},
    {"qb", kQb, false, Era::kBefore3},
    {"service", {}, true, Era::kBefore3},
    {"amf", {}, true, Era::kBefore3},
    {"aisexec", {}, true, Era::kBefore3},
    {"event", {}, true, Era::kBefore3},
}};

// Keys that some releases alone know.
bool in_its_era(std::string_view key, const Profile& profile) {
  if (key == "linknumber") return profile.knet_transport;
  if (key == "ip_dscp") return profile.ip_dscp_checked;
  if (key.starts_with("rrp_") || key == "vsftype" || key == "crypto_type") return !profile.knet_transport;
  if (key.starts_with("knet_") || key == "link_mode" || key == "crypto_model") return profile.knet_transport;
  return true;
}

// How many letters must be changed, put in or left out, or swapped with their neighbour.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  const auto lower = [](char c) { return std::tolower(static_cast<unsigned char>(c)); };
  for (std::size_t i = 0; i <= a.size(); ++i)
    for (std::size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        d[i][j] = i + j;
        continue;
      }
      const std::size_t differ = lower(a[i - 1]) == lower(b[j - 1]) ? 0 : 1;
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + differ});
      if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1]))
        d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
    }
  return d[a.size()][b.size()];
}

// "; did you mean token?", where one of `known` is near.
std::string suggestion(std::string_view word, const std::vector<std::string_view>& known) {
  std::string_view best;
  std::size_t least = std::min<std::size_t>(2, word.size() / 2) + 1;
  for (const std::string_view each : known)
    if (const std::size_t far = distance(word, each); far < least) {
      least = far;
      best = each;
    }
  return best.empty() ? std::string() : fmt::format("; did you mean {}?", best);
}

constexpr std::array<std::string_view, 2> kYesNo = {"yes", "no"};
constexpr std::array<std::string_view, 2> kOnOff = {"on", "off"};
constexpr std::array<std::string_view, 2> kFlag = {"0", "1"};
constexpr std::array<std::string_view, 19> kSubsystems = {
    "MAIN", "TOTEM", "KNET", "QUORUM", "VOTEQ",  "CPG", "CFG", "CMAP",     "SERV",    "SYNC",
    "MON",  "WD",    "QB",   "PLOAD",  "APIDEF", "YKD", "LOG", "TOTEMSRP", "corosync"};

// Values that Corosync compares with one word and takes everything else for the other one.
struct LooseKey {
  std::string_view path, key;
  Words words;
};
constexpr std::array<LooseKey, 13> kLoose = {{
    {"totem", "clear_node_high_bit", kYesNo},
    {"totem", "block_unlisted_ips", kYesNo},
    {"totem", "cancel_token_hold_on_retransmit", kYesNo},
    {"totem", "secauth", kOnOff},
    {"totem.interface", "broadcast", kYesNo},
    {"quorum", "two_node", kFlag},
    {"quorum", "expected_votes_tracking", kFlag},
    {"quorum", "allow_downscale", kFlag},
    {"quorum", "wait_for_all", kFlag},
    {"quorum", "auto_tie_breaker", kFlag},
    {"quorum", "last_man_standing", kFlag},
    {"quorum.device", "master_wins", kFlag},
    {"logging.logger_subsys", "subsys", kSubsystems},
}};

bool among(Words words, std::string_view word) { return std::ranges::find(words, word) != words.end(); }

class Adviser {
 public:
  Adviser(std::string_view file_name, const Profile& profile) : file_(file_name), profile_(profile) {}

  std::vector<Error> advise(const ConfSection& top) {
    for (const ConfKey& key : top.keys)
      say(key.line, fmt::format("{}: a key outside of all sections; Corosync ignores it", key.name));
    sections(top, "");
    std::ranges::stable_sort(advice_, {}, [](const Error& error) { return error.place.line; });
    return std::move(advice_);
  }

 private:
  void say(int line, std::string text) {
    advice_.push_back(Error{std::move(text), SourcePlace{std::string(file_), line, 0}});
  }
  bool in_its_era(const KnownSection& section) const {
    return section.era == Era::kAll || (section.era == Era::kFrom3) == profile_.knet_transport;
  }

  // What is known of a section, none: Corosync does not look at it.
  struct Known {
    std::vector<std::string_view> keys;
    bool open = false;
  };
  std::optional<Known> known(std::string_view path) const {
    std::optional<Known> found;
    for (const KnownSection& section : kSections) {
      if (section.path != path || !in_its_era(section)) continue;
      if (!found) found.emplace();
      for (const std::string_view key : section.keys)
        if (membership::in_its_era(key, profile_)) found->keys.push_back(key);
      found->open = found->open || section.open;
    }
    return found;
  }
  std::vector<std::string_view> known_within(std::string_view path) const {
    std::vector<std::string_view> names;
    for (const KnownSection& section : kSections) {
      const auto dot = section.path.rfind('.');
      const std::string_view parent = dot == std::string_view::npos ? "" : section.path.substr(0, dot);
      if (parent == path && in_its_era(section))
        names.push_back(section.path.substr(dot == std::string_view::npos ? 0 : dot + 1));
    }
    return names;
  }

  void sections(const ConfSection& part, const std::string& path) {
    for (const ConfSection& inner : part.sections) {
      const std::string inside = path.empty() ? inner.name : fmt::format("{}.{}", path, inner.name);
      const auto about = known(inside);
      if (!about) {
        say(inner.line, fmt::format("{}: Corosync knows no such section and ignores it{}", inside,
                                    suggestion(inner.name, known_within(path))));
        continue;
      }
      if (about->open) continue;
      keys(inner, inside, about->keys);
      sections(inner, inside);
      if (inside == "nodelist") nodes(inner);
    }
  }

  void keys(const ConfSection& section, const std::string& path, const std::vector<std::string_view>& known_keys) {
    for (const ConfKey& key : section.keys) {
      if (path.empty() || !is_known(path, key.name, known_keys))
        say(key.line, fmt::format("{}.{}: Corosync knows no such key and ignores it{}", path, key.name,
                                  suggestion(key.name, known_keys)));
      twice(section, path, key);
      loose(path, key);
    }
  }

  bool is_known(std::string_view path, std::string_view key, const std::vector<std::string_view>& known_keys) const {
    if (path == "totem" && key.starts_with("rrp_")) return !profile_.knet_transport;
    return std::ranges::find(known_keys, key) != known_keys.end();
  }

  // CF-7. Sections that may be repeated make entries of their own, others are one.
  void twice(const ConfSection& section, const std::string& path, const ConfKey& key) {
    static constexpr std::array<std::string_view, 6> kRepeated = {"totem.interface",        "totem.interface.member",
                                                                  "nodelist.node",          "logging.logger_subsys",
                                                                  "logging.logging_daemon", "uidgid"};
    if (path == "uidgid") return;
    const std::string whole = among(kRepeated, path) ? fmt::format("{}:{}.{}", path, section.line, key.name)
                                                     : fmt::format("{}.{}", path, key.name);
    const auto [at, first] = lines_.try_emplace(whole, key.line);
    if (!first)
      say(key.line, fmt::format("{}.{}: given before in line {}; Corosync takes this one", path, key.name, at->second));
    at->second = key.line;
  }

  void loose(std::string_view path, const ConfKey& key) {
    for (const LooseKey& each : kLoose) {
      if (each.path != path || each.key != key.name || among(each.words, key.value)) continue;
      if (each.key == "subsys")
        say(key.line, fmt::format("{}.{}: Corosync has no subsystem {}{}", path, key.name, key.value,
                                  suggestion(key.value, {each.words.begin(), each.words.end()})));
      else
        say(key.line, fmt::format("{}.{}: \"{}\" is neither {} nor {}; Corosync takes it without a word", path,
                                  key.name, key.value, each.words[0], each.words[1]));
    }
  }

  // What a node has in common with one before it, and what it has not.
  void nodes(const ConfSection& nodelist) {
    std::map<std::string, int> names, addresses;
    for (const ConfSection& node : nodelist.sections) {
      if (node.name != "node") continue;
      bool reached = false;
      for (const ConfKey& key : node.keys) {
        const bool address = key.name.starts_with("ring") && key.name.ends_with("_addr") && key.name.size() == 10;
        reached = reached || address;
        if (!address && key.name != "name") continue;
        const auto [at, first] = (address ? addresses : names).try_emplace(key.value, node.line);
        if (!first && at->second != node.line)
          say(key.line,
              fmt::format("nodelist.node.{}: {} is that of the node in line {}, too", key.name, key.value, at->second));
      }
      if (!reached) say(node.line, "nodelist.node: no ringX_addr; Corosync leaves the node out");
    }
  }

  std::string_view file_;
  const Profile& profile_;
  std::map<std::string, int> lines_;
  std::vector<Error> advice_;
};

// The least that corosync.conf(5) allows; nobody checks it.
void advise_consensus(const CorosyncConf& conf, const Profile& profile, std::vector<Error>& advice) {
  const auto consensus = conf.totem.numbers.find("consensus");
  const auto timers = totem_timers(conf, profile);
  if (consensus == conf.totem.numbers.end() || consensus->second == 0 || !timers) return;
  const std::uint64_t least = std::uint64_t{timers->token} * 12 / 10;
  if (consensus->second >= least) return;
  const auto line = conf.lines.find("totem.consensus");
  advice.push_back(Error{
      fmt::format("totem.consensus: {} ms is less than 1.2 times the token time-out ({} ms)", consensus->second, least),
      SourcePlace{conf.file_name, line == conf.lines.end() ? 0 : line->second, 0}});
}

}  // namespace

std::vector<Error> conf_advice(std::string_view text, std::string_view file_name, const Profile& profile) {
  std::vector<Error> advice = Adviser(file_name, profile).advise(read_conf(text, file_name).top);
  if (const auto conf = parse_corosync_conf(text, file_name, profile)) advise_consensus(*conf, profile, advice);
  std::ranges::stable_sort(advice, {}, [](const Error& error) { return error.place.line; });
  return advice;
}

}  // namespace simcluster::membership
