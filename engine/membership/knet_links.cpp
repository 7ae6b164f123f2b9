// Liveness of knet's links, the choice among them, and the MTU of their paths (M 11.3 to 11.5).
#include <algorithm>

#include <fmt/core.h>

#include "engine/membership/knet_transport.h"

namespace simcluster::membership {

namespace {

constexpr Duration kFirstPatience = seconds(20);  // KN-6
constexpr std::uint32_t kBackoff = 10;
constexpr Deadline kTickTimer = Deadline::kTransport1;
constexpr std::uint32_t kSmallestMtu = 576;  // every IPv4 path carries it
constexpr std::uint32_t kKnetHeader = 26;    // KN-16

}  // namespace

// --- liveness (M 11.3) -----------------------------------------------------------------------------------------------

// KN-6.
Duration KnetTransport::patience(const PeerLink& link) const {
  if (link.samples == 0) return kFirstPatience;
  return link.ping_timeout * link.backoff + link.latency * 2;
}

void KnetTransport::tick() {
  for (Peer& peer : peers_)
    for (PeerLink& link : peer.links)
      if (open_) watch(peer, link);
  deadlines_.arm(kTickTimer, kTick);
}

// KN-5.
void KnetTransport::watch(Peer& peer, PeerLink& link) {
  const Time now = deadlines_.now();
  while (link.backoff > 1 && now - link.backoff_since >= seconds(1)) {
    --link.backoff;
    link.backoff_since = link.backoff_since + seconds(1);
  }
  if (link.up && link.unreachable) link_down(peer, link);
  link.unreachable = false;
  if (!link.pinged || now - link.last_ping >= link.ping_interval) {
    link.pinged = true;
    link.last_ping = now;
    encode_knet_ping(KnetType::kPing, own_id_, {link.number, static_cast<std::uint64_t>(now.ns), ++link.sequence},
                     packet_);
    const auto sealed = auth_.seal(packet_, salt_);
    count(link.sent.ping, sealed.size());
    host_.send_to(LinkIndex(link.number), link.address, sealed);
  }
  if (link.up && link.ponged && now - link.last_pong >= patience(link)) link_down(peer, link);
  discover(peer, link);
}

// KN-8.
void KnetTransport::on_unreachable(LinkIndex index, const IpAddress& to) {
  for (Peer& peer : peers_)
    if (PeerLink* link = find_link(peer, index.value); link != nullptr && link->address == to) link->unreachable = true;
}

void KnetTransport::receive_ping(Peer&, PeerLink& link, std::span<const std::byte> packet) {
  KnetPing ping;
  if (!decode_knet_ping(packet, ping)) return;
  encode_knet_ping(KnetType::kPong, own_id_, ping, packet_);
  const auto sealed = auth_.seal(packet_, salt_);
  count(link.sent.pong, sealed.size());
  host_.send_to(LinkIndex(link.number), link.address, sealed);
}

// KN-7.
void KnetTransport::receive_pong(Peer& peer, PeerLink& link, std::span<const std::byte> packet) {
  KnetPing ping;
  if (!decode_knet_ping(packet, ping)) return;
  const Duration latency{deadlines_.now().ns - static_cast<std::int64_t>(ping.sent_at)};
  if (latency < Duration{} || latency > link.ping_timeout) return;
  link.last_pong = deadlines_.now();
  link.ponged = true;
  link.samples = std::min(link.samples + 1, link.ping_precision);
  link.latency_min = std::min(link.latency_min, latency);
  link.latency_max = std::max(link.latency_max, latency);
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
  ++link.ups;
  link.discovery.due = true;
  published_mtu_ = 0;
  log(LogPriority::kInfo, fmt::format("rx: host: {} link: {} is up", peer.id, link.number));
  log(LogPriority::kInfo, fmt::format("link: Resetting MTU for link {} because host {} joined", link.number, peer.id));
  choose_route(peer, false);
}

// KN-8.
void KnetTransport::link_down(Peer& peer, PeerLink& link) {
  link.up = false;
  ++link.downs;
  link.discovery.running = false;
  link.ponged = false;
  link.pongs = 0;
  link.backoff = kBackoff;
  link.backoff_since = deadlines_.now();
  log(LogPriority::kInfo, fmt::format("link: host: {} link: {} is down", peer.id, link.number));
  choose_route(peer, true);
}

// KN-10.
void KnetTransport::log_route(const Peer& peer) {
  const auto active = std::count_if(peer.links.begin(), peer.links.end(), [](const PeerLink& l) { return l.up; });
  if (mode_ == LinkMode::kPassive) {
    const PeerLink& shown = peer.links[peer.best == kNone ? 0 : peer.best];
    log(LogPriority::kInfo,
        fmt::format("host: host: {} (passive) best link: {} (pri: {})", peer.id, shown.number, shown.priority));
  } else {
    log(LogPriority::kInfo, fmt::format("host: host: {} has {} active links", peer.id, active));
  }
  if (active == 0) log(LogPriority::kWarning, fmt::format("host: host: {} has no active links", peer.id));
}

// A new link is set up in three steps, each of which has the routes computed (Corosync 3.1.7).
void KnetTransport::log_first_routes() {
  if (plan_.empty()) return;
  log(LogPriority::kInfo,
      fmt::format("link: Resetting MTU for link {} because host {} joined", plan_.front().number, own_id_));
  for (const PlannedLink& planned : plan_)
    for (Peer& peer : peers_)
      if (find_link(peer, planned.number) != nullptr)
        for (int step = 0; step < 3; ++step) log_route(peer);
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
  const bool shown = mode_ != LinkMode::kPassive || best != peer.best || went_down;
  peer.best = best;
  if (shown) log_route(peer);
  if (active != 0) return;
  peer.duplicates.clear();
  peer.reassembly.clear();
}

// --- path MTU (KN-15 to KN-17) ---------------------------------------------------------------------------------------

// Encrypted packets are salted, and filled up to whole blocks with at least one byte. Measured with 3.1.7: 1446 and 522
// of 1500 and 576 bytes in clear, 1397 and 469 with aes256 and sha256.
std::uint32_t KnetTransport::data_room(const PeerLink& link, std::uint32_t size) const {
  constexpr std::uint32_t kSalt = 16;
  constexpr std::uint32_t kBlock = 16;
  const std::uint32_t ip = link.address.family == IpAddress::Family::kV6 ? 48 : 28;
  const bool encrypted = cipher_ != "none";
  const auto around = ip + static_cast<std::uint32_t>(knet_hash_size(hash_)) + (encrypted ? kSalt : 0) +
                      static_cast<std::uint32_t>(auth_.mark_size());
  if (size <= around + kKnetHeader + kBlock) return 1;
  const std::uint32_t inside = encrypted ? (size - around) / kBlock * kBlock - 1 : size - around;
  return inside - kKnetHeader;
}

std::uint32_t KnetTransport::first_packet(const PeerLink& link) {
  return link.address.family == IpAddress::Family::kV6 ? kSmallestMtu + 20 : kSmallestMtu;
}

std::uint32_t KnetTransport::data_mtu(const PeerLink& link) const {
  if (configured_mtu_ != 0) return data_room(link, configured_mtu_);
  return link.mtu != 0 ? link.mtu : data_room(link, first_packet(link));
}

std::optional<PathDiscovery> KnetTransport::path_discovery() const {
  if (configured_mtu_ != 0) return std::nullopt;
  std::uint32_t first = 0;
  for (const Peer& peer : peers_)
    for (const PeerLink& link : peer.links) first = std::max(first, first_packet(link));
  return PathDiscovery{discovery_interval_, first};
}

// At once after a link came up, then every interval.
void KnetTransport::discover(Peer& peer, PeerLink& link) {
  const Time now = deadlines_.now();
  Discovery& d = link.discovery;
  if (!link.up || configured_mtu_ != 0) return;
  if (d.running) {
    if (now - d.probe_sent >= patience(link)) probe_failed(peer, link);
    return;
  }
  if (!d.due && now - d.last_run < discovery_interval_) return;
  d = {};
  d.running = true;
  d.last_run = now;
  send_probe(link, link.interface_mtu);
}

void KnetTransport::send_probe(PeerLink& link, std::uint32_t size) {
  link.discovery.probe = size;
  link.discovery.probe_sent = deadlines_.now();
  const std::uint32_t ip = link.address.family == IpAddress::Family::kV6 ? 48 : 28;
  encode_knet_pmtud(KnetType::kPmtud, own_id_, {link.number, static_cast<std::uint16_t>(size)},
                    size - ip - auth_.overhead(), packet_);
  const auto sealed = auth_.seal(packet_, salt_);
  count(link.sent.pmtu, sealed.size());
  host_.send_to(LinkIndex(link.number), link.address, sealed);
}

void KnetTransport::probe_failed(Peer& peer, PeerLink& link) {
  Discovery& d = link.discovery;
  d.bad = d.probe;
  if (!d.warned) {
    d.warned = true;
    log(LogPriority::kWarning,
        fmt::format("pmtud: possible MTU misconfiguration detected. kernel is reporting MTU: {} bytes for host {} link "
                    "{} but the other node is not acknowledging packets of this size. ",
                    link.interface_mtu, peer.id, link.number));
    log(LogPriority::kWarning,
        "pmtud: This can be caused by this node interface MTU too big or a network device that does not support or has "
        "been misconfigured to manage MTU of this size, or packet loss. knet will continue to run but performances "
        "might be affected.");
  }
  next_probe(peer, link);
}

void KnetTransport::probe_answered(Peer& peer, PeerLink& link, std::uint32_t size) {
  Discovery& d = link.discovery;
  if (!d.running || size != d.probe) return;
  d.good = size;
  next_probe(peer, link);
}

void KnetTransport::next_probe(Peer& peer, PeerLink& link) {
  Discovery& d = link.discovery;
  if (d.bad == 0 || (d.good != 0 && d.good + 1 >= d.bad)) return discovered(peer, link);
  if (d.bad <= kSmallestMtu) {
    // Nothing gets through: what was known stays, and the next run tries again.
    d.running = false;
    return;
  }
  const std::uint32_t low = d.good == 0 ? kSmallestMtu : d.good;
  send_probe(link, d.good == 0 && low + 1 >= d.bad ? low : (low + d.bad) / 2);
}

void KnetTransport::discovered(Peer& peer, PeerLink& link) {
  link.discovery.running = false;
  const std::uint32_t found = data_room(link, link.discovery.good);
  if (found != data_mtu(link))
    log(LogPriority::kInfo, fmt::format("pmtud: PMTUD link change for host: {} link: {} from {} to {}", peer.id,
                                        link.number, data_mtu(link), found));
  link.mtu = found;
  publish_mtu();
}

// The smallest of all links that are up, once none of them is being looked at.
void KnetTransport::publish_mtu() {
  std::uint32_t smallest = 0;
  for (const Peer& peer : peers_)
    for (const PeerLink& link : peer.links) {
      if (!link.up) continue;
      if (link.discovery.running || link.discovery.due) return;
      smallest = smallest == 0 ? data_mtu(link) : std::min(smallest, data_mtu(link));
    }
  if (smallest == 0) return;
  mtu_ = smallest;
  if (mtu_ == published_mtu_) return;
  published_mtu_ = mtu_;
  log(LogPriority::kInfo, fmt::format("pmtud: Global data MTU changed to: {}", mtu_));
}

void KnetTransport::receive_pmtud(PeerLink& link, std::span<const std::byte> packet) {
  KnetPmtud pmtud;
  if (!decode_knet_pmtud(packet, pmtud)) return;
  encode_knet_pmtud(KnetType::kPmtudReply, own_id_, pmtud, kKnetPmtudSize, packet_);
  const auto sealed = auth_.seal(packet_, salt_);
  count(link.sent.pmtu, sealed.size());
  host_.send_to(LinkIndex(link.number), link.address, sealed);
}

void KnetTransport::receive_pmtud_reply(Peer& peer, PeerLink& link, std::span<const std::byte> packet) {
  KnetPmtud pmtud;
  if (decode_knet_pmtud(packet, pmtud)) probe_answered(peer, link, pmtud.size);
}

}  // namespace simcluster::membership
