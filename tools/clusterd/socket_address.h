// IpAddress and port as the kernel's socket addresses, and back.
#pragma once

#include <cstdint>
#include <optional>

#include <netinet/in.h>
#include <sys/socket.h>

#include "engine/base/address.h"

namespace simcluster::clusterd {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

SocketAddress socket_address(const IpAddress& address, std::uint16_t port);
// None for other families than IPv4 and IPv6.
std::optional<IpAddress> ip_address(const sockaddr* address);

}  // namespace simcluster::clusterd
