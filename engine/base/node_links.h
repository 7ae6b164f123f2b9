// Links between the nodes of a cluster where the host keeps them itself, as libknet does: it watches them, chooses
// among them, checks and hides what passes. A host without them carries datagrams (host.h) and the engine does all
// that.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "engine/base/address.h"
#include "engine/base/error.h"
#include "engine/base/ids.h"
#include "engine/base/time.h"

namespace simcluster {

enum class LinkMode : std::uint8_t { kPassive, kActive, kRoundRobin };

// One link of this node to all the others (M 11.2, 14.4).
struct NodeLinkConfig {
  LinkIndex number;
  std::uint16_t port = 5405;
  IpAddress own;
  std::map<ClusterNodeId, IpAddress> peers;
  std::uint8_t priority = 1;
  Duration ping_interval, ping_timeout;
  std::uint32_t ping_precision = 2048;  // samples of the average latency
  std::uint32_t pong_count = 2;
};

// The words of corosync.conf, in their effective values (CR-1).
struct NodeLinksCrypto {
  std::string model;  // empty: the host's choice
  std::string cipher = "none";
  std::string hash = "none";
  std::string key;
  friend bool operator==(const NodeLinksCrypto&, const NodeLinksCrypto&) = default;
};

struct NodeLinksConfig {
  ClusterNodeId own_id;
  LinkMode mode = LinkMode::kPassive;
  std::vector<NodeLinkConfig> links;
  bool block_unlisted = true;
  std::uint32_t mtu = 0;  // of the interfaces; 0: found out
  Duration mtu_interval;  // between two looks at it
  NodeLinksCrypto crypto;
};

// One link to one node, as tools show it (TO-7, TO-10).
struct NodeLinkStatus {
  struct Traffic {
    std::uint64_t packets = 0, bytes = 0;
  };
  struct Direction {
    Traffic data, ping, pong, pmtu;
  };
  bool enabled = true;
  bool connected = false;
  std::uint32_t mtu = 0;  // bytes of data in one packet
  std::uint32_t ups = 0, downs = 0;
  Duration latency, latency_min, latency_max;
  std::uint32_t samples = 0;
  Direction sent, received;
};

class NodeLinksClient {
 public:
  // What `from` has sent, whole, once, and authentic. Borrowed for the call.
  virtual void on_node_frame(ClusterNodeId from, std::span<const std::byte> frame) = 0;
  // The first link to it came up, or the last one went down.
  virtual void on_node_reachable(ClusterNodeId node, bool reachable) = 0;

 protected:
  ~NodeLinksClient() = default;
};

class NodeLinks {
 public:
  virtual ~NodeLinks() = default;

  // Until close(). `client` is called from the host's loop, never from inside a call.
  virtual Result<void> open(const NodeLinksConfig& config, NodeLinksClient& client) = 0;
  // Nodes, links and their settings are those of `config` from now on; own id and crypto stay.
  virtual Result<void> reconfigure(const NodeLinksConfig& config) = 0;
  // Another key or cipher while the links are open (CR-6), step by step: what comes sealed with it is taken from now
  // on;
  virtual Result<void> load_crypto(const NodeLinksCrypto& crypto) = 0;
  // what goes out is sealed with it;
  virtual void use_loaded_crypto() = 0;
  // what comes sealed with the one before is dropped.
  virtual void forget_old_crypto() = 0;
  // What was sent before still goes out.
  virtual void close() = 0;
  // To all other nodes, or to one. Lost where no link is up.
  virtual void send_all(std::span<const std::byte> frame) = 0;
  virtual void send_to(ClusterNodeId node, std::span<const std::byte> frame) = 0;
  // Bytes that a frame may have.
  virtual std::size_t max_frame() const = 0;
  // A link to it is up and has answered within its times.
  virtual bool reaches(ClusterNodeId node) const = 0;
  virtual NodeLinkStatus status(ClusterNodeId node, LinkIndex link) const = 0;
};

}  // namespace simcluster
