// Rings and links of the cluster software as UDP sockets of the simulated kernel.
#include <algorithm>
#include <cstring>
#include <utility>

#include "sim/world/sim_host.h"

namespace simcluster::sim {

namespace {
constexpr std::size_t kReceiveBuffer = 212'992;  // net.core.rmem_default: what waits for a stopped process
}

// An interface matches when its address is the wanted one, or lies with it in one network under the interface's own
// netmask; the exact match wins, else the first (M IF-2).
std::optional<SimHost::Match> SimHost::find_match(const LinkConfig& config) const {
  std::optional<Match> first;
  for (const Interface& interface : kernel_.net().interfaces())
    for (const InterfaceAddress& a : interface.addresses) {
      if (a.address == config.bind_network) return Match{a.address, interface.index, interface.up};
      const bool same_family = a.address.family == config.bind_network.family;
      if (!first && same_family && a.address.network(a.prefix_length) == config.bind_network.network(a.prefix_length))
        first = Match{a.address, interface.index, interface.up};
    }
  return first;
}

void SimHost::open_link(LinkIndex index, const LinkConfig& config, LinkClient& client) {
  if (dead_) return;
  close_link(index);
  if (links_.size() <= index.index()) links_.resize(index.index() + 1);
  Link& link = links_[index.index()];
  link = Link();
  link.client = &client;
  link.config = config;
  examine(index.index());
}

void SimHost::close_link(LinkIndex index) {
  if (dead_ || links_.size() <= index.index()) return;
  Link& link = links_[index.index()];
  if (link.socket.valid()) kernel_.net().close_socket(link.socket);
  kernel_.context().queue.cancel(link.report);
  link = Link();
}

void SimHost::bind(Link& link, const std::optional<Match>& match) {
  if (link.socket.valid()) kernel_.net().close_socket(link.socket);
  // Without a matching interface the socket waits on the wanted address (free bind, M KN-1).
  link.own = match ? match->address : link.config.bind_network;
  link.interface = match ? match->interface : 0;
  link.port_taken = kernel_.net().port_taken(link.config.port);
  link.socket = {};
  if (link.port_taken) return;
  link.socket = kernel_.net().open_socket(*this, link.own, link.config.port);
  if (link.config.multicast.specified() && match)
    kernel_.net().join_group(link.socket, link.config.multicast, match->interface);
}

void SimHost::examine(std::size_t index) {
  Link& link = links_[index];
  const auto match = find_match(link.config);
  const bool never_tried = !link.socket.valid() && !link.port_taken;
  if (never_tried || (match && (match->address != link.own || match->interface != link.interface))) bind(link, match);
  link.state = !match ? LinkState::kAddressLost : match->up ? LinkState::kUp : LinkState::kDown;
  if (link.port_taken) link.state = LinkState::kPortTaken;
  if (kernel_.context().queue.pending(link.report)) return;
  if (link.reported && link.reported_state == link.state && link.reported_own == link.own) return;
  link.report = schedule(Event::kLinkState, index, {});
}

std::vector<PortId> SimHost::ring_ports() const {
  std::vector<PortId> ports;
  for (const Link& link : links_) {
    PortId port;
    for (const Interface& interface : kernel_.net().interfaces()) {
      if (link.client == nullptr || link.state != LinkState::kUp || interface.index != link.interface) continue;
      port = interface.port;
      for (const Interface& slave : kernel_.net().interfaces())
        if (interface.kind == InterfaceKind::kBond && slave.index == interface.active_slave) port = slave.port;
    }
    ports.push_back(port);
  }
  return ports;
}

void SimHost::on_network_change() {
  for (std::size_t i = 0; i < links_.size(); ++i)
    if (links_[i].client != nullptr) examine(i);
}

void SimHost::report_link(std::size_t index) {
  Link& link = links_[index];
  if (link.client == nullptr) return;
  if (link.reported && link.reported_state == link.state && link.reported_own == link.own) return;
  link.reported = true;
  link.reported_state = link.state;
  link.reported_own = link.own;
  LinkClient& client = *link.client;
  const LinkState state = link.state;
  const IpAddress own = link.own;
  guarded([&] { client.on_link_state(LinkIndex(static_cast<std::uint8_t>(index)), state, own); });
}

void SimHost::send_to(LinkIndex index, const IpAddress& to, std::span<const std::byte> bytes) {
  if (dead_ || links_.size() <= index.index()) return;
  Link& link = links_[index.index()];
  if (link.client == nullptr || !link.socket.valid()) return;
  kernel_.net().send(link.socket, to, link.config.port, bytes);
}

void SimHost::send_all(LinkIndex index, std::span<const std::byte> bytes) {
  if (dead_ || links_.size() <= index.index()) return;
  Link& link = links_[index.index()];
  if (link.client == nullptr || !link.socket.valid()) return;
  if (link.config.multicast.specified()) {
    kernel_.net().send(link.socket, link.config.multicast, link.config.port, bytes);
    if (link.config.hears_itself) loop_back(index, bytes);
    return;
  }
  for (const IpAddress& peer : link.config.peers) kernel_.net().send(link.socket, peer, link.config.port, bytes);
}

// The sender's own copy of a multicast needs no network (M TR-2).
void SimHost::loop_back(LinkIndex index, std::span<const std::byte> bytes) {
  std::size_t slot = 0;
  while (slot < loops_.size() && loops_[slot].link.valid()) ++slot;
  if (slot == loops_.size()) loops_.emplace_back();
  Looped& looped = loops_[slot];
  looped.link = index;
  looped.frame = kernel_.context().network.pool().take(bytes.size());
  looped.frame->header.source = links_[index.index()].own;
  std::memcpy(looped.frame->payload().data(), bytes.data(), bytes.size());
  looped.event = schedule(Event::kLoop, slot, kernel_.context().knobs.loopback_delay, EventClass::kDatagram);
}

[[gnu::flatten]] void SimHost::on_datagram(SocketId socket, const FrameRef& frame) {
  if (dead_) return;
  std::uint8_t index = 0;
  for (const Link& link : links_) {
    if (link.client == nullptr || link.socket != socket) {
      ++index;
      continue;
    }
    if (paused_ || kernel_.frozen()) return keep_waiting(index, frame);
    hand_over(*link.client, LinkIndex(index), frame);
    return;
  }
}

// A stopped process learns nothing; what waits in its socket is replaced by the next error.
void SimHost::on_unreachable(SocketId socket, const IpAddress& to) {
  if (dead_ || paused_ || kernel_.frozen()) return;
  for (std::size_t i = 0; i < links_.size(); ++i) {
    if (links_[i].client == nullptr || links_[i].socket != socket) continue;
    LinkClient& client = *links_[i].client;
    guarded([&] { client.on_unreachable(LinkIndex(static_cast<std::uint8_t>(i)), to); });
    return;
  }
}

[[gnu::noinline]] void SimHost::keep_waiting(std::size_t index, const FrameRef& frame) {
  if (waiting_bytes_ + frame->payload().size() > kReceiveBuffer) return;
  waiting_bytes_ += frame->payload().size();
  waiting_frames_.push_back({frame, LinkIndex(static_cast<std::uint8_t>(index)), {}});
}

void SimHost::deliver(std::size_t index, const FrameRef& frame) {
  if (paused_ || kernel_.frozen()) return keep_waiting(index, frame);
  if (dead_ || index >= links_.size() || links_[index].client == nullptr) return;
  hand_over(*links_[index].client, LinkIndex(static_cast<std::uint8_t>(index)), frame);
}

// The link may be closed while its client is told; the frame is the caller's.
void SimHost::hand_over(LinkClient& client, LinkIndex link, const FrameRef& frame) {
  guarded([&] { client.on_datagram(link, frame->header.source, frame->payload()); });
}

}  // namespace simcluster::sim
