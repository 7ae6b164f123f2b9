// The neighbour table and ARP (AT-2.5). IPv6 neighbour discovery is modelled by the same frames.
#include <algorithm>

#include "engine/base/assert.h"
#include "sim/kernel/net_stack.h"

namespace simcluster::sim {

namespace {

constexpr Duration kReachableLeast = seconds(15);  // base 30 s, uniformly 15 to 45 s
constexpr Duration kReachableMost = seconds(45);
constexpr Duration kDelayTime = seconds(5);
constexpr Duration kRetransmission = seconds(1);
constexpr int kProbes = 3;
// Time that a kernel takes to answer an ARP request.
constexpr Duration kArpAnswerLeast = microseconds(120);
constexpr Duration kArpAnswerMost = microseconds(260);

}  // namespace

Neighbour* NetStack::find_neighbour(const IpAddress& address, int interface) {
  for (auto& n : neighbours_)
    if (n->interface == interface && n->state != NeighbourState::kNone && n->address == address) return n.get();
  return nullptr;
}

Neighbour& NetStack::take_neighbour(const IpAddress& address, int interface) {
  for (auto& n : neighbours_) {
    if (n->state != NeighbourState::kNone) continue;
    n->address = address;
    n->interface = interface;
    return *n;
  }
  neighbours_.push_back(std::make_unique<Neighbour>());
  neighbours_.back()->address = address;
  neighbours_.back()->interface = interface;
  return *neighbours_.back();
}

std::vector<const Neighbour*> NetStack::neighbours() const {
  std::vector<const Neighbour*> all;
  for (const auto& n : neighbours_)
    if (n->state != NeighbourState::kNone) all.push_back(n.get());
  return all;
}

void NetStack::flush_neighbours() {
  for (const Interface& interface : interfaces_) drop_neighbours(interface.index);
}

void NetStack::drop_neighbours(int interface) {
  for (auto& n : neighbours_) {
    if (n->interface != interface) continue;
    context_.queue.cancel(n->timer);
    *n = Neighbour();
  }
  ++generation_;
}

void NetStack::arm(Neighbour& neighbour, Duration delay) {
  std::size_t slot = 0;
  while (neighbours_[slot].get() != &neighbour) ++slot;
  context_.queue.cancel(neighbour.timer);
  neighbour.timer = context_.queue.schedule_in(delay, *this, cookie(Timer::kNeighbour, slot));
}

void NetStack::confirm(Neighbour& neighbour) {
  neighbour.state = NeighbourState::kReachable;
  neighbour.reachable_until = context_.queue.now() + neighbour_random_.between(kReachableLeast, kReachableMost);
  context_.queue.cancel(neighbour.timer);
  ++generation_;
  const std::vector<FrameRef> waiting = std::move(neighbour.waiting);
  neighbour.waiting.clear();
  for (const FrameRef& frame : waiting) send_on_link(neighbour.interface, neighbour.address, frame);
}

// What an ARP packet says about its sender. `solicited`: it answers a question of ours.
void NetStack::learn(const IpAddress& address, int interface, MacAddress mac, bool solicited, bool create) {
  Neighbour* neighbour = find_neighbour(address, interface);
  if (neighbour == nullptr) {
    if (!create) return;  // arp_accept=0
    neighbour = &take_neighbour(address, interface);
    neighbour->state = NeighbourState::kStale;
    neighbour->mac = mac;
    ++generation_;
    return;
  }
  if (neighbour->mac != mac) {
    neighbour->moved = neighbour->mac.specified();
    neighbour->mac = mac;
    ++generation_;
  }
  const bool asking = neighbour->state == NeighbourState::kIncomplete || neighbour->state == NeighbourState::kProbe;
  if (solicited || asking)
    confirm(*neighbour);
  else if (neighbour->state == NeighbourState::kFailed)
    neighbour->state = NeighbourState::kStale;
}

void NetStack::on_neighbour_timer(std::size_t slot) {
  Neighbour& n = *neighbours_[slot];
  ++generation_;
  switch (n.state) {
    case NeighbourState::kDelay:
      n.state = NeighbourState::kProbe;
      n.probes_left = kProbes;
      [[fallthrough]];
    case NeighbourState::kProbe:
    case NeighbourState::kIncomplete:
      if (n.probes_left == 0) {
        fail_neighbour(n);
        return;
      }
      --n.probes_left;
      ask(n, n.state == NeighbourState::kProbe ? n.mac : MacAddress::make_broadcast());
      arm(n, kRetransmission);
      return;
    case NeighbourState::kNone:
    case NeighbourState::kReachable:
    case NeighbourState::kStale:
    case NeighbourState::kFailed:
      return;
  }
}

void NetStack::fail_neighbour(Neighbour& neighbour) {
  neighbour.state = NeighbourState::kFailed;
  neighbour.mac = {};
  const std::vector<FrameRef> waiting = std::move(neighbour.waiting);
  neighbour.waiting.clear();
  for (const FrameRef& frame : waiting) no_answer(frame);
}

void NetStack::ask(const Neighbour& neighbour, MacAddress to) {
  const Interface& interface = at(neighbour.interface);
  const IpAddress sender = source_for(interface, nullptr, neighbour.address);
  send_arp(FrameKind::kArpRequest, interface, to, sender, neighbour.address, {});
}

void NetStack::send_arp(FrameKind kind, const Interface& interface, MacAddress to, const IpAddress& sender,
                        const IpAddress& target, MacAddress target_mac) {
  FrameRef frame = context_.network.pool().take(0);
  FrameHeader& header = frame->header;
  header.kind = kind;
  header.destination_mac = to;
  header.source = sender;
  header.destination = target;
  header.arp_sender = interface.mac;
  header.arp_target = target_mac;
  transmit(interface, std::move(frame));
}

NetError NetStack::announce(std::string_view interface_name, const IpAddress& address, bool as_reply) {
  const Interface* interface = find_interface(interface_name);
  if (interface == nullptr) return NetError::kNoDevice;
  if (!interface->up) return NetError::kNetworkDown;
  if (context_.tracer.wants(TraceKind::kGratuitousArp)) {
    const std::string text = address.text();
    trace(TraceKind::kGratuitousArp,
          {{"interface", interface->name}, {"address", text}, {"kind", as_reply ? "reply" : "request"}});
  }
  send_arp(as_reply ? FrameKind::kArpReply : FrameKind::kArpRequest, *interface, MacAddress::make_broadcast(), address,
           address, as_reply ? interface->mac : MacAddress{});
  return NetError::kNone;
}

NetError NetStack::probe(std::string_view interface_name, const IpAddress& address, ProbeClient& client) {
  const Interface* interface = find_interface(interface_name);
  if (interface == nullptr) return NetError::kNoDevice;
  if (!interface->up) return NetError::kNetworkDown;
  cancel_probe(client);
  probes_.push_back({&client, address});
  send_arp(FrameKind::kArpRequest, *interface, MacAddress::make_broadcast(), IpAddress{}, address, {});
  return NetError::kNone;
}

void NetStack::cancel_probe(ProbeClient& client) {
  std::erase_if(probes_, [&](const Probe& p) { return p.client == &client; });
}

void NetStack::receive_arp(Interface& interface, const Frame& frame) {
  const FrameHeader& header = frame.header;
  const IpAddress sender = header.source;
  const IpAddress target = header.destination;
  if (header.kind == FrameKind::kArpReply) {
    for (std::size_t i = 0; i < probes_.size(); ++i)
      if (probes_[i].address == sender) probes_[i].client->on_address_in_use(sender);
  }
  // Another host says that it has an address of ours: nothing in the kernel minds (AT-2.7).
  if (is_local(sender)) return;
  const bool gratuitous = sender == target;
  const bool for_us = !gratuitous && interface.find_address(target) != nullptr;
  if (sender.specified())
    learn(sender, interface.index, header.arp_sender, header.kind == FrameKind::kArpReply && !gratuitous, for_us);
  if (header.kind != FrameKind::kArpRequest || gratuitous) return;
  const bool answers = sysctls_.interface_number("ipv4", interface.name, "arp_ignore") != 0
                           ? interface.find_address(target) != nullptr
                           : is_local(target) && target.bytes[0] != 127;
  if (!answers) return;
  FrameRef reply = context_.network.pool().take(0);
  reply->header.kind = FrameKind::kArpReply;
  reply->header.source = target;
  reply->header.destination = sender;
  reply->header.arp_sender = interface.mac;
  reply->header.arp_target = header.arp_sender;
  reply->header.destination_mac = header.arp_sender;
  reply->header.source_port = static_cast<std::uint16_t>(interface.index);
  later(delay_random_.between(kArpAnswerLeast, kArpAnswerMost), std::move(reply));
}

}  // namespace simcluster::sim
