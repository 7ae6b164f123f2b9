// Authentication of datagrams (M 15, 17.6): HMAC-SHA256 over the whole packet with the cluster's key.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/base/random.h"
#include "engine/membership/frame_guard.h"

namespace simcluster::membership {

// What surrounds authentic data.
struct Envelope {
  bool header = true;     // {0xFE 0xFE 0 0} of Corosync 2
  bool salt = true;       // 16 bytes
  std::size_t hash = 32;  // bytes; a longer one than HMAC-SHA256 is filled up, of a shorter one the beginning is used
};

class Authenticator {
 public:
  // An empty key leaves datagrams as they are. With a guard they carry its marks; it must outlive this.
  explicit Authenticator(std::string key, Envelope envelope = {}, FrameGuard* guard = nullptr)
      : key_(std::move(key)), envelope_(envelope), guard_(guard) {}

  bool enabled() const { return !key_.empty(); }
  const std::string& key() const { return key_; }
  FrameGuard* guard() const { return guard_; }
  // Bytes that seal() adds; they lower the room for messages (PG-4).
  std::size_t overhead() const { return enabled() ? before() + envelope_.hash : 0; }
  std::size_t mark_size() const { return enabled() && guard_ != nullptr ? FrameGuard::kMarkBytes : 0; }

  // Header, salt, data and HMAC, in a buffer that is reused. Returns `data` itself when not enabled.
  std::span<const std::byte> seal(std::span<const std::byte> data, Random* salt) {
    return enabled() ? seal_with_key(data, salt) : data;
  }
  // The data of a packet whose HMAC is right and that was not here before; nothing for any other. `repeated`, where
  // given, is set when only the latter was wrong.
  std::optional<std::span<const std::byte>> open(std::span<const std::byte> packet, bool* repeated = nullptr) const {
    return enabled() ? open_with_key(packet, repeated) : packet;
  }

 private:
  std::span<const std::byte> seal_with_key(std::span<const std::byte> data, Random* salt);
  std::optional<std::span<const std::byte>> open_with_key(std::span<const std::byte> packet, bool* repeated) const;

  static constexpr std::size_t kHeader = 4;
  static constexpr std::size_t kSalt = 16;
  std::size_t before_mark() const { return (envelope_.header ? kHeader : 0) + (envelope_.salt ? kSalt : 0); }
  std::size_t before() const { return before_mark() + mark_size(); }

  std::string key_;
  Envelope envelope_;
  FrameGuard* guard_;
  std::vector<std::byte> sealed_;
};

}  // namespace simcluster::membership
