// Links as in Corosync 3 (M 11.2 to 11.6): every pair of nodes has up to eight, watched by ping and pong, used by
// priority, all at once or in turn.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/base/host.h"
#include "engine/membership/authenticator.h"
#include "engine/membership/corosync_conf.h"
#include "engine/membership/knet_packets.h"
#include "engine/membership/plan.h"
#include "engine/membership/transport.h"

namespace simcluster::membership {

class KnetTransport final : public Transport {
 public:
  KnetTransport(const Plan& plan, const std::string& key, Host& host, LinkClient& link_client, Deadlines& deadlines,
                TransportClient& client);

  void start() override;
  void stop() override;
  void send_mcast(std::span<const std::byte> frame) override { send_all(frame, Loop::kNo); }
  void send_all(std::span<const std::byte> frame, Loop loop) override;
  void set_token_target(const Processor& target) override { target_ = target; }
  void send_token(std::span<const std::byte> frame) override;
  void set_members(std::span<const Processor>) override {}
  void check_interfaces() override {}  // IF-1: never examined
  void on_datagram(LinkIndex link, const IpAddress& from, std::span<const std::byte> bytes) override;
  void on_link_state(LinkIndex, bool, const IpAddress&) override {}
  void on_deadline(Deadline which) override;
  void drain_loop() override;
  std::vector<LinkStatus> status() const override;

 private:
  struct PeerLink {
    std::uint8_t number = 0;
    IpAddress address;
    std::uint8_t priority = 1;
    Duration ping_interval, ping_timeout;
    std::uint32_t pong_count = 2;
    bool up = false;
    std::uint32_t pongs = 0;     // counted since it went down
    std::uint32_t backoff = 10;  // KN-6
    Time backoff_since;
    Time last_ping, last_pong;
    bool pinged = false;
    bool ponged = false;
    Duration latency;  // running average
    std::uint32_t samples = 0;
    std::uint16_t sequence = 0;
  };
  struct Peer {
    std::uint16_t id = 0;
    std::vector<PeerLink> links;
    DuplicateFilter duplicates;
    Reassembly reassembly;
    std::size_t next = 0;      // round robin
    std::size_t best = kNone;  // passive: the link in use
  };
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

  Peer* find(std::uint16_t id);
  PeerLink* find_link(Peer& peer, std::uint8_t number);
  void tick();
  void watch(Peer& peer, PeerLink& link);
  Duration patience(const PeerLink& link) const;
  void receive_data(Peer& peer, const IpAddress& from, std::span<const std::byte> packet);
  void receive_ping(Peer& peer, PeerLink& link, std::span<const std::byte> packet);
  void receive_pong(Peer& peer, PeerLink& link, std::span<const std::byte> packet);
  void link_up(Peer& peer, PeerLink& link);
  void link_down(Peer& peer, PeerLink& link);
  void choose_route(Peer& peer, bool always_log);
  void send_packet(Peer& peer, std::span<const std::byte> packet);
  void send_data(std::span<const std::byte> frame, Peer* only);
  void log(LogPriority priority, const std::string& text);

  LinkMode mode_;
  std::vector<PlannedLink> plan_;
  Host& host_;
  LinkClient& link_client_;
  Deadlines& deadlines_;
  TransportClient& client_;
  Authenticator auth_;
  Random* salt_ = nullptr;
  std::uint16_t own_id_;
  Processor me_, target_;
  std::vector<Peer> peers_;  // by ascending node id
  std::uint16_t sequence_ = 0;
  bool running_ = false;
  std::vector<std::byte> packet_;
  std::vector<std::vector<std::byte>> loop_;
  std::vector<std::vector<std::byte>> self_tokens_;
};

}  // namespace simcluster::membership
