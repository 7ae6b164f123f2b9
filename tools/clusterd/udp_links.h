// Rings and links of the cluster software as UDP sockets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "engine/base/host.h"
#include "tools/clusterd/event_loop.h"
#include "tools/clusterd/interfaces.h"
#include "tools/clusterd/socket_address.h"

namespace simcluster::clusterd {

class UdpLinks {
 public:
  explicit UdpLinks(EventLoop& loop);
  ~UdpLinks();
  UdpLinks(const UdpLinks&) = delete;
  UdpLinks& operator=(const UdpLinks&) = delete;

  void open(LinkIndex link, const LinkConfig& config, LinkClient& client);
  void close(LinkIndex link);
  void send_all(LinkIndex link, std::span<const std::byte> bytes);
  void send_to(LinkIndex link, const IpAddress& to, std::span<const std::byte> bytes);
  // Sockets on which something has arrived that was not read yet.
  std::size_t waiting() const;
  // Interfaces or addresses have changed.
  void examine_all();

  // Datagrams that could not be handed to the kernel.
  std::uint64_t unsent() const { return unsent_; }

 private:
  struct Link {
    LinkClient* client = nullptr;  // nullptr: closed
    LinkConfig config;
    FileDescriptor socket;  // bound to the own address: sends, and receives what is for this node alone
    FileDescriptor group;   // bound to the multicast address
    IpAddress own;
    unsigned interface = 0;
    LinkState state = LinkState::kAddressLost;
    bool report_pending = false;
    std::optional<LinkState> reported;
    IpAddress reported_own;
    SocketAddress multicast;
    std::vector<SocketAddress> peers;
  };

  Link* find(LinkIndex link);
  void examine(std::size_t index, std::span<const LocalAddress> addresses);
  void bind(std::size_t index, const std::optional<LocalAddress>& match);
  void unbind(Link& link);
  void report(std::size_t index);
  void watch(std::size_t index, int fd);
  void receive(std::size_t index, int fd, std::uint32_t events);
  void receive_errors(std::size_t index, int fd);
  void send(Link& link, const SocketAddress& to, std::span<const std::byte> bytes);

  EventLoop& loop_;
  std::vector<std::unique_ptr<Link>> links_;
  std::vector<std::byte> buffer_;
  std::shared_ptr<bool> alive_;  // for calls put off past this object's end
  std::uint64_t unsent_ = 0;
};

}  // namespace simcluster::clusterd
