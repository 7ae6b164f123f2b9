#include "engine/membership/knet_transport.h"

#include <algorithm>
#include <utility>

#include <fmt/core.h>

namespace simcluster::membership {

namespace {

// From "Initializing transport" to "totemknet initialized": libknet looks every 200 ms whether all of its threads run.
// Measured with 3.1.7, five times the same.
constexpr Duration kThreadStart = milliseconds(228);
constexpr std::size_t kMaxFragments = 255;  // KN-4
constexpr std::string_view kCryptoModel = "nss";
constexpr Deadline kStartTimer = Deadline::kTransport0;
constexpr Deadline kTickTimer = Deadline::kTransport1;

// M 17.7: a salt where packets are encrypted, and the hash of the configured kind.
Envelope envelope_of(const Plan& plan) {
  return {false, plan.crypto_cipher != "none", knet_hash_size(plan.crypto_hash)};
}

}  // namespace

KnetTransport::KnetTransport(const Plan& plan, const TotemConf& totem, const std::string& key, FrameGuard* guard,
                             Host& host, LinkClient& link_client, Deadlines& deadlines, TransportClient& client)
    : mode_(plan.link_mode),
      plan_(plan.links),
      host_(host),
      link_client_(link_client),
      deadlines_(deadlines),
      client_(client),
      auth_(key, envelope_of(plan), guard),
      cipher_(plan.crypto_cipher),
      hash_(plan.crypto_hash),
      own_id_(static_cast<std::uint16_t>(plan.node_id)),
      own_(deadlines, client) {
  me_.node_id = plan.node_id;
  configured_mtu_ = totem.number("knet_mtu");
  discovery_interval_ = seconds(totem.number("knet_pmtud_interval", kPathDiscoverySeconds));
  salt_ = &host_.random("totem.salt");
  // A restarted node must not be taken for an echo of its former life.
  sequence_ = static_cast<std::uint16_t>(host_.random("totem.knet").next());
  for (const PlannedLink& planned : plan_)
    for (const auto& [id, address] : planned.addresses)
      if (id != plan.node_id) add_link(static_cast<std::uint16_t>(id), planned, address);
  mtu_ = data_room(PeerLink(), first_packet(PeerLink()));
}

void KnetTransport::log(LogPriority priority, const std::string& text) {
  host_.log(priority, "corosync", "[KNET  ] " + text);
}

void KnetTransport::start() {
  running_ = true;
  deadlines_.arm(kStartTimer, kThreadStart);
}

// As Corosync 3.1.7 puts it; it goes on without the link.
void KnetTransport::on_port_taken(LinkIndex) {
  host_.log(LogPriority::kError, "corosync", "[TOTEM ] knet_link_set_config failed: Address already in use (98)");
  log(LogPriority::kError, "udp: Unable to bind listener socket: Address already in use");
}

// The threads are there; then the links are.
void KnetTransport::on_start_timer() {
  if (!ready_) {
    ready_ = true;
    host_.log(LogPriority::kInfo, "corosync", "[TOTEM ] totemknet initialized");
    log(LogPriority::kInfo, fmt::format("pmtud: MTU manually set to: {}", configured_mtu_));
    if (hash_ != "none")
      log(LogPriority::kInfo,
          fmt::format("common: crypto_{0}.so has been loaded from /usr/lib/x86_64-linux-gnu/kronosnet/crypto_{0}.so",
                      kCryptoModel));
    deadlines_.arm(kTickTimer, kTick);
    deadlines_.arm(kStartTimer, kStartDelay);
    return;
  }
  open_ = true;
  for (const PlannedLink& link : plan_) host_.open_link(LinkIndex(link.number), link.config, link_client_);
  for (Peer& peer : peers_)
    for (PeerLink& link : peer.links) link.backoff_since = deadlines_.now();
  client_.on_interface(me_);
  log_first_routes();
}

void KnetTransport::stop() {
  if (!running_) return;
  running_ = false;
  if (open_)
    for (const PlannedLink& link : plan_) host_.close_link(LinkIndex(link.number));
  own_.clear();
}

KnetTransport::Peer* KnetTransport::find(std::uint16_t id) {
  const auto at = std::find_if(peers_.begin(), peers_.end(), [&](const Peer& peer) { return peer.id == id; });
  return at == peers_.end() ? nullptr : &*at;
}

bool KnetTransport::reaches(const Processor& processor) const {
  const auto at =
      std::find_if(peers_.begin(), peers_.end(), [&](const Peer& peer) { return peer.id == processor.node_id; });
  if (at == peers_.end()) return true;  // this node
  // Without the patience of KN-6: this is asked when a token was lost already.
  return std::any_of(at->links.begin(), at->links.end(), [&](const PeerLink& link) {
    return link.up && (!link.ponged || deadlines_.now() - link.last_pong < link.ping_timeout + link.ping_interval);
  });
}

KnetTransport::PeerLink* KnetTransport::find_link(Peer& peer, std::uint8_t number) {
  for (PeerLink& link : peer.links)
    if (link.number == number) return &link;
  return nullptr;
}

// --- traffic ---------------------------------------------------------------------------------------------------------

void KnetTransport::send_packet(Peer& peer, std::span<const std::byte> packet) {
  const auto send = [&](PeerLink& link) {
    // A mark is good for one link only.
    const bool again = mode_ == LinkMode::kActive && auth_.mark_size() != 0;
    count(link.sent.data, packet.size());
    host_.send_to(LinkIndex(link.number), link.address, again ? auth_.seal(packet_, salt_) : packet);
  };
  if (peer.best == kNone) return;
  switch (mode_) {
    case LinkMode::kPassive:
      return send(peer.links[peer.best]);
    case LinkMode::kActive:
      for (PeerLink& link : peer.links)
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
  const std::size_t room = mtu_;
  const std::size_t pieces = (frame.size() + room - 1) / room;
  if (pieces > kMaxFragments) return;
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
  count(own_traffic_, frame.size());
  if (loop == Loop::kYes) own_.add(frame);
}

void KnetTransport::send_token(std::span<const std::byte> frame) {
  if (!running_) return;
  if (target_.node_id == me_.node_id) return own_.add_token(frame);
  if (Peer* peer = find(static_cast<std::uint16_t>(target_.node_id)); peer != nullptr) send_data(frame, peer);
}

void KnetTransport::on_datagram(LinkIndex link_index, const IpAddress& from, std::span<const std::byte> bytes) {
  if (!running_) return;
  const auto packet = unseal(bytes);
  KnetHeader header;
  if (!packet || !decode_knet_header(*packet, header)) {
    ++rejected_;
    return;
  }
  Peer* peer = find(header.node_id);
  if (peer == nullptr) {
    ++rejected_;
    return;
  }
  PeerLink* link = find_link(*peer, link_index.value);
  if (link == nullptr || link->address != from) return;  // KN-3, block_unlisted_ips
  switch (header.type) {
    case KnetType::kData:
      count(link->received.data, bytes.size());
      return receive_data(*peer, from, *packet);
    case KnetType::kPing:
      count(link->received.ping, bytes.size());
      return receive_ping(*peer, *link, *packet);
    case KnetType::kPong:
      count(link->received.pong, bytes.size());
      return receive_pong(*peer, *link, *packet);
    case KnetType::kPmtud:
      count(link->received.pmtu, bytes.size());
      return receive_pmtud(*link, *packet);
    case KnetType::kPmtudReply:
      count(link->received.pmtu, bytes.size());
      return receive_pmtud_reply(*peer, *link, *packet);
  }
}

// Measured with 3.1.7: an error for every packet, unless there is another key to try. One that was here before is none
// of those.
std::optional<std::span<const std::byte>> KnetTransport::unseal(std::span<const std::byte> packet) {
  bool repeated = false;
  auto data = auth_.open(packet, &repeated);
  if (!data && other_) data = other_->open(packet, &repeated);
  if (!data && !other_ && !repeated)
    log(LogPriority::kError, "nsscrypto: Digest does not match. Check crypto key and configuration.");
  return data;
}

bool KnetTransport::load_key(const Plan& plan) {
  if (plan.key == auth_.key() && plan.crypto_cipher == cipher_ && plan.crypto_hash == hash_) return false;
  other_.emplace(plan.key, envelope_of(plan), auth_.guard());
  cipher_ = plan.crypto_cipher;
  hash_ = plan.crypto_hash;
  crypto_index_ = 3 - crypto_index_;
  host_.log(LogPriority::kInfo, "corosync",
            fmt::format("[TOTEM ] kronosnet crypto reconfigured on index {}: {}/{}/{}", crypto_index_, kCryptoModel,
                        cipher_, hash_));
  return true;
}

void KnetTransport::crypto_phase(std::uint32_t phase) {
  if (!other_) return;
  if (phase != 1) return other_.reset();
  std::swap(auth_, *other_);
  published_mtu_ = 0;
  for (Peer& peer : peers_)
    for (PeerLink& link : peer.links) link.discovery.due = link.up;
}

void KnetTransport::receive_data(Peer& peer, const IpAddress& from, std::span<const std::byte> packet) {
  KnetData data;
  if (!decode_knet_data(packet, data)) return;
  // Links come up on the two ends at different times, and go down so after a pause: what a host says is not listened to
  // before there is a way back to it (Corosync 3.1.7: "Source host not reachable yet. Discarding packet").
  if (peer.best == kNone) return;
  const bool whole = data.fragment == 0;
  if (whole && !peer.duplicates.first_time(data.sequence)) return;
  const auto frame = peer.reassembly.add(data);
  if (!frame) return;
  if (!whole && !peer.duplicates.first_time(data.sequence)) return;
  client_.on_frame(*frame, from);
}

void KnetTransport::on_deadline(Deadline which) {
  if (which == kTickTimer) return tick();
  if (which == kStartTimer) return on_start_timer();
  if (which == Deadline::kSelfToken) own_.on_token_deadline();
}

}  // namespace simcluster::membership
