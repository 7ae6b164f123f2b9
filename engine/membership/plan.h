// What one machine makes of a configuration: which entry of the nodelist it is, which links it opens (M 14.6, 14.7).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/host.h"
#include "engine/base/node_links.h"
#include "engine/base/profile.h"
#include "engine/membership/corosync_conf.h"
#include "engine/membership/stack.h"

namespace simcluster::membership {

struct PlannedLink {
  std::uint8_t number = 0;
  LinkConfig config;
  std::map<std::uint32_t, IpAddress> addresses;  // of the nodelist's nodes, by node id
  std::uint8_t priority = 1;                     // knet_link_priority
  std::uint32_t interface_mtu = 1500;
  std::uint32_t ping_interval = 0, ping_timeout = 0, pong_count = 2, ping_precision = 2048;
};

struct Plan {
  TransportKind transport = TransportKind::kUdp;
  RrpMode rrp_mode = RrpMode::kNone;
  LinkMode link_mode = LinkMode::kPassive;
  std::vector<PlannedLink> links;
  std::uint32_t node_id = 0;  // 0: from the address of link 0 (CF-22)
  std::optional<std::uint32_t> local_votes;
  std::optional<std::size_t> local_position;  // in the nodelist
  bool authenticated = false;                 // datagrams carry a hash (CR-1)
  std::string key;                            // ... made with this; empty: none, after all
  std::string crypto_model;                   // empty: not said
  std::string crypto_cipher, crypto_hash;     // in force (CR-1)
  std::vector<std::string> warnings;          // M 14.6 (f)
  std::map<std::uint32_t, std::string> names;

  // Addresses of the nodelist's nodes by node id, link after link.
  std::map<std::uint32_t, std::vector<IpAddress>> node_addresses() const;
};

// The error carries Corosync's text (CF-12).
// `timers` may be an error; it is reported in its turn.
Result<Plan> make_plan(const CorosyncConf& conf, const Result<TotemTimers>& timers, const LocalMachine& local,
                       const Profile& profile);

}  // namespace simcluster::membership
