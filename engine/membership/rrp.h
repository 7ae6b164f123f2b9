// Redundant rings of Corosync 1 and 2 (M 12): which rings a frame goes out on, when a token counts as received, and
// which rings have failed. One ring without redundancy is the simplest case.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/base/host.h"
#include "engine/base/profile.h"
#include "engine/membership/corosync_conf.h"
#include "engine/membership/deadlines.h"

namespace simcluster::membership {

class RrpClient {
 public:
  // The token is for the ring protocol now.
  virtual void pass_token_up(std::span<const std::byte> frame, const IpAddress& from) = 0;
  // RR-13: ask for the ring test on a faulty ring.
  virtual void send_ring_test(std::size_t ring) = 0;
  // The address that log lines name.
  virtual IpAddress ring_address(std::size_t ring) const = 0;

 protected:
  ~RrpClient() = default;
};

class Rrp {
 public:
  Rrp(RrpMode mode, std::size_t rings, const TotemTimers& timers, const Profile& profile, Host& host,
      Deadlines& deadlines, RrpClient& client);

  // The rings that the next multicast or token goes out on (RR-4, RR-9). Valid until the next call.
  const std::vector<std::size_t>& rings_for_mcast() { return next_rings(mcast_next_); }
  const std::vector<std::size_t>& rings_for_token() { return next_rings(token_next_); }

  // RR-6, RR-10. `number` is the token's token_seq.
  void on_token(std::size_t ring, std::uint32_t number, std::span<const std::byte> frame, const IpAddress& from);
  // RR-11. The multicast itself is always passed up (RR-5).
  void on_mcast(std::size_t ring);
  // RR-13, RR-14: ACTIVATE arrived.
  void on_activate(std::size_t ring, std::uint32_t sender);
  // `corosync-cfgtool -r`.
  void enable_all();
  void on_deadline(Deadline which);

  bool faulty(std::size_t ring) const { return rings_[ring].faulty; }
  // The text of `corosync-cfgtool -s` (M 12.6).
  const std::string& status(std::size_t ring) const { return rings_[ring].status; }

  static constexpr Deadline kTokenExpired = Deadline::kTransport2;
  static constexpr Deadline kDecrement = Deadline::kTransport3;
  static constexpr Deadline kRingTest = Deadline::kTransport4;

 private:
  struct Health {
    bool faulty = false;
    std::uint32_t problems = 0;  // active
    bool token_seen = false;
    std::uint32_t tokens = 0, mcasts = 0;  // passive
    std::string status;
  };

  const std::vector<std::size_t>& next_rings(std::size_t& pointer);
  bool seen_on_all() const;
  void token_expired();
  void decrement();
  void monitor(std::uint32_t Health::*counter, std::size_t ring, std::uint32_t threshold);
  void mark_faulty(std::size_t ring, std::string text);
  void enable(std::size_t ring);
  void log(LogPriority priority, const std::string& text);

  RrpMode mode_;
  const TotemTimers& timers_;
  const Profile& profile_;
  Host& host_;
  Deadlines& deadlines_;
  RrpClient& client_;
  std::vector<Health> rings_;
  std::size_t mcast_next_ = 0, token_next_ = 0;
  std::vector<std::size_t> chosen_;
  std::uint32_t last_token_ = 0;
  std::vector<std::byte> token_;  // the newest one, until all rings have brought it
  IpAddress token_from_;
  bool token_waits_ = false;
  bool decrementer_stuck_ = false;
};

}  // namespace simcluster::membership
