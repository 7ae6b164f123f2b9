// NodeLinks over the datagrams of a test's host: one link, always up, that loses nothing of its own.
#pragma once

#include <set>

#include "engine/base/host.h"
#include "engine/base/node_links.h"

namespace simcluster::membership {

class TestingLinks final : public NodeLinks, LinkClient {
 public:
  explicit TestingLinks(Host& host) : host_(host) {}

  Result<void> open(const NodeLinksConfig& config, NodeLinksClient& client) override {
    config_ = config;
    client_ = &client;
    open_link();
    return {};
  }
  Result<void> reconfigure(const NodeLinksConfig& config) override {
    config_ = config;
    open_link();
    return {};
  }
  Result<void> load_crypto(const NodeLinksCrypto& crypto) override {
    if (crypto.key.empty()) return fail("no key");
    crypto_steps += "load " + crypto.key.substr(0, 1) + ' ';
    return {};
  }
  void use_loaded_crypto() override { crypto_steps += "use "; }
  void forget_old_crypto() override { crypto_steps += "forget "; }
  void close() override { host_.close_link(LinkIndex(0)); }
  void send_all(std::span<const std::byte> frame) override { host_.send_all(LinkIndex(0), frame); }
  void send_to(ClusterNodeId node, std::span<const std::byte> frame) override {
    const auto& peers = config_.links.front().peers;
    if (const auto at = peers.find(node); at != peers.end()) host_.send_to(LinkIndex(0), at->second, frame);
  }
  std::size_t max_frame() const override { return 65'500; }
  bool reaches(ClusterNodeId node) const override { return !unreachable.contains(node); }
  NodeLinkStatus status(ClusterNodeId node, LinkIndex) const override {
    NodeLinkStatus status;
    status.connected = reaches(node);
    status.mtu = 1397;
    status.sent.data = {7, 700};
    return status;
  }

  std::set<ClusterNodeId> unreachable;
  std::string crypto_steps;  // what was asked for, in its order

 private:
  void open_link() {
    LinkConfig link;
    link.bind_network = config_.links.front().own;
    link.port = config_.links.front().port;
    for (const auto& [node, address] : config_.links.front().peers) link.peers.push_back(address);
    host_.open_link(LinkIndex(0), link, *this);
  }
  void on_datagram(LinkIndex, const IpAddress& from, std::span<const std::byte> bytes) override {
    for (const auto& [node, address] : config_.links.front().peers)
      if (address == from) return client_->on_node_frame(node, bytes);
  }
  void on_link_state(LinkIndex, LinkState, const IpAddress&) override {}

  Host& host_;
  NodeLinksConfig config_;
  NodeLinksClient* client_ = nullptr;
};

}  // namespace simcluster::membership
