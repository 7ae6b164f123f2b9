// corosync.conf: grammar, keys, defaults and checks (M 14).
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/address.h"
#include "engine/base/error.h"
#include "engine/base/profile.h"
#include "engine/membership/cmap.h"

namespace simcluster::membership {

inline constexpr std::size_t kMaxLinks = 8;                                           // K-10
inline constexpr std::string_view kCorosyncConfPath = "/etc/corosync/corosync.conf";  // CF-1
inline constexpr std::string_view kAuthKeyPath = "/etc/corosync/authkey";

enum class TransportKind : std::uint8_t { kUdp, kUdpu, kKnet };
enum class RrpMode : std::uint8_t { kNone, kPassive, kActive };

// `totem { interface { } }` (M 14.4).
struct InterfaceConf {
  std::uint8_t number = 0;  // ringnumber, linknumber
  std::string bind_address;
  std::string multicast_address;
  bool broadcast = false;
  std::optional<std::uint16_t> port;
  std::optional<std::uint32_t> ttl;
  std::optional<std::uint32_t> knet_link_priority;
  std::optional<std::uint32_t> knet_ping_interval;
  std::optional<std::uint32_t> knet_ping_timeout;
  std::optional<std::uint32_t> knet_ping_precision;
  std::optional<std::uint32_t> knet_pong_count;
  std::string knet_transport;
  std::vector<std::string> members;  // member { memberaddr }
  SourcePlace place;
};

// `nodelist { node { } }`.
struct NodeConf {
  std::optional<std::uint32_t> node_id;
  std::string name;
  std::array<std::string, kMaxLinks> addresses;  // ringX_addr
  std::uint32_t votes = 1;
  int bad_link = -1;  // number of a ringX_addr beyond what any version has
  SourcePlace place;
};

// `totem { }`: only what was given; derived values are in TotemTimers.
struct TotemConf {
  std::optional<std::uint32_t> version;
  std::optional<TransportKind> transport;
  std::string transport_word;  // a transport that does not exist
  std::string cluster_name;
  std::optional<std::uint32_t> node_id;
  std::string ip_version;
  bool clear_node_high_bit = false;
  std::uint64_t config_version = 0;
  std::optional<bool> secauth;
  std::string crypto_cipher;
  std::string crypto_hash;
  std::string key_file;
  std::string key;
  std::string rrp_mode;
  std::string link_mode;
  std::uint32_t net_mtu = 0;
  bool block_unlisted_ips = true;
  bool cancel_token_hold_on_retransmit = false;
  // Timers and constants by key, as written (M 2.2). 0 is kept: it stands for the default where 0 is not allowed.
  std::map<std::string, std::uint32_t, std::less<>> numbers;
  // One of them; not given, or 0: `otherwise`.
  std::uint32_t number(std::string_view name, std::uint32_t otherwise = 0) const {
    const auto at = numbers.find(name);
    return at == numbers.end() || at->second == 0 ? otherwise : at->second;
  }
};
inline constexpr std::uint32_t kPathDiscoverySeconds = 30;  // knet_pmtud_interval when not given (T-28)

// `quorum { }` (M 10.3).
struct QuorumConf {
  std::string provider;
  std::optional<std::uint32_t> expected_votes;
  std::optional<std::uint32_t> votes;
  std::optional<bool> two_node;
  std::optional<bool> wait_for_all;
  bool auto_tie_breaker = false;
  std::string auto_tie_breaker_node;
  bool last_man_standing = false;
  std::uint32_t last_man_standing_window = 10000;
  bool allow_downscale = false;
  bool expected_votes_tracking = false;
  bool device = false;  // a device{} with a model
  std::string device_model;
  std::optional<std::uint32_t> device_votes;
  std::uint32_t device_timeout = 10000;
  std::uint32_t device_sync_timeout = 30000;
  bool device_master_wins = false;
};

struct CorosyncConf {
  std::string file_name;
  TotemConf totem;
  std::vector<InterfaceConf> interfaces;  // in file order
  std::vector<NodeConf> nodes;            // in file order
  QuorumConf quorum;
  bool debug = false;                             // logging { debug: on }
  CmapEntries map;                                // the configuration map (CF-2), unknown keys included (CF-8)
  std::map<std::string, int, std::less<>> lines;  // of the map's keys, and of sections that are numbered there
};

// The transport in force (M 14.4).
TransportKind effective_transport(const CorosyncConf& conf, const Profile& profile);

// Parses the text (CF-4 to CF-11). The error's message is Corosync's own, its place has the file and line (CF-6).
Result<CorosyncConf> parse_corosync_conf(std::string_view text, std::string_view file_name, const Profile& profile);

// Reads the sections that matter out of a map: of a file, or of a running daemon after a client has written to it.
CorosyncConf conf_of_map(CmapEntries map, std::map<std::string, int, std::less<>> lines, std::string_view file_name,
                         const Profile& profile);

// system.priority: a word or a decimal number. Corosync looks at it when all else is right and it starts, as runs of
// 3.1.7 show; "corosync -t" does not.
Result<void> check_process_priority(const CorosyncConf& conf, const Profile& profile);

// CF-11: a number up to 63 or a symbol.
std::optional<std::uint8_t> conf_dscp(std::string_view text);

// What Corosync writes when it refuses a configuration and ends (CF-6, CF-12, LC-7): lines for its log, without the
// priority, and the exit status.
struct Refusal {
  std::vector<std::string> lines;
  int exit_status = 8;
};
enum class RefusedAt : std::uint8_t { kParsing, kChecking, kQuorum };
Refusal refusal_of(const Error& error, RefusedAt where, std::string_view quorum_provider = {});

// The effective timers and constants of T-1 to T-29, milliseconds unless named otherwise.
struct TotemTimers {
  std::uint32_t token = 1000;
  std::uint32_t token_warning = 0;  // percent
  std::uint32_t token_retransmits_before_loss_const = 4;
  std::uint32_t token_retransmit = 238;
  std::uint32_t hold = 180;
  std::uint32_t join = 50;
  std::uint32_t send_join = 0;
  std::uint32_t consensus = 1200;
  std::uint32_t merge = 200;
  std::uint32_t downcheck = 1000;
  std::uint32_t fail_recv_const = 2500;
  std::uint32_t seqno_unchanged_const = 30;
  std::uint32_t heartbeat_failures_allowed = 0;
  std::uint32_t max_network_delay = 50;
  std::uint32_t window_size = 50;
  std::uint32_t max_messages = 17;
  std::uint32_t miss_count_const = 5;
  std::uint32_t rrp_problem_count_timeout = 2000;
  std::uint32_t rrp_problem_count_threshold = 10;
  std::uint32_t rrp_problem_count_mcast_threshold = 100;
  std::uint32_t rrp_token_expired_timeout = 238;
  std::uint32_t rrp_autorecovery_check_timeout = 1000;
  bool cancel_token_hold_on_retransmit = false;
};

// Derives and validates (M 2.2, T-32, M 14.6 (d)).
Result<TotemTimers> totem_timers(const CorosyncConf& conf, const Profile& profile);

}  // namespace simcluster::membership
