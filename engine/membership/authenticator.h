// Authentication of datagrams (M 15, 17.6): HMAC-SHA256 over the whole packet with the cluster's key.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/base/random.h"

namespace simcluster::membership {

class Authenticator {
 public:
  // An empty key leaves datagrams as they are.
  explicit Authenticator(std::string key) : key_(std::move(key)) {}

  bool enabled() const { return !key_.empty(); }
  // Bytes that seal() adds; they lower the room for messages (PG-4).
  std::size_t overhead() const { return enabled() ? kEnvelope + kSalt + kHash : 0; }

  // {0xFE 0xFE 0 0} salt data HMAC, into a buffer that is reused. Returns `data` itself when not enabled.
  std::span<const std::byte> seal(std::span<const std::byte> data, Random* salt);
  // The data of a packet whose HMAC is right; nothing for any other.
  std::optional<std::span<const std::byte>> open(std::span<const std::byte> packet) const;

 private:
  static constexpr std::size_t kEnvelope = 4;
  static constexpr std::size_t kSalt = 16;
  static constexpr std::size_t kHash = 32;

  std::string key_;
  std::vector<std::byte> sealed_;
};

}  // namespace simcluster::membership
