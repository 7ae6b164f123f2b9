// UDP multicast and UDP unicast (M 11.7, 11.8), with one ring or two (M 12), and with what losing the own address does
// to it (M 13).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "engine/base/host.h"
#include "engine/base/profile.h"
#include "engine/membership/authenticator.h"
#include "engine/membership/own_frames.h"
#include "engine/membership/rrp.h"
#include "engine/membership/srp_messages.h"
#include "engine/membership/transport.h"

namespace simcluster::membership {

class UdpTransport final : public Transport, public RrpClient {
 public:
  struct Settings {
    std::vector<LinkConfig> rings;
    RrpMode rrp_mode = RrpMode::kNone;
    bool multicast = true;        // false: udpu
    std::uint32_t node_id = 0;    // 0: taken from ring 0's address (CF-22)
    bool clear_high_bit = false;  // CF-23
    TotemTimers timers;
    std::map<std::uint32_t, IpAddress> nodes;  // ring 0's addresses of the nodelist
    bool block_unlisted = false;
    std::uint32_t net_mtu = 1500;
    std::string key;  // empty: not authenticated
    FrameGuard* guard = nullptr;
  };

  UdpTransport(Settings settings, const Profile& profile, Host& host, LinkClient& link_client, Deadlines& deadlines,
               TransportClient& client);

  void start() override;
  void stop() override;
  void send_mcast(std::span<const std::byte> frame) override { send_all(frame, Loop::kNo); }
  void send_all(std::span<const std::byte> frame, Loop loop) override;
  void set_token_target(const Processor& target) override {
    target_ = target;
    target_is_me_ = target_ == me_;
  }
  void send_token(std::span<const std::byte> frame) override;
  void set_members(std::span<const Processor> members) override;
  void check_interfaces() override;
  void on_datagram(LinkIndex link, const IpAddress& from, std::span<const std::byte> bytes) override;
  void on_link_state(LinkIndex link, bool usable, const IpAddress& own_address) override;
  void on_port_taken(LinkIndex link) override;
  bool flushing() const override { return !kept_tokens_.empty(); }
  bool drain() override;
  void on_deadline(Deadline which) override;
  void drain_loop() override { own_.drain(rings_.front().own); }
  void reconfigure(const Plan& plan) override;
  void set_timers(const TotemTimers& timers) override { settings_.timers = timers; }
  std::vector<LinkStatus> status() const override;
  void reenable_rings() override { rrp_.enable_all(); }

  void pass_token_up(std::span<const std::byte> frame, const IpAddress& from) override;
  void send_ring_test(std::size_t ring) override;
  IpAddress ring_address(std::size_t ring) const override { return rings_[ring].own; }

 private:
  enum class Bound : std::uint8_t { kNothing, kAddress, kLoopback };
  struct alignas(32) Ring {  // a power of two, to be found without a multiplication
    Bound bound = Bound::kNothing;
    bool present = false;  // the host has the address
    bool taken = false;    // another process has the port
    int retries = 0;       // of the bind, so far
    IpAddress own;
  };
  struct KeptToken {
    std::size_t ring = 0;
    IpAddress from;
    std::vector<std::byte> frame;
  };

  void bind_failed(std::size_t ring);
  void accept(std::size_t ring, const IpAddress& from, std::span<const std::byte> bytes);
  void dispatch(std::size_t ring, const IpAddress& from, std::span<const std::byte> frame);
  bool keep_back(std::size_t ring, const IpAddress& from, std::span<const std::byte> frame);
  void take_kept_tokens();
  void log_members(std::size_t ring);
  bool blocked(std::size_t ring, const IpAddress& from) const;
  void examine(std::size_t ring);
  void interface_up(std::size_t ring);
  void interface_down(std::size_t ring);
  void report();
  void identify();
  void find_identity();
  void note_straight_up();
  void examine_datagram(std::size_t ring, const IpAddress& from, std::span<const std::byte> bytes);
  void log(const std::string& text);
  // A node that lost its address only hears itself, under its own or the loop-back identity (IF-3, IF-10).
  bool keeps_identity() const { return !settings_.multicast && profile_.udpu_keeps_identity; }
  bool reaches_itself(const Ring& ring) const;
  void arm_check(std::size_t ring);
  void learn(std::span<const std::byte> frame, const IpAddress& from);
  const IpAddress& address_of(const Processor& target, std::size_t ring) const;
  const IpAddress& look_up_address(const Processor& target) const;
  // True: the kernel loops a multicast of this ring back.
  bool send_all_on(std::size_t ring, std::span<const std::byte> frame);
  void send_token_on(std::size_t ring, std::span<const std::byte> frame);
  void send_token_to_self(std::size_t ring, std::span<const std::byte> frame);
  void receive(std::size_t ring, const IpAddress& from, std::span<const std::byte> frame);
  void receive_ring_test(std::size_t ring, std::span<const std::byte> frame);
  bool went_round_lately(const RingTest& message);

  Settings settings_;
  const Profile& profile_;
  Host& host_;
  LinkClient& link_client_;
  Deadlines& deadlines_;
  TransportClient& client_;
  Codec codec_;
  Authenticator auth_;
  Random* salt_ = nullptr;
  Rrp rrp_;

  std::vector<Ring> rings_;
  bool running_ = false;
  bool straight_up_ = false;  // datagrams are neither authenticated nor compared with lists or other rings
  bool target_is_me_ = false;
  std::size_t reports_ = 0;
  Processor me_;
  Processor target_;
  std::size_t ring_size_ = 0;
  std::map<std::uint32_t, IpAddress> learned_;
  std::vector<std::byte> test_frame_;
  std::map<std::tuple<MessageType, std::uint32_t, std::uint32_t>, Time> ring_tests_;  // when passed on
  OwnFrames own_;
  std::vector<KeptToken> kept_tokens_;  // until what had arrived before them, or with them, has been processed
  std::size_t drained_ = 0;             // so many datagrams are still to be dropped
};

}  // namespace simcluster::membership
