// Packets on their way out: sockets, source addresses, routes, next hops.
#include <algorithm>
#include <cstring>
#include <utility>

#include "engine/base/assert.h"
#include "sim/kernel/net_stack.h"

namespace simcluster::sim {

namespace {

constexpr std::size_t kWaitingFrames = 3;  // unres_qlen
constexpr std::size_t kIpHeader = 20;
constexpr std::size_t kTransportHeader = 8;
constexpr Duration kForEver = hours(std::int64_t{24} * 365);
// The first packet to an address that has moved to another machine (AT-2.6: 3.22 ms instead of 0.17).
constexpr Duration kMovedDelay = milliseconds(3);

}  // namespace

SocketId NetStack::open_socket(SocketClient& client, const IpAddress& address, std::uint16_t port) {
  std::size_t slot = 0;
  while (slot < sockets_.size() && sockets_[slot].client != nullptr) ++slot;
  if (slot == sockets_.size()) sockets_.emplace_back();
  sockets_[slot] = Socket();
  sockets_[slot].client = &client;
  sockets_[slot].address = address;
  sockets_[slot].port = port;
  last_deliveries_ = {};
  return SocketId(static_cast<std::uint32_t>(slot));
}

bool NetStack::take_port(std::uint16_t port) {
  const auto has_it = [&](const Socket& socket) { return socket.client != nullptr && socket.port == port; };
  if (port_taken(port) || std::ranges::any_of(sockets_, has_it)) return false;
  taken_ports_.push_back(port);
  return true;
}

void NetStack::close_socket(SocketId socket) {
  if (socket.index() < sockets_.size()) sockets_[socket.index()] = Socket();
  last_deliveries_ = {};
}

void NetStack::join_group(SocketId socket, const IpAddress& group, int interface) {
  sockets_[socket.index()].groups.push_back({group, interface});
  last_deliveries_ = {};
}

IpAddress NetStack::source_for(const Interface& interface, const Route* route, const IpAddress& to) const {
  if (route != nullptr && route->source.specified()) return route->source;
  for (const InterfaceAddress& a : interface.addresses)
    if (!a.secondary && a.address.family == to.family &&
        a.address.network(a.prefix_length) == to.network(a.prefix_length))
      return a.address;
  for (const InterfaceAddress& a : interface.addresses)
    if (a.address.family == to.family) return a.address;
  for (const Interface& other : interfaces_)
    for (const InterfaceAddress& a : other.addresses)
      if (a.address.family == to.family && a.scope != Scope::kHost) return a.address;
  return {};
}

// Bytes of data that go in one packet.
std::size_t NetStack::room_in(int mtu) {
  return static_cast<std::size_t>(std::max(mtu, 68)) - kIpHeader - kTransportHeader;
}

void NetStack::fragment(FrameHeader& header, int mtu, std::size_t payload) {
  header.fragments = 1;
  if (payload <= room_in(mtu)) return;
  const std::size_t piece = room_in(mtu) + kTransportHeader;
  header.fragments = static_cast<std::uint16_t>((payload + kTransportHeader + piece - 1) / piece);
  header.fragment_size = static_cast<std::uint16_t>(kIpHeader + piece / 8 * 8);  // offsets count in eights
}

[[gnu::flatten]] NetError NetStack::send(SocketId socket_id, const IpAddress& to, std::uint16_t port,
                                         std::span<const std::byte> bytes) {
  Socket& socket = sockets_[socket_id.index()];
  SIMCLUSTER_ASSERT(socket.client != nullptr);
  for (Flow& flow : socket.flows) {
    if (flow.generation != generation_ || flow.to != to || flow.valid_until <= context_.queue.now()) continue;
    send_along(flow, port, bytes);
    return NetError::kNone;
  }
  return send_first(socket_id, to, port, bytes);
}

// There is no flow to `to`, or it is out of date.
[[gnu::noinline]] NetError NetStack::send_first(SocketId socket_id, const IpAddress& to, std::uint16_t port,
                                                std::span<const std::byte> bytes) {
  Socket& socket = sockets_[socket_id.index()];
  Flow flow;
  const NetError error = make_flow(socket, to, flow);
  if (error != NetError::kNone) return error;
  if (flow.port.valid()) {
    std::erase_if(socket.flows, [&](const Flow& f) { return f.generation != generation_ || f.to == to; });
    socket.flows.push_back(flow);
    send_along(socket.flows.back(), port, bytes);
    return NetError::kNone;
  }
  FrameRef frame = context_.network.pool().take(bytes.size(), flow.header);
  std::memcpy(frame->payload().data(), bytes.data(), bytes.size());
  frame->header.destination_port = port;
  if (flow.interface == 1) {
    loop(std::move(frame), context_.knobs.loopback_delay);
    return NetError::kNone;
  }
  if (is_multicast(to)) return NetError::kNetworkDown;
  return route_out(std::move(frame), flow.header.source);
}

void NetStack::send_along(Flow& flow, std::uint16_t port, std::span<const std::byte> bytes) {
  FrameRef frame = context_.network.pool().take(bytes.size(), flow.header);
  std::memcpy(frame->payload().data(), bytes.data(), bytes.size());
  frame->header.destination_port = port;
  Interface& interface = at(flow.interface);
  if (bytes.size() > flow.whole) fragment(frame->header, interface.mtu, bytes.size());
  ++interface.counters.tx_packets;
  interface.counters.tx_bytes += frame->wire_size();
  context_.network.send(flow.port, std::move(frame), flow.way);
}

// Fills `flow`; its port stays none when the packet has to take the slow way (local, or the neighbour is not known).
NetError NetStack::make_flow(const Socket& socket, const IpAddress& to, Flow& flow) {
  if (socket.address.specified() && !is_local(socket.address)) return NetError::kNoAddress;
  flow.to = to;
  flow.generation = generation_;
  flow.valid_until = context_.queue.now() + kForEver;
  FrameHeader& header = flow.header;
  header.destination = to;
  header.source_port = socket.port;
  header.source = socket.address;
  if (is_local(to)) {
    if (!header.source.specified()) header.source = to;
    flow.interface = 1;
    return NetError::kNone;
  }
  IpAddress next_hop = to;
  if (is_multicast(to)) {
    if (socket.groups.empty()) return NetError::kUnreachable;
    flow.interface = socket.groups.front().interface;
    header.destination_mac = MacAddress::of_multicast(to);
  } else {
    const Route* route = routes_.lookup(to);
    if (route == nullptr) return NetError::kUnreachable;
    flow.interface = route->interface;
    if (route->via.specified()) next_hop = route->via;
    if (!header.source.specified()) header.source = source_for(at(route->interface), route, to);
    const Neighbour* neighbour = find_neighbour(next_hop, flow.interface);
    if (neighbour == nullptr) return NetError::kNone;
    // Of a neighbour that is being asked whether it is still there, every answer and every timer begins a generation.
    const bool asked = neighbour->state == NeighbourState::kDelay || neighbour->state == NeighbourState::kProbe;
    const bool reachable =
        neighbour->state == NeighbourState::kReachable && neighbour->reachable_until > context_.queue.now();
    if (!asked && !reachable) return NetError::kNone;
    header.destination_mac = neighbour->mac;
    if (reachable) flow.valid_until = neighbour->reachable_until;
  }
  const Interface& interface = at(flow.interface);
  if (!interface.up) return NetError::kNetworkDown;
  const Interface* wire = wire_of(interface);
  if (wire == nullptr || !wire->port.valid()) return NetError::kNone;
  header.source_mac = interface.mac;
  flow.port = wire->port;
  flow.whole = room_in(interface.mtu);
  return NetError::kNone;
}

// The slow way of a finished packet: by route and neighbour table.
NetError NetStack::route_out(FrameRef frame, IpAddress bound) {
  FrameHeader& header = frame->header;
  if (header.kind == FrameKind::kArpReply) {  // an answer that was held back for its time
    if (!is_local(header.source)) return NetError::kNoAddress;
    transmit(at(header.source_port), std::move(frame));
    return NetError::kNone;
  }
  if (is_local(header.destination)) {
    if (!bound.specified()) header.source = header.destination;
    loop(std::move(frame), context_.knobs.loopback_delay);
    return NetError::kNone;
  }
  const Route* route = routes_.lookup(header.destination);
  if (route == nullptr) return NetError::kUnreachable;
  const Interface& interface = at(route->interface);
  if (!bound.specified()) header.source = source_for(interface, route, header.destination);
  fragment(header, interface.mtu, frame->payload().size());
  const IpAddress next_hop = route->via.specified() ? route->via : header.destination;
  send_on_link(route->interface, next_hop, std::move(frame));
  return NetError::kNone;
}

void NetStack::send_on_link(int interface, const IpAddress& next_hop, FrameRef frame) {
  Neighbour* n = find_neighbour(next_hop, interface);
  if (n == nullptr || n->state == NeighbourState::kFailed) {
    if (n == nullptr) n = &take_neighbour(next_hop, interface);
    n->state = NeighbourState::kIncomplete;
    n->probes_left = 3;
    n->waiting.push_back(std::move(frame));
    arm(*n, {});
    return;
  }
  if (n->state == NeighbourState::kIncomplete) {
    if (n->waiting.size() >= kWaitingFrames) n->waiting.erase(n->waiting.begin());
    n->waiting.push_back(std::move(frame));
    return;
  }
  if (n->state == NeighbourState::kReachable && n->reachable_until <= context_.queue.now())
    n->state = NeighbourState::kStale;
  if (n->state == NeighbourState::kStale) {
    n->state = NeighbourState::kDelay;
    arm(*n, seconds(5));
  }
  if (n->moved && frame->header.kind == FrameKind::kEchoRequest) {
    n->moved = false;
    later(kMovedDelay, std::move(frame));
    return;
  }
  frame->header.destination_mac = n->mac;
  transmit(at(interface), std::move(frame));
}

void NetStack::transmit(const Interface& interface, FrameRef frame) {
  Interface& mine = at(interface.index);
  const Interface* wire = wire_of(interface);
  if (!interface.up || wire == nullptr || !wire->port.valid()) {
    ++mine.counters.tx_carrier_errors;
    return;
  }
  frame->header.source_mac = interface.mac;
  ++mine.counters.tx_packets;
  mine.counters.tx_bytes += frame->wire_size();
  context_.network.send(wire->port, std::move(frame));
}

std::size_t NetStack::put_local(FrameRef frame) {
  std::size_t slot = local_.size();
  if (free_local_.empty()) {
    local_.emplace_back();
  } else {
    slot = free_local_.back();
    free_local_.pop_back();
  }
  local_[slot].frame = std::move(frame);
  local_[slot].used = true;
  return slot;
}

void NetStack::loop(FrameRef frame, Duration delay) {
  InterfaceCounters& counters = interfaces_[0].counters;
  ++counters.tx_packets;
  ++counters.rx_packets;
  counters.tx_bytes += frame->wire_size();
  counters.rx_bytes += frame->wire_size();
  const std::size_t slot = put_local(std::move(frame));
  context_.queue.schedule_in(delay, *this, cookie(Timer::kLocal, slot), EventClass::kDatagram);
}

void NetStack::later(Duration delay, FrameRef frame) {
  const std::size_t slot = put_local(std::move(frame));
  context_.queue.schedule_in(delay, *this, cookie(Timer::kLater, slot), EventClass::kDatagram);
}

NetError NetStack::send_echo(const IpAddress& to, std::uint16_t identifier, std::uint16_t sequence,
                             EchoClient& client) {
  if (std::ranges::none_of(echoes_, [&](const Echo& e) { return e.client == &client && e.identifier == identifier; }))
    echoes_.push_back({&client, identifier});
  FrameRef frame = context_.network.pool().take(56);
  std::memset(frame->payload().data(), 0, 56);
  frame->header.kind = FrameKind::kEchoRequest;
  frame->header.destination = to;
  frame->header.source_port = identifier;
  frame->header.destination_port = sequence;
  return route_out(std::move(frame), IpAddress{});
}

void NetStack::forget_echo(EchoClient& client) {
  std::erase_if(echoes_, [&](const Echo& e) { return e.client == &client; });
}

// A packet whose next hop could not be found.
void NetStack::no_answer(const FrameRef& frame) {
  const FrameHeader header = frame->header;
  trace(TraceKind::kFrameDropped, {{"reason", "neighbour does not answer"},
                                   {"frame", frame_kind_name(header.kind)},
                                   {"to", std::string_view(header.destination.text())}});
  if (header.kind != FrameKind::kEchoRequest) return;
  for (const Echo& echo : echoes_) {
    if (echo.identifier != header.source_port) continue;
    echo.client->on_unreachable(header.destination, header.source_port, header.destination_port);
    return;  // the client may have changed the list
  }
}

}  // namespace simcluster::sim
