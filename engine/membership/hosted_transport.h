// Links as in Corosync 3 where the host keeps them (node_links.h): what is left is the way of frames to nodes and back.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/base/host.h"
#include "engine/base/node_links.h"
#include "engine/membership/corosync_conf.h"
#include "engine/membership/own_frames.h"
#include "engine/membership/plan.h"
#include "engine/membership/transport.h"

namespace simcluster::membership {

class HostedTransport final : public Transport {
 public:
  // `links_client` hears the links themselves; `client` what this node sends to itself.
  HostedTransport(const Plan& plan, const TotemTimers& timers, const TotemConf& totem, Host& host,
                  NodeLinksClient& links_client, Deadlines& deadlines, TransportClient& client);
  ~HostedTransport() override { close(); }

  void start() override;
  void stop() override { close(); }
  void send_mcast(std::span<const std::byte> frame) override { send_all(frame, Loop::kNo); }
  void send_all(std::span<const std::byte> frame, Loop loop) override;
  void set_token_target(const Processor& target) override { target_ = target; }
  void send_token(std::span<const std::byte> frame) override;
  void set_members(std::span<const Processor> members) override;
  bool may_have_outsiders() const override { return outsiders_; }
  void check_interfaces() override {}  // IF-1: never examined
  void on_datagram(LinkIndex, const IpAddress&, std::span<const std::byte>) override {}
  void on_link_state(LinkIndex, bool, const IpAddress&) override {}
  void on_deadline(Deadline which) override;
  void drain_loop() override { own_.drain(); }
  void reconfigure(const Plan& plan) override;
  bool load_key(const Plan& plan) override;
  void crypto_phase(std::uint32_t phase) override;
  void set_timers(const TotemTimers& timers) override;
  bool reaches(const Processor& processor) const override;
  void add_statistics(CmapEntries& entries) const override;
  std::vector<LinkStatus> status() const override;

 private:
  NodeLinksConfig links_config(const Plan& plan) const;
  void close();
  void look_for_outsiders();
  // None: the link is this node's own.
  std::optional<NodeLinkStatus> link_status(std::uint32_t node, std::uint8_t link) const;

  Plan plan_;
  const std::uint32_t mtu_;        // knet_mtu
  const Duration mtu_interval_;    // knet_pmtud_interval
  const bool block_unlisted_ips_;  // KN-3
  Host& host_;
  NodeLinks& links_;
  NodeLinksClient& links_client_;
  Deadlines& deadlines_;
  TransportClient& client_;
  OwnFrames own_;
  Processor me_, target_;
  NodeLinkStatus::Traffic own_traffic_;
  Duration alive_;
  std::vector<std::uint32_t> members_;  // of the ring
  bool outsiders_ = true;               // the links lead to somebody who is not in the ring
  bool running_ = false;
  bool key_loaded_ = false;  // and the old one not forgotten yet
};

}  // namespace simcluster::membership
