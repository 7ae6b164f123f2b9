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
#include "engine/membership/own_frames.h"
#include "engine/membership/plan.h"
#include "engine/membership/transport.h"

namespace simcluster::membership {

class KnetTransport final : public Transport {
 public:
  KnetTransport(const Plan& plan, const TotemConf& totem, const std::string& key, FrameGuard* guard, Host& host,
                LinkClient& link_client, Deadlines& deadlines, TransportClient& client);

  void start() override;
  void stop() override;
  void send_mcast(std::span<const std::byte> frame) override { send_all(frame, Loop::kNo); }
  void send_all(std::span<const std::byte> frame, Loop loop) override;
  void set_token_target(const Processor& target) override { target_ = target; }
  void send_token(std::span<const std::byte> frame) override;
  void set_members(std::span<const Processor>) override {}
  void check_interfaces() override {}  // IF-1: never examined
  void on_datagram(LinkIndex link, const IpAddress& from, std::span<const std::byte> bytes) override;
  // Measured: Corosync 3.1.7 says "exiting normally" 800 to 804 ms after the others' new ring.
  Duration closing_time() const override { return milliseconds(800); }
  void on_link_state(LinkIndex, bool, const IpAddress&) override {}
  void on_port_taken(LinkIndex link) override;
  void on_unreachable(LinkIndex link, const IpAddress& to) override;
  std::optional<PathDiscovery> path_discovery() const override;
  void on_deadline(Deadline which) override;
  void drain_loop() override { own_.drain(); }
  void reconfigure(const Plan& plan) override;
  bool load_key(const Plan& plan) override;
  void crypto_phase(std::uint32_t phase) override;
  bool reaches(const Processor& processor) const override;
  void add_statistics(CmapEntries& entries) const override;
  std::vector<LinkStatus> status() const override;

 private:
  using Traffic = NodeLinkStatus::Traffic;
  using Counters = NodeLinkStatus::Direction;
  static void count(Traffic& traffic, std::size_t size) {
    ++traffic.packets;
    traffic.bytes += size;
  }
  // One run of the MTU's discovery (KN-15): sizes of IP packets.
  struct Discovery {
    bool running = false;
    bool due = false;
    bool warned = false;
    std::uint32_t good = 0;   // the largest that was answered
    std::uint32_t bad = 0;    // the smallest that was not; 0: none yet
    std::uint32_t probe = 0;  // under way
    Time probe_sent, last_run;
  };
  struct PeerLink {
    std::uint8_t number = 0;
    IpAddress address;
    std::uint8_t priority = 1;
    std::uint32_t interface_mtu = 1500;  // what the kernel sends: packets must not be cut (KN-15)
    Duration ping_interval, ping_timeout;
    std::uint32_t pong_count = 2;
    std::uint32_t ping_precision = 2048;  // T-26
    bool up = false;
    std::uint32_t pongs = 0;     // counted since it went down
    std::uint32_t backoff = 10;  // KN-6
    Time backoff_since;
    Time last_ping, last_pong;
    bool pinged = false;
    bool ponged = false;
    Duration latency;  // running average
    std::uint32_t samples = 0;
    Duration latency_min = Duration::max(), latency_max;
    bool unreachable = false;  // an ICMP error came since the last tick
    std::uint32_t mtu = 0;     // bytes of data in one packet; 0 before the first discovery
    Discovery discovery;
    std::uint32_t ups = 0, downs = 0;
    Counters sent, received;
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
  static constexpr Duration kTick = milliseconds(200);  // KN-5

  void on_start_timer();
  std::optional<std::span<const std::byte>> unseal(std::span<const std::byte> packet);
  Peer* find(std::uint16_t id);
  void add_link(std::uint16_t node, const PlannedLink& planned, const IpAddress& address);
  void drop_missing_links(const Plan& plan);
  void log_first_routes();
  PeerLink* find_link(Peer& peer, std::uint8_t number);
  void tick();
  void watch(Peer& peer, PeerLink& link);
  Duration patience(const PeerLink& link) const;
  // Knet's room for data in an IP packet of `size` bytes (KN-16).
  std::uint32_t data_room(const PeerLink& link, std::uint32_t size) const;
  static std::uint32_t first_packet(const PeerLink& link);
  std::uint32_t data_mtu(const PeerLink& link) const;
  void discover(Peer& peer, PeerLink& link);
  void send_probe(PeerLink& link, std::uint32_t size);
  void probe_failed(Peer& peer, PeerLink& link);
  void probe_answered(Peer& peer, PeerLink& link, std::uint32_t size);
  void next_probe(Peer& peer, PeerLink& link);
  void discovered(Peer& peer, PeerLink& link);
  void publish_mtu();
  void receive_pmtud(PeerLink& link, std::span<const std::byte> packet);
  void receive_pmtud_reply(Peer& peer, PeerLink& link, std::span<const std::byte> packet);
  void receive_data(Peer& peer, const IpAddress& from, std::span<const std::byte> packet);
  void receive_ping(Peer& peer, PeerLink& link, std::span<const std::byte> packet);
  void receive_pong(Peer& peer, PeerLink& link, std::span<const std::byte> packet);
  void link_up(Peer& peer, PeerLink& link);
  void link_down(Peer& peer, PeerLink& link);
  void choose_route(Peer& peer, bool always_log);
  void log_route(const Peer& peer);
  void send_packet(Peer& peer, std::span<const std::byte> packet);
  void send_data(std::span<const std::byte> frame, Peer* only);
  void log(LogPriority priority, const std::string& text);

  LinkMode mode_;
  std::vector<PlannedLink> plan_;
  Host& host_;
  LinkClient& link_client_;
  Deadlines& deadlines_;
  TransportClient& client_;
  Authenticator auth_;                  // what is sent carries its hash
  std::optional<Authenticator> other_;  // another key that is accepted, too: the next or the last one (CR-6)
  std::size_t crypto_index_ = 1;
  std::string crypto_;  // model, cipher and hash in use, or of the reload under way
  std::string cipher_, hash_;
  Random* salt_ = nullptr;
  std::uint16_t own_id_;
  Processor me_, target_;
  std::vector<Peer> peers_;  // by ascending node id
  std::uint16_t sequence_ = 0;
  bool running_ = false;
  bool ready_ = false;               // its threads run
  bool open_ = false;                // the links are
  std::uint32_t configured_mtu_;     // knet_mtu, 0: automatic
  Duration discovery_interval_;      // knet_pmtud_interval
  std::uint32_t mtu_;                // smallest of all links: what frames are cut to
  std::uint32_t published_mtu_ = 0;  // as logged last
  Traffic own_traffic_;              // through the link to itself
  std::vector<std::byte> packet_;
  OwnFrames own_;
};

}  // namespace simcluster::membership
