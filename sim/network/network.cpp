#include "sim/network/network.h"

#include <algorithm>
#include <utility>

#include <fmt/core.h>

#include "engine/base/assert.h"

namespace simcluster::sim {

std::string_view frame_kind_name(FrameKind kind) {
  switch (kind) {
    case FrameKind::kArpRequest:
      return "arp-request";
    case FrameKind::kArpReply:
      return "arp-reply";
    case FrameKind::kUdp:
      return "udp";
    case FrameKind::kEchoRequest:
      return "echo-request";
    case FrameKind::kEchoReply:
      return "echo-reply";
    case FrameKind::kUnreachable:
      return "unreachable";
  }
  return {};
}

Network::Network(EventQueue& queue, Tracer& tracer, std::uint64_t seed)
    : queue_(queue), tracer_(tracer), random_(seed, "network") {}

Network::~Network() = default;

SegmentId Network::add_segment(std::string_view name, SegmentKind kind, const LinkQuality& quality) {
  ++changes_;
  Segment segment;
  segment.name = name;
  segment.kind = kind;
  replace(segment.quality, quality);
  segments_.push_back(std::move(segment));
  return SegmentId(static_cast<std::uint32_t>(segments_.size() - 1));
}

PortId Network::add_port(NodeIndex machine, std::string_view interface_name, PortClient& client) {
  Port port;
  port.client = &client;
  port.machine = machine;
  port.name = interface_name;
  const PortId id(static_cast<std::uint32_t>(ports_.size()));
  port.arrival = std::make_unique<Arrival>(*this, id);
  ports_.push_back(std::move(port));
  return id;
}

SegmentId Network::find_segment(std::string_view name) const {
  for (std::size_t i = 0; i < segments_.size(); ++i)
    if (segments_[i].name == name) return SegmentId(static_cast<std::uint32_t>(i));
  return SegmentId::none();
}

Result<void> Network::plug(PortId port_id, SegmentId segment_id) {
  Port& port = ports_[port_id.index()];
  if (port.segment == segment_id) return {};
  if (segment_id.valid()) {
    const Segment& segment = segments_[segment_id.index()];
    if (segment.kind == SegmentKind::kCable && segment.ports.size() == 2)
      return fail(fmt::format("cable \"{}\" has two ends, and both are plugged in already", segment.name));
  }
  if (port.segment.valid()) {
    Segment& old = segments_[port.segment.index()];
    std::erase(old.ports, port_id);
    std::erase_if(old.learned, [&](const Learned& l) { return l.port == port_id; });
    for (std::size_t i = 0; i < old.ports.size(); ++i)
      ports_[old.ports[i].index()].place = static_cast<std::uint32_t>(i);
    old.last_arrival.assign(old.ports.size() * old.ports.size(), Time{});
    const SegmentId old_id = std::exchange(port.segment, SegmentId::none());
    update_carriers(old_id);
  }
  if (segment_id.valid()) {
    Segment& segment = segments_[segment_id.index()];
    port.segment = segment_id;
    port.place = static_cast<std::uint32_t>(segment.ports.size());
    segment.ports.push_back(port_id);
    segment.last_arrival.assign(segment.ports.size() * segment.ports.size(), Time{});
    update_carriers(segment_id);
  }
  update_carrier(port_id);
  return {};
}

void Network::set_port_active(PortId port_id, bool active) {
  Port& port = ports_[port_id.index()];
  if (port.active == active) return;
  port.active = active;
  if (port.segment.valid()) update_carriers(port.segment);
}

void Network::set_segment_power(SegmentId segment, bool on) {
  segments_[segment.index()].powered = on;
  if (!on) segments_[segment.index()].learned.clear();
  update_carriers(segment);
  for (Trunk& trunk : trunks_) update_trunk(trunk);
}

bool Network::should_have_carrier(const Port& port) const {
  if (!port.active || !port.segment.valid()) return false;
  const Segment& segment = segments_[port.segment.index()];
  if (!segment.powered) return false;
  if (segment.kind == SegmentKind::kSwitch) return true;
  return segment.ports.size() == 2 && ports_[segment.ports[0].index()].active &&
         ports_[segment.ports[1].index()].active;
}

void Network::update_carriers(SegmentId segment) {
  for (const PortId port : segments_[segment.index()].ports) update_carrier(port);
}

void Network::update_carrier(PortId port_id) {
  Port& port = ports_[port_id.index()];
  if (port.trunk.valid()) return;  // see update_trunk()
  ++changes_;
  port.carrier = should_have_carrier(port);
  if (port.carrier != port.reported_carrier && !queue_.pending(carrier_report_))
    carrier_report_ = queue_.schedule_in({}, *this, kCarrierCookie);
}

// By index and through ports_ again: a client may plug and unplug while it is told.
void Network::report_carriers() {
  for (std::size_t i = 0; i < ports_.size(); ++i) {
    if (ports_[i].carrier == ports_[i].reported_carrier) continue;
    ports_[i].reported_carrier = ports_[i].carrier;
    ports_[i].client->on_carrier(PortId(static_cast<std::uint32_t>(i)), ports_[i].carrier);
  }
}

void Network::set_quality(SegmentId segment, const LinkQuality& quality) {
  replace(segments_[segment.index()].quality, quality);
}

void Network::set_port_quality(PortId port_id, const LinkQuality& sending, const LinkQuality& receiving) {
  Port& port = ports_[port_id.index()];
  port.has_quality = true;
  replace(port.sending, sending);
  replace(port.receiving, receiving);
}

void Network::clear_port_quality(PortId port) {
  set_port_quality(port, {}, {});
  ports_[port.index()].has_quality = false;
}

void Network::replace(LinkQuality& quality, const LinkQuality& by) {
  ++changes_;
  if (quality.mtu != by.mtu) mtu_changed_ = queue_.now();
  quality = by;
}

void Network::forget_path_loss(NodeIndex from, NodeIndex to, SegmentId segment, bool selective, Cast cast) {
  ++changes_;
  std::erase_if(path_losses_, [&](const PathLoss& p) {
    return p.from == from && p.to == to && p.segment == segment && p.selective == selective && p.loss.cast == cast;
  });
}

void Network::set_path_loss(NodeIndex from, NodeIndex to, std::uint32_t parts, SegmentId segment) {
  forget_path_loss(from, to, segment, false, Cast::kAny);
  if (parts == 0) return;
  SelectiveLoss all;
  all.parts = parts;
  path_losses_.push_back({from, to, segment, all, false});
}

void Network::set_selective_loss(NodeIndex from, NodeIndex to, const SelectiveLoss& loss, SegmentId segment) {
  forget_path_loss(from, to, segment, true, loss.cast);
  if (loss.parts > 0) path_losses_.push_back({from, to, segment, loss, true});
}

namespace {

constexpr std::uint32_t kAll = 1'000'000;

// What a protocol with patience of tens of milliseconds does not notice.
bool harmless(const LinkQuality& quality) {
  return (quality.loss | quality.corruption) == 0 && quality.bandwidth == 0 &&
         quality.delay + quality.jitter <= milliseconds(5) &&
         (quality.reordering == 0 || quality.reordering_delay <= milliseconds(5));
}

}  // namespace

// Over all switches and trunks between the two.
Network::Hearing Network::way_hearing(SegmentId from, SegmentId to) const {
  const auto trunks = way(from, to);
  if (!trunks) return Hearing::kNever;
  Hearing hearing = Hearing::kWell;
  const auto pass_through = [&](const LinkQuality& quality, bool works) {
    if (!works || quality.loss >= kAll) hearing = Hearing::kNever;
    if (hearing == Hearing::kWell && !harmless(quality)) hearing = Hearing::kBadly;
  };
  pass_through(segments_[from.index()].quality, true);
  for (const TrunkId id : *trunks) {
    const Trunk& trunk = trunks_[id.index()];
    pass_through(trunk.quality, ports_[trunk.ends[0].index()].carrier);
    for (const PortId end : trunk.ends) pass_through(segments_[ports_[end.index()].segment.index()].quality, true);
  }
  return hearing;
}

Network::Hearing Network::hearing(PortId from_id, PortId to_id) const {
  const Port& from = ports_[from_id.index()];
  const Port& to = ports_[to_id.index()];
  if (!from.carrier || !to.carrier) return Hearing::kNever;
  Hearing hearing = way_hearing(from.segment, to.segment);
  if (hearing == Hearing::kNever) return hearing;
  if (from.has_quality && from.sending.loss >= kAll) return Hearing::kNever;
  if (to.has_quality && to.receiving.loss >= kAll) return Hearing::kNever;
  if ((from.has_quality && !harmless(from.sending)) || (to.has_quality && !harmless(to.receiving)))
    hearing = Hearing::kBadly;
  for (const PathLoss& path : path_losses_) {
    if (path.from != from.machine || path.to != to.machine) continue;
    if (path.segment.valid() && path.segment != from.segment && path.segment != to.segment) continue;
    if (path.loss.parts >= kAll && !path.selective) return Hearing::kNever;
    hearing = Hearing::kBadly;
  }
  return hearing;
}

void Network::clear_path_losses() {
  ++changes_;
  path_losses_.clear();
}

PortId Network::learned_port(Segment& segment, MacAddress mac) {
  for (const Learned& entry : segment.learned)
    if (entry.mac == mac) return entry.port;
  return PortId::none();
}

void Network::learn(Segment& segment, MacAddress mac, PortId id) {
  Port& port = ports_[id.index()];
  const auto known = [&](const Learned& entry) { return entry.mac == mac; };
  if (port.learned < segment.learned.size() && known(segment.learned[port.learned])) {
    PortId& learned = segment.learned[port.learned].port;
    if (learned != id) ++changes_;
    learned = id;
    return;
  }
  const auto at = std::ranges::find_if(segment.learned, known);
  port.learned = static_cast<std::uint32_t>(at - segment.learned.begin());
  if (at != segment.learned.end() && at->port == id) return;
  ++changes_;
  if (at == segment.learned.end())
    segment.learned.push_back({mac, id});
  else
    at->port = id;
}

void Network::send(PortId from, FrameRef frame) {
  Port& port = ports_[from.index()];
  ++counters_.sent;
  if (tracer_.wants(TraceKind::kFrameSent)) trace_frame(TraceKind::kFrameSent, port, *frame);
  if (!port.carrier) {
    drop(port, *frame, "no carrier");
    return;
  }
  Journey journey{std::move(frame), from, queue_.now()};
  learn(segments_[port.segment.index()], journey.frame->header.source_mac, from);
  if (leave(segments_[port.segment.index()], port, journey)) enter(from, std::move(journey));
}

void Network::find_way(PortId from_id, const Frame& frame, Way& way) {
  way.as_of = changes_;
  way.plain = false;
  const Port& from = ports_[from_id.index()];
  if (!from.carrier || from.has_quality || !path_losses_.empty()) return;
  Segment& segment = segments_[from.segment.index()];
  const LinkQuality& quality = segment.quality;
  if ((quality.loss | quality.duplication | quality.reordering | quality.corruption | quality.mtu) != 0) return;
  if (quality.bandwidth != 0 || learned_port(segment, frame.header.source_mac) != from_id) return;
  const auto plain = [&](PortId id) {
    const Port& to = ports_[id.index()];
    return to.carrier && !to.has_quality && !to.trunk.valid();
  };
  way.quality = &quality;
  way.ports = &segment.ports;
  way.last_arrival = &segment.last_arrival[from.place * segment.ports.size()];
  way.to = nullptr;
  if (frame.header.destination_mac.group()) {
    way.plain = std::ranges::all_of(segment.ports, [&](PortId to) { return to == from_id || plain(to); });
    return;
  }
  const PortId to = learned_port(segment, frame.header.destination_mac);
  way.plain = to.valid() && to != from_id && plain(to);
  if (!way.plain) return;
  way.to = ports_[to.index()].arrival.get();
  way.last_arrival += ports_[to.index()].place;
}

// What send() comes to when nothing but time is in the way. Every token passes here: in one piece.
[[gnu::flatten]] void Network::send_plainly(PortId from, FrameRef&& frame, const Way& way) {
  ++counters_.sent;
  if (tracer_.wants(TraceKind::kFrameSent)) [[unlikely]]
    trace_frame(TraceKind::kFrameSent, ports_[from.index()], *frame);
  if (way.to != nullptr) return launch_plainly(*way.quality, *way.last_arrival, *way.to, frame.release());
  for (std::size_t place = 0; place < way.ports->size(); ++place) {
    const PortId to = (*way.ports)[place];
    if (to == from) continue;
    launch_plainly(*way.quality, way.last_arrival[place], *ports_[to.index()].arrival, FrameRef(frame).release());
  }
}

void Network::launch_plainly(const LinkQuality& quality, Time& last_arrival, EventHandler& to, std::uint64_t frame) {
  Time at = queue_.now() + quality.delay;
  if (quality.jitter.ns > 0) at = at + random_.between({}, quality.jitter);
  last_arrival = at = std::max(at, last_arrival);
  queue_.schedule(at, to, frame, EventClass::kDatagram);
}

// Into the switch or cable of the port that it comes from.
void Network::enter(PortId from, Journey journey) {
  Port& port = ports_[from.index()];
  Segment& segment = segments_[port.segment.index()];
  const MacAddress destination = journey.frame->header.destination_mac;
  if (!destination.group()) {
    const PortId to = learned_port(segment, destination);
    if (to == from) return;  // behind the port that it came from
    if (to.valid()) {
      forward(segment, port, to, std::move(journey));
      return;
    }
  }
  for (const PortId to : segment.ports)
    if (to != from) forward(segment, port, to, journey);
}

// The sender's side of the way, once for all receivers.
bool Network::leave(const Segment& segment, Port& from, Journey& journey) {
  if (!wait_for_bandwidth(segment.quality, from, *journey.frame, journey.at) ||
      (from.has_quality && !wait_for_bandwidth(from.sending, from, *journey.frame, journey.at))) {
    drop(from, *journey.frame, "queue full");
    return false;
  }
  const std::string_view lost = from.has_quality ? pass(from.sending, journey) : std::string_view();
  if (!lost.empty()) drop(from, *journey.frame, lost);
  return lost.empty();
}

bool Network::lost(const Port& from, const Port& to, const Frame& frame) {
  const bool group = frame.header.destination_mac.group();
  for (PathLoss& path : path_losses_) {
    if (path.from != from.machine || path.to != to.machine) continue;
    if (path.segment.valid() && path.segment != from.segment && path.segment != to.segment) continue;
    SelectiveLoss& loss = path.loss;
    if (loss.most == 0 || (loss.larger_than > 0 && frame.payload().size() <= loss.larger_than)) continue;
    if (loss.cast != Cast::kAny && group != (loss.cast == Cast::kMulticast)) continue;
    // Address resolution belongs to neither: it is lost with everything or not at all.
    if (loss.cast != Cast::kAny && frame.header.kind != FrameKind::kUdp) continue;
    for (std::uint16_t i = 0; i < frame.header.fragments; ++i) {
      if (!random_.one_in_million(loss.parts)) continue;
      --loss.most;
      return true;
    }
  }
  return false;
}

bool Network::wait_for_bandwidth(const LinkQuality& quality, Port& port, const Frame& frame, Time& at) {
  if (quality.bandwidth == 0) return true;
  const Time start = std::max(at, port.busy_until);
  const auto rate = static_cast<std::int64_t>(quality.bandwidth);
  const Duration waiting = start - at;
  // Bits that still wait in front of this frame.
  if (waiting.ns / 1000 * (rate / 1000) / 1000 / 8 > static_cast<std::int64_t>(quality.queue_bytes)) return false;
  const auto bits = static_cast<std::int64_t>(frame.wire_size()) * 8;
  at = start + nanoseconds(bits * 1'000'000'000 / rate);
  port.busy_until = at;
  return true;
}

std::string_view Network::pass(const LinkQuality& quality, Journey& journey) {
  constexpr std::string_view kArrives;
  constexpr std::string_view kLost = "lost";
  if (quality.mtu != 0 && journey.frame->packet_size() > quality.mtu) return "larger than the MTU";
  journey.at = journey.at + quality.delay;
  if (quality.jitter.ns > 0) journey.at = journey.at + random_.between({}, quality.jitter);
  if ((quality.loss | quality.duplication | quality.reordering | quality.corruption) == 0) return kArrives;
  if (quality.loss > 0)
    for (std::uint16_t i = 0; i < journey.frame->header.fragments; ++i)
      if (random_.one_in_million(quality.loss)) return kLost;
  if (quality.duplication > 0 && random_.one_in_million(quality.duplication)) ++journey.copies;
  if (quality.reordering > 0 && random_.one_in_million(quality.reordering)) {
    journey.reordered = true;
    journey.at = journey.at + random_.between({}, quality.reordering_delay);
  }
  if (quality.corruption == 0 || !random_.one_in_million(quality.corruption)) return kArrives;
  ++counters_.corrupted;
  return damage(quality.damage, journey.frame) ? kArrives : kLost;
}

// M WF-5. False when it does not arrive.
bool Network::damage(Damage damage, FrameRef& frame) {
  const std::size_t size = frame->payload().size();
  if (damage == Damage::kDropped || size == 0) return false;
  if (damage == Damage::kTruncated) {
    frame = pool_.copy(*frame, random_.below(size));
    return true;
  }
  frame = pool_.copy(*frame, size);
  const std::uint64_t bit = random_.below(size * 8);
  frame->payload()[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
  return true;
}

void Network::forward(Segment& segment, const Port& from, PortId to_id, Journey journey) {
  Port& to = ports_[to_id.index()];
  if (!to.carrier) {
    // A switch floods only where there is somebody; what it sends to a learned port without carrier is lost.
    if (!journey.frame->header.destination_mac.group()) drop(to, *journey.frame, "receiver has no carrier");
    return;
  }
  if (!path_losses_.empty() && lost(ports_[journey.origin.index()], to, *journey.frame)) {
    drop(to, *journey.frame, "path loss");
    return;
  }
  std::string_view lost = pass(segment.quality, journey);
  if (lost.empty() && to.has_quality) lost = pass(to.receiving, journey);
  if (!lost.empty()) {
    drop(to, *journey.frame, lost);
    return;
  }
  if (!to.trunk.valid())
    launch_in_order(segment, from, to, to_id, std::move(journey));
  else if (cross(to, journey))
    launch_in_order(segment, from, to, other_end(to), std::move(journey));
}

void Network::launch_in_order(Segment& segment, const Port& from, const Port& to, PortId where, Journey journey) {
  if (!journey.reordered) {
    Time& last = segment.last_arrival[from.place * segment.ports.size() + to.place];
    journey.at = std::max(journey.at, last);
    last = journey.at;
  }
  for (; journey.copies > 1; --journey.copies) {
    ++counters_.duplicated;
    launch(journey.at, journey.origin, where, journey.frame);
  }
  launch(journey.at, journey.origin, where, std::move(journey.frame));
}

void Network::launch(Time at, PortId origin, PortId to, FrameRef frame) {
  const Port& port = ports_[to.index()];
  if (!port.trunk.valid()) {
    queue_.schedule(at, *port.arrival, frame.release(), EventClass::kDatagram);
    return;
  }
  std::uint32_t slot = free_flight_;
  if (slot == kNoFlight) {
    slot = static_cast<std::uint32_t>(flights_.size());
    flights_.emplace_back();
  } else {
    free_flight_ = flights_[slot].next_free;
  }
  flights_[slot].frame = std::move(frame);
  flights_[slot].origin = origin;
  flights_[slot].to = to;
  queue_.schedule(at, *this, slot, EventClass::kDatagram);
}

void Network::on_event(std::uint64_t cookie) {
  if (cookie == kCarrierCookie) {
    report_carriers();
    return;
  }
  Flight& flight = flights_[cookie];
  FrameRef frame = std::move(flight.frame);
  const PortId origin = flight.origin;
  const PortId to = flight.to;
  flight.next_free = free_flight_;
  free_flight_ = static_cast<std::uint32_t>(cookie);
  const Port& port = ports_[to.index()];
  if (!port.carrier) {
    drop(port, *frame, "carrier lost on the way");
    return;
  }
  learn(segments_[port.segment.index()], frame->header.source_mac, to);
  enter(to, {std::move(frame), origin, queue_.now()});
}

[[gnu::flatten]] void Network::Arrival::on_event(std::uint64_t frame) {
  network.arrive(port, FrameRef::taken_back(frame));
}

void Network::arrive(PortId to, FrameRef frame) {
  const Port& port = ports_[to.index()];
  if (!port.carrier) {
    drop(port, *frame, "carrier lost on the way");
    return;
  }
  ++counters_.delivered;
  if (tracer_.wants(TraceKind::kFrameDelivered)) trace_frame(TraceKind::kFrameDelivered, port, *frame);
  port.client->on_frame(to, frame);
}

void Network::drop(const Port& port, const Frame& frame, std::string_view reason) {
  ++counters_.dropped;
  if (!tracer_.wants(TraceKind::kFrameDropped)) return;
  const std::string from = frame.header.source.text();
  const std::string to = frame.header.destination.text();
  tracer_.emit(port.machine, TraceKind::kFrameDropped,
               {{"interface", port.name},
                {"reason", reason},
                {"frame", frame_kind_name(frame.header.kind)},
                {"from", from},
                {"to", to},
                {"bytes", frame.payload().size()}});
}

[[gnu::noinline]] void Network::trace_frame(TraceKind kind, const Port& port, const Frame& frame) {
  const std::string from = frame.header.source.text();
  const std::string to = frame.header.destination.text();
  tracer_.emit(port.machine, kind,
               {{"interface", port.name},
                {"frame", frame_kind_name(frame.header.kind)},
                {"from", from},
                {"to", to},
                {"bytes", frame.payload().size()}});
}

}  // namespace simcluster::sim
