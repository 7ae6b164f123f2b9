// What a service above the ring needs: the header of its messages and a way to send them (M 17.4).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/membership/processor.h"
#include "engine/membership/wire.h"

namespace simcluster::membership {

inline constexpr std::int32_t kCmapService = 0;
inline constexpr std::int32_t kCfgService = 1;
inline constexpr std::int32_t kCpgService = 2;
inline constexpr std::int32_t kQuorumService = 3;
inline constexpr std::int32_t kVotequorumService = 5;

inline constexpr std::size_t kServiceHeaderSize = 16;

class ServiceSender {
 public:
  // Multicasts a message made with ServiceMessage, in total order, the own node included. False: no room now, try at
  // the next token.
  virtual bool send_service(std::span<const std::byte> message) = 0;
  // A client's request has left something to send; the service's pump() follows before this returns.
  virtual void on_client_request() = 0;

 protected:
  ~ServiceSender() = default;
};

// Builds one service message: header, then whatever is written to body().
class ServiceMessage {
 public:
  ServiceMessage(std::int32_t service, std::uint16_t function) : service_(service), function_(function) {}

  // Writes the whole message; `fill` gets the Writer for the body.
  template <class Fill>
  std::span<const std::byte> build(Fill&& fill) {
    {
      Writer w(bytes_, kServiceHeaderSize);
      w.u64(static_cast<std::uint64_t>(service_) << 16 | function_);
      w.u64(0);
      fill(w);
    }
    const std::uint64_t size = to_little_endian(static_cast<std::uint64_t>(bytes_.size()));
    std::memcpy(bytes_.data() + 8, &size, sizeof size);
    return bytes_;
  }

 private:
  std::int32_t service_;
  std::uint16_t function_;
  std::vector<std::byte> bytes_;
};

struct ServiceHeader {
  std::int32_t service = 0;
  std::uint16_t function = 0;
};

// False when the message is cut or its header does not fit its length.
inline bool read_service_header(std::span<const std::byte> message, ServiceHeader& header) {
  Reader r(message);
  const std::uint64_t id = r.u64();
  const std::uint64_t size = r.u64();
  if (r.failed() || size != message.size()) return false;
  header.service = static_cast<std::int32_t>(id >> 16);
  header.function = static_cast<std::uint16_t>(id & 0xffff);
  return true;
}

}  // namespace simcluster::membership
