#include "tools/clusterd/udp_links.h"

#include <array>
#include <cerrno>
#include <utility>

#include <linux/errqueue.h>
#include <netinet/ip_icmp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>

namespace simcluster::clusterd {

namespace {

constexpr std::size_t kMaxDatagram = 65'536;
// Datagrams read in one go: the other descriptors must have their turn.
constexpr int kMaxReads = 256;
// As Corosync asks for (TR-4): a burst of a whole ring's window fits.
constexpr int kSocketBuffer = 320 * 1024;

void set_option(int fd, int level, int option, int value) { setsockopt(fd, level, option, &value, sizeof value); }

FileDescriptor open_socket(const IpAddress& address, std::uint16_t port, bool share) {
  const bool v6 = address.family == IpAddress::Family::kV6;
  FileDescriptor fd(::socket(v6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return fd;
  if (share) set_option(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1);
  // The address may come later (M KN-1).
  set_option(fd.get(), v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_FREEBIND : IP_FREEBIND, 1);
  set_option(fd.get(), v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_RECVERR : IP_RECVERR, 1);
  set_option(fd.get(), SOL_SOCKET, SO_RCVBUF, kSocketBuffer);
  set_option(fd.get(), SOL_SOCKET, SO_SNDBUF, kSocketBuffer);
  set_option(fd.get(), SOL_SOCKET, SO_PRIORITY, 6);  // TC_PRIO_INTERACTIVE
  const SocketAddress own = socket_address(address, port);
  if (::bind(fd.get(), own.get(), own.size) != 0) fd.reset();
  return fd;
}

void join(int fd, const IpAddress& group, unsigned interface) {
  group_req request{};
  request.gr_interface = interface;
  const SocketAddress address = socket_address(group, 0);
  request.gr_group = address.storage;
  const bool v6 = group.family == IpAddress::Family::kV6;
  setsockopt(fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP, MCAST_JOIN_GROUP, &request, sizeof request);
}

void send_groups_through(int fd, const IpAddress& group, unsigned interface, bool loop) {
  if (group.family == IpAddress::Family::kV6) {
    set_option(fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, static_cast<int>(interface));
    set_option(fd, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, loop ? 1 : 0);
    return;
  }
  ip_mreqn request{};
  request.imr_ifindex = static_cast<int>(interface);
  setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &request, sizeof request);
  set_option(fd, IPPROTO_IP, IP_MULTICAST_LOOP, loop ? 1 : 0);
}

}  // namespace

UdpLinks::UdpLinks(EventLoop& loop) : loop_(loop), buffer_(kMaxDatagram), alive_(std::make_shared<bool>(true)) {}

UdpLinks::~UdpLinks() {
  *alive_ = false;
  for (const auto& link : links_)
    if (link) unbind(*link);
}

UdpLinks::Link* UdpLinks::find(LinkIndex index) {
  if (index.index() >= links_.size() || !links_[index.index()]) return nullptr;
  Link* link = links_[index.index()].get();
  return link->client != nullptr ? link : nullptr;
}

void UdpLinks::open(LinkIndex index, const LinkConfig& config, LinkClient& client) {
  close(index);
  if (links_.size() <= index.index()) links_.resize(index.index() + 1);
  links_[index.index()] = std::make_unique<Link>();
  Link& link = *links_[index.index()];
  link.client = &client;
  link.config = config;
  if (config.multicast.specified()) link.multicast = socket_address(config.multicast, config.port);
  for (const IpAddress& peer : config.peers) link.peers.push_back(socket_address(peer, config.port));
  examine(index.index(), list_addresses());
}

void UdpLinks::close(LinkIndex index) {
  Link* link = find(index);
  if (link == nullptr) return;
  unbind(*link);
  link->client = nullptr;
}

void UdpLinks::unbind(Link& link) {
  for (FileDescriptor* fd : {&link.socket, &link.group}) {
    if (*fd) loop_.forget(fd->get());
    fd->reset();
  }
}

std::size_t UdpLinks::waiting() const {
  // A look with MSG_PEEK also gets rid of datagrams with wrong checksums, which poll() would count.
  const auto has_some = [](const FileDescriptor& fd) {
    return fd && recv(fd.get(), nullptr, 0, MSG_PEEK | MSG_TRUNC | MSG_DONTWAIT) >= 0;
  };
  std::size_t count = 0;
  for (const auto& link : links_) {
    if (!link || link->client == nullptr) continue;
    if (has_some(link->socket)) ++count;
    if (has_some(link->group)) ++count;
  }
  return count;
}

void UdpLinks::examine_all() {
  const std::vector<LocalAddress> addresses = list_addresses();
  for (std::size_t i = 0; i < links_.size(); ++i)
    if (links_[i] && links_[i]->client != nullptr) examine(i, addresses);
}

void UdpLinks::examine(std::size_t index, std::span<const LocalAddress> addresses) {
  Link& link = *links_[index];
  const auto match = match_address(addresses, link.config.bind_network);
  if (!link.socket || (match && (match->address != link.own || match->interface_index != link.interface)))
    bind(index, match);
  link.state = !match ? LinkState::kAddressLost : match->up ? LinkState::kUp : LinkState::kDown;
  if (!link.socket) link.state = LinkState::kPortTaken;
  if (link.report_pending || (link.reported == link.state && link.reported_own == link.own)) return;
  link.report_pending = true;
  loop_.defer([this, index, alive = alive_] {
    if (*alive) report(index);
  });
}

void UdpLinks::bind(std::size_t index, const std::optional<LocalAddress>& match) {
  Link& link = *links_[index];
  unbind(link);
  link.own = match ? match->address : link.config.bind_network;
  link.interface = match ? match->interface_index : 0;
  link.socket = open_socket(link.own, link.config.port, false);
  if (link.socket) watch(index, link.socket.get());
  if (!link.config.multicast.specified() || !match) return;
  if (link.socket)
    send_groups_through(link.socket.get(), link.config.multicast, link.interface, link.config.hears_itself);
  link.group = open_socket(link.config.multicast, link.config.port, true);
  if (!link.group) return;
  join(link.group.get(), link.config.multicast, link.interface);
  watch(index, link.group.get());
}

void UdpLinks::report(std::size_t index) {
  Link& link = *links_[index];
  link.report_pending = false;
  if (link.client == nullptr || (link.reported == link.state && link.reported_own == link.own)) return;
  link.reported = link.state;
  link.reported_own = link.own;
  LinkClient& client = *link.client;
  const LinkState state = link.state;
  const IpAddress own = link.own;
  client.on_link_state(LinkIndex(static_cast<std::uint8_t>(index)), state, own);
}

void UdpLinks::watch(std::size_t index, int fd) {
  loop_.watch(fd, EPOLLIN, [this, index, fd](std::uint32_t events) { receive(index, fd, events); });
}

void UdpLinks::receive(std::size_t index, int fd, std::uint32_t events) {
  if ((events & EPOLLERR) != 0) receive_errors(index, fd);
  const auto open = [&] {
    const Link& link = *links_[index];
    return link.client != nullptr && (link.socket.get() == fd || link.group.get() == fd);
  };
  for (int i = 0; i < kMaxReads && open(); ++i) {
    sockaddr_storage from{};
    socklen_t size = sizeof from;
    const ssize_t got = recvfrom(fd, buffer_.data(), buffer_.size(), 0, reinterpret_cast<sockaddr*>(&from), &size);
    if (got < 0 && errno == EAGAIN) return;
    const auto sender = ip_address(reinterpret_cast<const sockaddr*>(&from));
    if (got < 0 || !sender) continue;
    LinkClient& client = *links_[index]->client;
    const std::span<const std::byte> bytes(buffer_.data(), static_cast<std::size_t>(got));
    client.on_datagram(LinkIndex(static_cast<std::uint8_t>(index)), *sender, bytes);
  }
}

// ICMP errors: whom we sent to, and what came back (M KN-8).
void UdpLinks::receive_errors(std::size_t index, int fd) {
  for (int i = 0; i < kMaxReads; ++i) {
    sockaddr_storage to{};
    std::array<char, 512> control;
    std::array<char, 64> payload;
    iovec data{payload.data(), payload.size()};
    msghdr message{};
    message.msg_name = &to;
    message.msg_namelen = sizeof to;
    message.msg_iov = &data;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    if (recvmsg(fd, &message, MSG_ERRQUEUE) < 0) return;
    const auto target = ip_address(reinterpret_cast<const sockaddr*>(&to));
    Link& link = *links_[index];
    if (!target || link.client == nullptr) continue;
    for (cmsghdr* c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c)) {
      const bool about_sending = (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVERR) ||
                                 (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_RECVERR);
      if (!about_sending) continue;
      const auto* error = reinterpret_cast<const sock_extended_err*>(CMSG_DATA(c));
      if (error->ee_errno == EMSGSIZE) continue;
      LinkClient& client = *link.client;
      client.on_unreachable(LinkIndex(static_cast<std::uint8_t>(index)), *target);
      break;
    }
  }
}

void UdpLinks::send(Link& link, const SocketAddress& to, std::span<const std::byte> bytes) {
  if (!link.socket) return;
  // An error that waits on the socket is reported by the first call; the datagram was not sent then.
  for (int attempt = 0; attempt < 2; ++attempt)
    if (sendto(link.socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL, to.get(), to.size) >= 0) return;
  ++unsent_;
}

void UdpLinks::send_to(LinkIndex index, const IpAddress& to, std::span<const std::byte> bytes) {
  Link* link = find(index);
  if (link != nullptr) send(*link, socket_address(to, link->config.port), bytes);
}

void UdpLinks::send_all(LinkIndex index, std::span<const std::byte> bytes) {
  Link* link = find(index);
  if (link == nullptr) return;
  if (link->config.multicast.specified()) return send(*link, link->multicast, bytes);
  for (const SocketAddress& peer : link->peers) send(*link, peer, bytes);
}

}  // namespace simcluster::clusterd
