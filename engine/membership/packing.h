// Packing of service messages into ring messages, and back (M 6). Small messages wait for the token and travel
// together, big ones are cut into fragments.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <span>
#include <string_view>
#include <vector>

#include "engine/membership/processor.h"
#include "engine/membership/srp.h"

namespace simcluster::membership {

// PG-1: the groups of the packing layer.
inline constexpr std::string_view kServiceGroup = "a";
inline constexpr std::string_view kSyncGroup = "sync";

class Packer {
 public:
  // `net_mtu` as in PG-4.
  Packer(Srp& srp, std::size_t net_mtu) : srp_(srp), net_mtu_(net_mtu) {}

  // Takes a message for `group`. False (and nothing is taken) when the ring's queue has too few free slots (PG-7).
  bool send(std::string_view group, std::span<const std::byte> message);
  // PG-9: what is staged goes to the ring now, unless its queue is full.
  void flush() {
    if (!staging().lengths.empty()) flush_staged();
  }
  bool has_room(std::size_t message_size) const;
  // A ring is being installed. A message of which only some fragments went out on the old ring starts anew, so that
  // all members of the new one deliver it or none; what an aborted synchronisation left is forgotten.
  void on_new_ring();
  // Synchronisation is over: what it left behind goes before everything else.
  void transitional_done();

 private:
  // What synchronisation sends overtakes what clients have queued (SRP-9.4), so each has a buffer and fragment numbers
  // of its own.
  struct Staging {
    std::vector<std::byte> data;
    std::vector<std::uint16_t> lengths;
    std::uint8_t next_fragment = 1;
    std::uint8_t continuation = 0;
  };

  std::size_t usable() const { return net_mtu_ - 8; }
  Staging& staging() { return srp_.waiting_for_synchronisation() ? transitional_ : normal_; }
  void flush_staged();
  void append(Staging& staging, std::span<const std::byte> message);
  void hand_over(Staging& staging, std::uint8_t fragmented);
  void prune_fragmented();

  // A message cut into several packets, kept until the last of them is on the wire.
  struct Fragmented {
    std::vector<std::byte> whole;
    std::uint64_t first_packet = 0;
    std::uint64_t last_packet = 0;
  };

  Srp& srp_;
  std::size_t net_mtu_;
  Staging normal_, transitional_;
  std::vector<std::byte> whole_;  // reused: group list and message in one piece
  std::deque<Fragmented> fragmented_;
  std::uint64_t packets_ = 0;  // ordinary packets handed over so far
};

class AssemblyClient {
 public:
  virtual void on_group_message(std::string_view group, const Processor& from, std::span<const std::byte> message) = 0;

 protected:
  ~AssemblyClient() = default;
};

class Assembler {
 public:
  Assembler(Host& host, AssemblyClient& client) : host_(host), client_(client) {}

  // One ring message (PG-11).
  void receive(const Processor& from, std::span<const std::byte> payload);
  // Forgets unfinished fragments: of nodes that went (PG-2), and of all nodes at a new ring, where their senders start
  // anew.
  void forget(const ProcessorList& left);
  void forget_all() { buffers_.clear(); }
  // Bytes of a message whose end has not come; more is thrown away. (Corosync has 1 MiB; a CIB may be larger here.)
  static constexpr std::size_t kMaxUnfinished = std::size_t{64} * 1024 * 1024;
  // Buffers of the time between a transitional configuration and the end of synchronisation are kept apart.
  void set_transitional(bool transitional) { transitional_ = transitional; }

 private:
  struct Buffer {
    std::vector<std::byte> data;  // of the message that is not complete yet
    std::uint8_t last_fragment = 0;
    bool throw_away = false;
  };
  struct Packet {
    std::uint8_t fragmented = 0;
    std::uint8_t continuation = 0;
    std::vector<std::uint16_t> lengths;
    std::span<const std::byte> data;
  };

  bool parse(const Processor& from, std::span<const std::byte> payload, Packet& packet);
  void deliver(const Processor& from, std::span<const std::byte> whole);

  Host& host_;
  AssemblyClient& client_;
  bool transitional_ = false;
  std::map<std::pair<Processor, bool>, Buffer> buffers_;
};

}  // namespace simcluster::membership
