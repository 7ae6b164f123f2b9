// Keeps out datagrams that somebody has recorded and sends again. Not of Corosync's protocol, which tells them only by
// the numbers of tokens and messages: a host of real machines brings one, simulated nodes have none.
#pragma once

#include <cstddef>
#include <cstdint>

namespace simcluster::membership {

class FrameGuard {
 public:
  // What a datagram carries within its seal.
  struct Mark {
    std::uint64_t sender = 0;  // node id
    std::uint64_t life = 0;    // larger after every start of the sender
    std::uint64_t number = 0;
  };
  static constexpr std::size_t kMarkBytes = 24;

  // Never the same twice.
  virtual Mark next() = 0;
  // Of a datagram that is authentic. False: it was here before, or its sender's life is over.
  virtual bool first_time(const Mark& mark) = 0;

 protected:
  ~FrameGuard() = default;
};

}  // namespace simcluster::membership
