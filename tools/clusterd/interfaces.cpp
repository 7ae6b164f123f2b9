#include "tools/clusterd/interfaces.h"

#include <array>
#include <bit>
#include <memory>

#include <ifaddrs.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "tools/clusterd/socket_address.h"
#include "tools/clusterd/system_error.h"

namespace simcluster::clusterd {

namespace {

int prefix_length_of(const sockaddr* netmask) {
  const auto mask = ip_address(netmask);
  if (!mask) return 0;
  int length = 0;
  for (const std::uint8_t byte : mask->bytes) length += std::popcount(byte);
  return length;
}

}  // namespace

std::vector<LocalAddress> list_addresses() {
  std::vector<LocalAddress> result;
  ifaddrs* first = nullptr;
  if (getifaddrs(&first) != 0) return result;
  const std::unique_ptr<ifaddrs, decltype(&freeifaddrs)> owner(first, &freeifaddrs);
  for (const ifaddrs* entry = first; entry != nullptr; entry = entry->ifa_next) {
    const auto address = ip_address(entry->ifa_addr);
    if (!address) continue;
    LocalAddress& local = result.emplace_back();
    local.interface = entry->ifa_name;
    local.interface_index = if_nametoindex(entry->ifa_name);
    local.address = *address;
    local.prefix_length = prefix_length_of(entry->ifa_netmask);
    local.up = (entry->ifa_flags & IFF_UP) != 0;
  }
  return result;
}

std::optional<LocalAddress> match_address(std::span<const LocalAddress> addresses, const IpAddress& wanted) {
  const LocalAddress* first = nullptr;
  for (const LocalAddress& local : addresses) {
    if (local.address == wanted) return local;
    if (first == nullptr && local.address.family == wanted.family &&
        local.address.network(local.prefix_length) == wanted.network(local.prefix_length))
      first = &local;
  }
  if (first == nullptr) return std::nullopt;
  return *first;
}

Result<std::unique_ptr<InterfaceWatch>> InterfaceWatch::start(EventLoop& loop, std::function<void()> changed) {
  FileDescriptor socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_ROUTE));
  if (!socket) return system_failure("open a netlink socket");
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  address.nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR;
  if (bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return system_failure("listen for changes of interfaces");
  std::unique_ptr<InterfaceWatch> watch(new InterfaceWatch(loop, std::move(socket)));
  // What changed is read anew, so the messages themselves say nothing more; an overrun is a change like any other.
  loop.watch(watch->socket_.get(), EPOLLIN, [fd = watch->socket_.get(), changed = std::move(changed)](std::uint32_t) {
    std::array<char, 8192> buffer;
    while (::recv(fd, buffer.data(), buffer.size(), 0) > 0 || errno == ENOBUFS) {
      if (errno == ENOBUFS) errno = 0;
    }
    changed();
  });
  return watch;
}

InterfaceWatch::~InterfaceWatch() { loop_.forget(socket_.get()); }

}  // namespace simcluster::clusterd
