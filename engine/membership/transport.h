// What carries the ring protocol's frames (TR-1): UDP multicast, UDP unicast, redundant rings over either, or links as
// in Kronosnet.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/base/address.h"
#include "engine/membership/cmap.h"
#include "engine/membership/deadlines.h"
#include "engine/membership/path_discovery.h"
#include "engine/membership/plan.h"
#include "engine/membership/processor.h"

namespace simcluster::membership {

class TransportClient {
 public:
  // A frame for the ring protocol, from outside or from this node itself.
  virtual void on_frame(std::span<const std::byte> frame, const IpAddress& from) = 0;
  // A link or ring was enabled, or the own identity changed (SRP-2.1, M 13.2). `me` is the identity from now on.
  virtual void on_interface(const Processor& me) = 0;
  // False: a token would be dropped, whatever it says (SRP-3.1).
  virtual bool takes_tokens() const { return true; }

 protected:
  ~TransportClient() = default;
};

// One remote end of a link, as the tools show it (TO-7).
struct PeerLinkStatus {
  std::uint32_t node = 0;
  IpAddress address;
  bool enabled = true;
  bool connected = false;
  std::uint32_t mtu = 0;  // bytes of data in one packet
};

// One link or ring of this node.
struct LinkStatus {
  std::uint8_t number = 0;
  IpAddress own;
  std::string text;                   // M 12.6, for redundant rings
  bool faulty = false;                // the ring is marked
  std::vector<PeerLinkStatus> peers;  // by ascending node id, this node among them
};

// Which copies a multicast needs. All go to the others; the sender itself gets one only where the protocol listens to
// its own voice (SRP-4.2, SRP-16.7): its own MCAST and MERGE-DETECT would be dropped as known.
enum class Loop : std::uint8_t { kNo, kYes };

inline constexpr Duration kStartDelay = milliseconds(100);  // from start() to the first look at interfaces (SRP-2.1)
inline constexpr Duration kSelfDelay = microseconds(20);    // of a token to oneself: through the kernel and back

class Transport {
 public:
  virtual ~Transport() = default;

  // Opens the links. on_interface follows for each (after 100 ms, SRP-2.1).
  virtual void start() = 0;
  virtual void stop() = 0;
  // From the LEAVE to the end of the process; the links are still there.
  virtual Duration closing_time() const { return {}; }

  // MCAST: members that are not in the ring may be left out (UU-2).
  virtual void send_mcast(std::span<const std::byte> frame) = 0;
  // JOIN, MERGE-DETECT, HOLD-CANCEL: everybody.
  virtual void send_all(std::span<const std::byte> frame, Loop loop) = 0;
  // A token for the target set last.
  virtual void set_token_target(const Processor& target) = 0;
  virtual void send_token(std::span<const std::byte> frame) = 0;
  // The ring has `members` from now on (used for the interface checks of singletons and by UU-2).
  virtual void set_members(std::span<const Processor> members) = 0;
  // False: all that could hear a MERGE-DETECT are in the ring, and would drop it (SRP-16.3). Nobody is woken for it
  // then.
  virtual bool may_have_outsiders() const { return true; }
  // The token was lost: look at the own interfaces (IF-1b).
  virtual void check_interfaces() = 0;

  virtual void on_datagram(LinkIndex link, const IpAddress& from, std::span<const std::byte> bytes) = 0;
  virtual void on_link_state(LinkIndex link, bool usable, const IpAddress& own_address) = 0;
  // The link's port belongs to another process.
  virtual void on_port_taken(LinkIndex link) { on_link_state(link, false, {}); }
  // The frame being handed up had to wait in the socket and overtakes a token that came before it (M 5.9 step 4).
  virtual bool flushing() const { return false; }
  // SRP-5.1: what waits in the sockets is discarded. False: nothing waited.
  virtual bool drain() { return true; }
  // KN-8.
  virtual void on_unreachable(LinkIndex link, const IpAddress& to) {
    static_cast<void>(link);
    static_cast<void>(to);
  }
  // False: no link to it is up and answers pings in time. Transports that do not watch their links know nothing.
  virtual bool reaches(const Processor& processor) const {
    static_cast<void>(processor);
    return true;
  }
  // How it finds out what its paths carry; none: it sends packets of a fixed size.
  virtual std::optional<PathDiscovery> path_discovery() const { return std::nullopt; }
  virtual void on_deadline(Deadline which) = 0;
  // A reload: nodes, links and their settings are those of `plan` from now on (CF-30).
  virtual void reconfigure(const Plan& plan) = 0;
  // CR-6. A key that the reload has brought is accepted from now on; false: it is the same as before.
  virtual bool load_key(const Plan& plan) {
    static_cast<void>(plan);
    return false;
  }
  // 1: what is sent is sealed with it; 2: the old one is forgotten.
  virtual void crypto_phase(std::uint32_t phase) { static_cast<void>(phase); }
  virtual void set_timers(const TotemTimers& timers) { static_cast<void>(timers); }
  // By ascending number.
  virtual std::vector<LinkStatus> status() const = 0;
  // Datagrams that were dropped before the ring protocol saw them: cut, of no known kind, or not authentic (CR-4).
  std::uint64_t rejected() const { return rejected_; }
  // Adds stats.knet to the map of statistics (TO-10).
  virtual void add_statistics(CmapEntries& entries) const { static_cast<void>(entries); }
  // RR-15: `corosync-cfgtool -r`. Only redundant rings have something to enable again.
  virtual void reenable_rings() {}
  // Hands looped frames back, until there are none. Called at the end of every input.
  virtual void drain_loop() = 0;

 protected:
  std::uint64_t rejected_ = 0;
};

}  // namespace simcluster::membership
