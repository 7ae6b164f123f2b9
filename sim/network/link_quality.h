// How good a piece of network is.
#pragma once

#include <cstdint>

#include "engine/base/time.h"

namespace simcluster::sim {

// What becomes of a frame that is damaged on its way (M WF-5).
enum class Damage : std::uint8_t {
  kDropped,    // the receiver's checksum finds out
  kBitFlip,    // a bit of the payload is turned over, and no checksum notices
  kTruncated,  // only a part of the payload arrives
};

// All probabilities are parts per million, drawn per frame from the network's seeded streams. The default is a quiet
// local network.
struct LinkQuality {
  Duration delay = microseconds(40);   // one way
  Duration jitter = microseconds(20);  // uniform extra in [0, jitter]; keeps the order of frames
  std::uint32_t loss = 0;
  std::uint32_t duplication = 0;
  std::uint32_t reordering = 0;  // such a frame is held back by up to reordering_delay and may be overtaken
  Duration reordering_delay = milliseconds(2);
  std::uint32_t corruption = 0;  // such a frame is damaged
  Damage damage = Damage::kDropped;
  std::uint64_t bandwidth = 0;             // bits per second, 0: unlimited
  std::uint32_t queue_bytes = 256 * 1024;  // waiting for bandwidth; what does not fit is dropped
  // Bytes of an IP packet, 0: whatever the interfaces send. Larger ones are lost, and nobody tells the sender.
  std::uint32_t mtu = 0;
  bool operator==(const LinkQuality&) const = default;
};

}  // namespace simcluster::sim
