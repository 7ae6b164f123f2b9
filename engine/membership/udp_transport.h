// One ring over UDP multicast or UDP unicast (M 11.7, 11.8), with what losing the own address does to it (M 13).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "engine/base/host.h"
#include "engine/base/profile.h"
#include "engine/membership/authenticator.h"
#include "engine/membership/srp_messages.h"
#include "engine/membership/transport.h"

namespace simcluster::membership {

class UdpTransport final : public Transport {
 public:
  struct Settings {
    LinkConfig link;
    bool multicast = true;                     // false: udpu
    std::uint32_t node_id = 0;                 // 0: taken from the address (CF-22)
    bool clear_high_bit = false;               // CF-23
    std::uint32_t downcheck = 1000;            // T-13
    std::uint32_t merge = 200;                 // T-12
    std::map<std::uint32_t, IpAddress> nodes;  // of the nodelist
    std::string key;                           // empty: not authenticated
  };

  UdpTransport(Settings settings, const Profile& profile, Host& host, LinkClient& link_client, Deadlines& deadlines,
               TransportClient& client);

  void start() override;
  void stop() override;
  void send_mcast(std::span<const std::byte> frame) override;
  void send_all(std::span<const std::byte> frame, Loop loop) override;
  void set_token_target(const Processor& target) override { target_ = target; }
  void send_token(std::span<const std::byte> frame) override;
  void set_members(std::span<const Processor> members) override;
  void check_interfaces() override { examine(); }
  void on_datagram(LinkIndex link, const IpAddress& from, std::span<const std::byte> bytes) override;
  void on_link_state(LinkIndex link, bool usable, const IpAddress& own_address) override;
  void on_deadline(Deadline which) override;
  void drain_loop() override;

 private:
  enum class Bound : std::uint8_t { kNothing, kAddress, kLoopback };

  void examine();
  void interface_up();
  void interface_down();
  void log(std::string_view text);
  // A node that lost its address only hears itself, under its own or the loop-back identity (IF-3, IF-10).
  bool keeps_identity() const { return !settings_.multicast && profile_.udpu_keeps_identity; }
  bool reaches_itself() const;
  void learn(std::span<const std::byte> frame, const IpAddress& from);
  IpAddress address_of(const Processor& target) const;
  Processor processor(const IpAddress& own) const;

  Settings settings_;
  const Profile& profile_;
  Host& host_;
  LinkClient& link_client_;
  Deadlines& deadlines_;
  TransportClient& client_;
  Codec codec_;
  Authenticator auth_;
  Random* salt_ = nullptr;

  Bound bound_ = Bound::kNothing;
  bool running_ = false;
  bool address_present_ = false;
  IpAddress own_address_;
  Processor me_;
  Processor target_;
  std::size_t ring_size_ = 0;
  std::map<std::uint32_t, IpAddress> learned_;
  std::vector<std::vector<std::byte>> loop_;
  std::vector<std::vector<std::byte>> self_tokens_;
};

}  // namespace simcluster::membership
