#include "engine/membership/knet_transport.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

namespace simcluster::membership {

namespace {

constexpr Duration kStartDelay = milliseconds(100);  // SRP-2.1
constexpr Duration kTick = milliseconds(200);        // KN-5
constexpr Duration kSelfDelay = microseconds(20);
constexpr Duration kFirstPatience = seconds(20);  // KN-6
constexpr std::uint32_t kBackoff = 10;
constexpr std::uint32_t kPrecision = 2048;  // T-26
constexpr std::size_t kDataMtu = 1446;      // KN-16, IPv4 on 1500 bytes
constexpr Deadline kStartTimer = Deadline::kTransport0;
constexpr Deadline kTickTimer = Deadline::kTransport1;

}  // namespace

KnetTransport::KnetTransport(const Plan& plan, const std::string& key, Host& host, LinkClient& link_client,
                             Deadlines& deadlines, TransportClient& client)
    : mode_(plan.link_mode),
      plan_(plan.links),
      host_(host),
      link_client_(link_client),
      deadlines_(deadlines),
      client_(client),
      auth_(key),
      own_id_(static_cast<std::uint16_t>(plan.node_id)) {
  me_.node_id = plan.node_id;
  if (auth_.enabled()) salt_ = &host_.random("totem.salt");
  // A restarted node must not be taken for an echo of its former life.
  sequence_ = static_cast<std::uint16_t>(host_.random("totem.knet").next());
  std::map<std::uint16_t, std::vector<PeerLink>> links;
  for (const PlannedLink& planned : plan_) {
    for (const auto& [id, address] : planned.addresses) {
      if (id == plan.node_id) continue;
      PeerLink link;
      link.number = planned.number;
      link.address = address;
      link.priority = planned.priority;
      link.ping_interval = milliseconds(planned.ping_interval);
      link.ping_timeout = milliseconds(planned.ping_timeout);
      link.pong_count = planned.pong_count;
      links[static_cast<std::uint16_t>(id)].push_back(link);
    }
  }
  for (auto& [id, list] : links) {
    Peer& peer = peers_.emplace_back();
    peer.id = id;
    peer.links = std::move(list);
  }
}

void KnetTransport::log(LogPriority priority, const std::string& text) {
  host_.log(priority, "corosync", "[KNET  ] " + text);
}

void KnetTransport::start() {
  running_ = true;
  for (const PlannedLink& link : plan_) host_.open_link(LinkIndex(link.number), link.config, link_client_);
  for (Peer& peer : peers_)
    for (PeerLink& link : peer.links) link.backoff_since = deadlines_.now();
  deadlines_.arm(kStartTimer, kStartDelay);
  deadlines_.arm(kTickTimer, kTick);
}

void KnetTransport::stop() {
  if (!running_) return;
  running_ = false;
  for (const PlannedLink& link : plan_) host_.close_link(LinkIndex(link.number));
  loop_.clear();
  self_tokens_.clear();
}

KnetTransport::Peer* KnetTransport::find(std::uint16_t id) {
  const auto at = std::find_if(peers_.begin(), peers_.end(), [&](const Peer& peer) { return peer.id == id; });
  return at == peers_.end() ? nullptr : &*at;
}

KnetTransport::PeerLink* KnetTransport::find_link(Peer& peer, std::uint8_t number) {
  for (PeerLink& link : peer.links)
    if (link.number == number) return &link;
  return nullptr;
}

// --- liveness (M 11.3) -----------------------------------------------------------------------------------------------

// KN-6.
Duration KnetTransport::patience(const PeerLink& link) const {
  if (link.samples == 0) return kFirstPatience;
  return link.ping_timeout * link.backoff + link.latency * 2;
}

void KnetTransport::tick() {
  for (Peer& peer : peers_)
    for (PeerLink& link : peer.links) watch(peer, link);
  deadlines_.arm(kTickTimer, kTick);
}

// KN-5.
void KnetTransport::watch(Peer& peer, PeerLink& link) {
  const Time now = deadlines_.now();
  while (link.backoff > 1 && now - link.backoff_since >= seconds(1)) {
    --link.backoff;
    link.backoff_since = link.backoff_since + seconds(1);
  }
  if (!link.pinged || now - link.last_ping >= link.ping_interval) {
    link.pinged = true;
    link.last_ping = now;
    encode_knet_ping(KnetType::kPing, own_id_, {link.number, static_cast<std::uint64_t>(now.ns), ++link.sequence},
                     packet_);
    host_.send_to(LinkIndex(link.number), link.address, auth_.seal(packet_, salt_));
  }
  if (link.up && link.ponged && now - link.last_pong >= patience(link)) link_down(peer, link);
}

void KnetTransport::receive_ping(Peer&, PeerLink& link, std::span<const std::byte> packet) {
  KnetPing ping;
  if (!decode_knet_ping(packet, ping)) return;
  encode_knet_ping(KnetType::kPong, own_id_, ping, packet_);
  host_.send_to(LinkIndex(link.number), link.address, auth_.seal(packet_, salt_));
}

// KN-7.
void KnetTransport::receive_pong(Peer& peer, PeerLink& link, std::span<const std::byte> packet) {
  KnetPing ping;
  if (!decode_knet_ping(packet, ping)) return;
  const Duration latency{deadlines_.now().ns - static_cast<std::int64_t>(ping.sent_at)};
  if (latency < Duration{} || latency > link.ping_timeout) return;
  link.last_pong = deadlines_.now();
  link.ponged = true;
  link.samples = std::min(link.samples + 1, kPrecision);
  link.latency = link.latency + (latency - link.latency) / link.samples;
  if (link.up || link.latency >= patience(link)) return;
  if (link.pongs < link.pong_count) {
    ++link.pongs;
    return;
  }
  link_up(peer, link);
}

void KnetTransport::link_up(Peer& peer, PeerLink& link) {
  link.up = true;
  log(LogPriority::kInfo, fmt::format("rx: host: {} link: {} is up", peer.id, link.number));
  log(LogPriority::kInfo, fmt::format("link: Resetting MTU for link {} because host {} joined", link.number, peer.id));
  choose_route(peer, false);
}

// KN-8.
void KnetTransport::link_down(Peer& peer, PeerLink& link) {
  link.up = false;
  link.ponged = false;
  link.pongs = 0;
  link.backoff = kBackoff;
  link.backoff_since = deadlines_.now();
  log(LogPriority::kInfo, fmt::format("link: host: {} link: {} is down", peer.id, link.number));
  choose_route(peer, true);
}

// KN-12, KN-13.
void KnetTransport::choose_route(Peer& peer, bool went_down) {
  std::size_t best = kNone;
  std::size_t active = 0;
  for (std::size_t i = 0; i < peer.links.size(); ++i) {
    if (!peer.links[i].up) continue;
    ++active;
    if (best == kNone || peer.links[i].priority > peer.links[best].priority) best = i;
  }
  if (mode_ != LinkMode::kPassive) {
    log(LogPriority::kInfo, fmt::format("host: host: {} has {} active links", peer.id, active));
  } else if (best != peer.best || went_down) {
    const PeerLink& shown = peer.links[best == kNone ? 0 : best];
    log(LogPriority::kInfo,
        fmt::format("host: host: {} (passive) best link: {} (pri: {})", peer.id, shown.number, shown.priority));
  }
  peer.best = best;
  if (active != 0) return;
  log(LogPriority::kWarning, fmt::format("host: host: {} has no active links", peer.id));
  peer.duplicates.clear();
  peer.reassembly.clear();
}

// --- traffic ---------------------------------------------------------------------------------------------------------

void KnetTransport::send_packet(Peer& peer, std::span<const std::byte> packet) {
  const auto send = [&](const PeerLink& link) { host_.send_to(LinkIndex(link.number), link.address, packet); };
  if (peer.best == kNone) return;
  switch (mode_) {
    case LinkMode::kPassive:
      return send(peer.links[peer.best]);
    case LinkMode::kActive:
      for (const PeerLink& link : peer.links)
        if (link.up) send(link);
      return;
    case LinkMode::kRoundRobin:
      do {
        peer.next = (peer.next + 1) % peer.links.size();
      } while (!peer.links[peer.next].up);
      return send(peer.links[peer.next]);
  }
}

// KN-2, KN-4. All peers, or only one.
void KnetTransport::send_data(std::span<const std::byte> frame, Peer* only) {
  KnetData data;
  data.sequence = ++sequence_;
  const std::size_t room = kDataMtu - auth_.overhead();
  const std::size_t pieces = (frame.size() + room - 1) / room;
  if (pieces > 255) return;
  data.fragments = static_cast<std::uint8_t>(pieces);
  for (std::size_t i = 0; i < pieces; ++i) {
    data.fragment = pieces == 1 ? std::uint8_t{0} : static_cast<std::uint8_t>(i + 1);
    data.bytes = frame.subspan(i * room, std::min(room, frame.size() - i * room));
    encode_knet_data(own_id_, data, packet_);
    const auto sealed = auth_.seal(packet_, salt_);
    if (only != nullptr) {
      send_packet(*only, sealed);
      continue;
    }
    for (Peer& peer : peers_) send_packet(peer, sealed);
  }
}

void KnetTransport::send_all(std::span<const std::byte> frame, Loop loop) {
  if (!running_) return;
  send_data(frame, nullptr);
  if (loop == Loop::kYes) loop_.emplace_back(frame.begin(), frame.end());
}

void KnetTransport::send_token(std::span<const std::byte> frame) {
  if (!running_) return;
  if (target_.node_id == me_.node_id) {
    self_tokens_.emplace_back(frame.begin(), frame.end());
    if (!deadlines_.armed(Deadline::kSelfToken)) deadlines_.arm(Deadline::kSelfToken, kSelfDelay);
    return;
  }
  if (Peer* peer = find(static_cast<std::uint16_t>(target_.node_id)); peer != nullptr) send_data(frame, peer);
}

void KnetTransport::on_datagram(LinkIndex link_index, const IpAddress& from, std::span<const std::byte> bytes) {
  if (!running_) return;
  const auto packet = auth_.open(bytes);
  KnetHeader header;
  if (!packet || !decode_knet_header(*packet, header)) return;
  Peer* peer = find(header.node_id);
  if (peer == nullptr) return;
  PeerLink* link = find_link(*peer, link_index.value);
  if (link == nullptr || link->address != from) return;  // KN-3, block_unlisted_ips
  switch (header.type) {
    case KnetType::kData:
      return receive_data(*peer, from, *packet);
    case KnetType::kPing:
      return receive_ping(*peer, *link, *packet);
    case KnetType::kPong:
      return receive_pong(*peer, *link, *packet);
  }
}

void KnetTransport::receive_data(Peer& peer, const IpAddress& from, std::span<const std::byte> packet) {
  KnetData data;
  if (!decode_knet_data(packet, data)) return;
  const bool whole = data.fragment == 0;
  if (whole && !peer.duplicates.first_time(data.sequence)) return;
  const auto frame = peer.reassembly.add(data);
  if (!frame) return;
  if (!whole && !peer.duplicates.first_time(data.sequence)) return;
  client_.on_frame(*frame, from);
}

void KnetTransport::on_deadline(Deadline which) {
  if (which == kTickTimer) return tick();
  if (which == kStartTimer) {
    for (Peer& peer : peers_) choose_route(peer, true);
    return client_.on_interface(me_);
  }
  if (which != Deadline::kSelfToken) return;
  std::vector<std::vector<std::byte>> tokens;
  tokens.swap(self_tokens_);
  for (const auto& token : tokens) client_.on_frame(token, {});
}

void KnetTransport::drain_loop() {
  while (!loop_.empty()) {
    std::vector<std::vector<std::byte>> frames;
    frames.swap(loop_);
    for (const auto& frame : frames) client_.on_frame(frame, {});
  }
}

std::vector<LinkStatus> KnetTransport::status() const {
  std::vector<LinkStatus> result;
  for (const PlannedLink& planned : plan_) {
    LinkStatus& link = result.emplace_back();
    link.number = planned.number;
    link.own = planned.config.bind_network;
    for (const auto& [id, address] : planned.addresses) {
      PeerLinkStatus& peer = link.peers.emplace_back();
      peer.node = id;
      peer.address = address;
      peer.connected = id == me_.node_id;
      peer.mtu = kDataMtu;
      for (const Peer& known : peers_)
        for (const PeerLink& other : known.links)
          if (known.id == id && other.number == planned.number) peer.connected = other.up;
    }
  }
  return result;
}

}  // namespace simcluster::membership
