// Packets that arrive.
#include <algorithm>
#include <utility>

#include "sim/kernel/net_stack.h"

namespace simcluster::sim {

namespace {
// Time that a kernel takes to answer an echo request: with the default link quality a round trip of 0.12 to 0.22 ms
// (AT-2.6).
constexpr Duration kEchoAnswerLeast = microseconds(40);
constexpr Duration kEchoAnswerMost = microseconds(100);
}  // namespace

[[gnu::flatten]] void NetStack::Nic::on_frame(PortId, const FrameRef& frame) { stack->receive(index, frame); }

void NetStack::receive(int index, const FrameRef& frame) {
  if (frozen_ || !powered_) return;
  Interface* interface = &at(index);
  if (!interface->up) return;
  if (interface->master != 0) {
    Interface& bond = at(interface->master);
    // A standby slave drops what it hears.
    if (!bond.up || bond.active_slave != index) return;
    interface = &bond;
  }
  const MacAddress to = frame->header.destination_mac;
  if (to != interface->mac && !to.group()) return;
  ++interface->counters.rx_packets;
  interface->counters.rx_bytes += frame->wire_size();
  if (to.group() && !to.broadcast()) ++interface->counters.rx_multicast;
  const LastDelivery* last = same_as_before(interface->index, frame->header);
  if (last != nullptr) return last->client->on_datagram(last->socket, frame);
  if (frame->header.kind == FrameKind::kArpRequest || frame->header.kind == FrameKind::kArpReply)
    receive_arp(*interface, *frame);
  else
    receive_ip(interface->index, frame);
}

// Null: it has to be looked up.
const NetStack::LastDelivery* NetStack::same_as_before(int index, const FrameHeader& header) const {
  const LastDelivery& last = last_deliveries_[header.destination_mac.group()];
  const bool same = header.kind == FrameKind::kUdp && last.generation == generation_ && header.destination == last.to &&
                    header.destination_port == last.port && index == last.interface;
  return same ? &last : nullptr;
}

[[gnu::noinline]] void NetStack::receive_ip(int index, const FrameRef& frame) {
  const FrameHeader& header = frame->header;
  if (header.kind == FrameKind::kUdp && is_multicast(header.destination)) {
    deliver_udp(index, frame);
    return;
  }
  if (!is_local(header.destination)) {
    if (sysctls_.number("net.ipv4.ip_forward") != 0) forward_ip(frame);
    return;
  }
  switch (header.kind) {
    case FrameKind::kUdp:
      deliver_udp(index, frame);
      return;
    case FrameKind::kEchoRequest: {
      FrameRef reply = context_.network.pool().take(frame->payload().size());
      reply->header.kind = FrameKind::kEchoReply;
      reply->header.source = header.destination;
      reply->header.destination = header.source;
      reply->header.source_port = header.source_port;
      reply->header.destination_port = header.destination_port;
      later(delay_random_.between(kEchoAnswerLeast, kEchoAnswerMost), std::move(reply));
      return;
    }
    case FrameKind::kEchoReply:
      for (const Echo& echo : echoes_) {
        if (echo.identifier != header.source_port) continue;
        echo.client->on_echo_reply(header.source, header.source_port, header.destination_port);
        return;  // the client may have changed the list
      }
      return;
    case FrameKind::kUnreachable:
      return deliver_unreachable(frame);
    case FrameKind::kArpRequest:
    case FrameKind::kArpReply:
      return;
  }
}

void NetStack::deliver_udp(int index, const FrameRef& frame) {
  const FrameHeader& header = frame->header;
  const bool group = is_multicast(header.destination);
  const auto wants = [&](const Socket& socket) {
    if (socket.client == nullptr || socket.port != header.destination_port) return false;
    if (!group) return !socket.address.specified() || socket.address == header.destination;
    return std::ranges::any_of(socket.groups,
                               [&](const Group& g) { return g.address == header.destination && g.interface == index; });
  };
  const auto next = [&](std::size_t i) {
    while (i < sockets_.size() && !wants(sockets_[i])) ++i;
    return i;
  };
  std::size_t i = next(0);
  if (i == sockets_.size()) {
    if (!group && !port_taken(header.destination_port)) refuse_udp(frame);
    return;
  }
  const bool only_one = !group || next(i + 1) == sockets_.size();
  if (only_one && group == header.destination_mac.group())
    last_deliveries_[group] = {
        header.destination, header.destination_port, index, generation_, SocketId(static_cast<std::uint32_t>(i)),
        sockets_[i].client};
  for (; i < sockets_.size(); i = next(i + 1)) {
    sockets_[i].client->on_datagram(SocketId(static_cast<std::uint32_t>(i)), frame);
    if (!group) return;
  }
}

// Nobody listens on the port: the sender is told by ICMP.
void NetStack::refuse_udp(const FrameRef& frame) {
  const FrameHeader& header = frame->header;
  FrameRef reply = context_.network.pool().take(0);
  reply->header.kind = FrameKind::kUnreachable;
  reply->header.source = header.destination;
  reply->header.destination = header.source;
  reply->header.source_port = header.destination_port;
  reply->header.destination_port = header.source_port;
  later(kEchoAnswerLeast, std::move(reply));
}

void NetStack::deliver_unreachable(const FrameRef& frame) {
  const FrameHeader header = frame->header;
  for (std::size_t i = 0; i < sockets_.size(); ++i) {
    const Socket& socket = sockets_[i];
    if (socket.client == nullptr || socket.port != header.destination_port) continue;
    if (socket.address.specified() && socket.address != header.destination) continue;
    return socket.client->on_unreachable(SocketId(static_cast<std::uint32_t>(i)), header.source);
  }
}

void NetStack::forward_ip(const FrameRef& frame) {
  if (frame->header.hops_left <= 1) return;
  FrameRef copy = context_.network.pool().copy(*frame);
  --copy->header.hops_left;
  route_out(std::move(copy), frame->header.source);
}

}  // namespace simcluster::sim
