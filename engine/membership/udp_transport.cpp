#include "engine/membership/udp_transport.h"

#include <algorithm>
#include <utility>

#include <fmt/core.h>

#include "engine/membership/wire.h"

namespace simcluster::membership {

namespace {

constexpr std::uint32_t kLoopbackId = 2130706433;  // 127.0.0.1 (IF-3)
constexpr int kBindRetries = 10;                   // K-18
constexpr Duration kBindPause = milliseconds(100);

LinkIndex link_of(std::size_t ring) { return LinkIndex(static_cast<std::uint8_t>(ring)); }
Deadline check_of(std::size_t ring) { return ring == 0 ? Deadline::kTransport0 : Deadline::kTransport1; }

// token_seq comes right after seq in the ORF token, and first in the commit token.
std::uint32_t token_number(const Codec& codec, const Header& header, std::span<const std::byte> frame) {
  Reader r(frame);
  r.bytes(codec.header_size() + (header.type == MessageType::kOrfToken ? 4 : 0));
  return r.u32();
}

}  // namespace

UdpTransport::UdpTransport(Settings settings, const Profile& profile, Host& host, LinkClient& link_client,
                           Deadlines& deadlines, TransportClient& client)
    : settings_(std::move(settings)),
      profile_(profile),
      host_(host),
      link_client_(link_client),
      deadlines_(deadlines),
      client_(client),
      codec_(profile.processor_is_address ? Generation::kAddresses : Generation::kNodeIds),
      auth_(settings_.key, {}, settings_.guard),
      rrp_(settings_.rrp_mode, settings_.rings.size(), settings_.timers, profile, host, deadlines, *this),
      rings_(settings_.rings.size()),
      own_(deadlines, client) {
  if (auth_.enabled()) salt_ = &host_.random("totem.salt");
  note_straight_up();
}

void UdpTransport::log(const std::string& text) { host_.log(LogPriority::kNotice, "corosync", "[TOTEM ] " + text); }

void UdpTransport::start() {
  running_ = true;
  for (std::size_t ring = 0; ring < rings_.size(); ++ring) {
    settings_.rings[ring].hears_itself = false;  // own_ sees to that
    host_.open_link(link_of(ring), settings_.rings[ring], link_client_);
    deadlines_.arm(check_of(ring), kStartDelay);
  }
}

void UdpTransport::stop() {
  if (!running_) return;
  running_ = false;
  for (std::size_t ring = 0; ring < rings_.size(); ++ring) host_.close_link(link_of(ring));
  own_.clear();
  kept_tokens_.clear();
}

// --- own interfaces (M 13) -------------------------------------------------------------------------------------------

void UdpTransport::on_link_state(LinkIndex link, bool usable, const IpAddress& own_address) {
  Ring& ring = rings_[link.index()];
  ring.present = usable;
  if (usable) ring.own = own_address;
  // Nothing more: the interface is looked at only when IF-1 says so, or when the port was waited for.
  if (std::exchange(ring.taken, false) && ring.retries > 0) examine(link.index());
}

void UdpTransport::on_port_taken(LinkIndex link) {
  Ring& ring = rings_[link.index()];
  ring.taken = true;
  if (ring.retries > 0) bind_failed(link.index());
}

// K-18, V-19. Texts and times as Corosync 3.1.7 has them. It sleeps between the attempts.
void UdpTransport::bind_failed(std::size_t index) {
  constexpr std::string_view kReason = "Address already in use (98)";
  Ring& ring = rings_[index];
  host_.log(
      LogPriority::kWarning, "corosync",
      fmt::format("[TOTEM ] {}: {}",
                  settings_.multicast ? "Unable to bind UDP unicast socket" : "bind token socket failed", kReason));
  if (!profile_.bind_retried) return;
  if (ring.retries == kBindRetries) {
    host_.log(LogPriority::kError, "corosync", fmt::format("[TOTEM ] Unable to create sockets, exiting: {}", kReason));
    stop();
    return host_.exit_node(1, "the port is taken");
  }
  ++ring.retries;
  deadlines_.arm(check_of(index), kBindPause * ring.retries);
}

void UdpTransport::identify() {
  find_identity();
  target_is_me_ = target_ == me_;
}

void UdpTransport::find_identity() {
  me_ = {};
  const Ring& first = rings_.front();
  const bool lost = first.bound == Bound::kLoopback && (!keeps_identity() || !first.own.specified());
  const IpAddress address = lost ? IpAddress::v4(kLoopbackId) : first.own;
  // In Corosync 3 the identity is the node id, whatever happens to the address (IF-11).
  me_.node_id = settings_.node_id;
  if (me_.node_id == 0) {
    me_.node_id = address.v4_value();
    if (settings_.clear_high_bit) me_.node_id &= 0x7fffffff;
  }
  if (!profile_.processor_is_address) return;
  me_.address[0] = address;
  for (std::size_t i = 1; i < rings_.size() && i < kMaxRings; ++i)
    me_.address[i] = rings_[i].bound == Bound::kLoopback ? IpAddress::v4(kLoopbackId) : rings_[i].own;
}

// SRP-2.3: the first GATHER when every ring has reported, and one for every report after that.
void UdpTransport::report() {
  identify();
  const bool first = reports_ == 0;
  if (++reports_ < rings_.size()) return;
  client_.on_interface(me_);
  // Corosync 3 lists the members after it has loaded its services.
  if (first && !settings_.multicast && !profile_.processor_is_address) log_members(0);
}

void UdpTransport::arm_check(std::size_t ring) {
  deadlines_.arm(check_of(ring), milliseconds(settings_.timers.downcheck));
}

// IF-3, IF-10.
void UdpTransport::examine(std::size_t index) {
  if (!running_) return;
  Ring& ring = rings_[index];
  if (ring.taken) {
    if (ring.retries == 0) return bind_failed(index);
    return host_.open_link(link_of(index), settings_.rings[index], link_client_);  // the answer comes as its state
  }
  ring.retries = 0;
  if (ring.present) {
    if (ring.bound != Bound::kAddress) return interface_up(index);
    if (ring_size_ <= 1) arm_check(index);
    return;
  }
  const bool goes_down = ring.bound != Bound::kLoopback;
  arm_check(index);
  if (goes_down) interface_down(index);
}

void UdpTransport::interface_up(std::size_t index) {
  Ring& ring = rings_[index];
  const bool back = ring.bound == Bound::kLoopback;
  ring.bound = Bound::kAddress;
  log(fmt::format("The network interface [{}] is now up.", ring.own.text()));
  const bool members_come_later = !profile_.processor_is_address && reports_ == 0;
  if (!settings_.multicast && !members_come_later) log_members(index);
  if (back && ring_size_ <= 1) arm_check(index);
  report();
}

// All nodes of the list, this one included.
void UdpTransport::log_members(std::size_t index) {
  std::vector<IpAddress> members = settings_.rings[index].peers;
  if (index == 0 && !settings_.nodes.empty()) {
    members.clear();
    for (const auto& [id, address] : settings_.nodes) members.push_back(address);
  }
  for (const IpAddress& member : members) log(fmt::format("adding new UDPU member {{{}}}", member.text()));
}

void UdpTransport::interface_down(std::size_t index) {
  const bool at_start = rings_[index].bound == Bound::kNothing;
  rings_[index].bound = Bound::kLoopback;
  // IF-10.
  if (at_start && keeps_identity()) {
    constexpr int kFatal = 15;  // LC-7
    host_.log(LogPriority::kError, "corosync",
              "[TOTEM ] One of your ip addresses are now bound to localhost. Corosync would not work correctly.");
    stop();
    return host_.exit_node(kFatal, "an own address is not there");
  }
  log("The network interface is down.");
  report();
}

// IF-1b: RR-17 leaves faulty rings alone.
void UdpTransport::check_interfaces() {
  for (std::size_t ring = 0; ring < rings_.size(); ++ring)
    if (!rrp_.faulty(ring)) examine(ring);
}

void UdpTransport::set_members(std::span<const Processor> members) {
  ring_size_ = members.size();
  if (ring_size_ != 1) return;
  for (std::size_t ring = 0; ring < rings_.size(); ++ring)
    if (!deadlines_.armed(check_of(ring))) arm_check(ring);  // IF-1c
}

bool UdpTransport::reaches_itself(const Ring& ring) const {
  if (ring.bound == Bound::kAddress) return ring.present;
  // IF-11: in Corosync 3 the token still goes to the configured address, which is not local any more.
  return keeps_identity() || profile_.processor_is_address;
}

// --- sending ---------------------------------------------------------------------------------------------------------

bool UdpTransport::send_all_on(std::size_t index, std::span<const std::byte> frame) {
  const Ring& ring = rings_[index];
  if (ring.bound == Bound::kAddress) host_.send_all(link_of(index), auth_.seal(frame, salt_));
  // IF-9a: udpu before 2.4.5 sends to its configured members only, and is none of them any more.
  return ring.bound != Bound::kLoopback || settings_.multicast || keeps_identity();
}

void UdpTransport::send_all(std::span<const std::byte> frame, Loop loop) {
  if (!running_) return;
  bool looped = false;
  if (rings_.size() == 1)
    looped = send_all_on(0, frame);
  else
    for (const std::size_t ring : rrp_.rings_for_mcast()) looped = send_all_on(ring, frame) || looped;
  if (loop == Loop::kYes && looped) own_.add(frame);
}

// Unspecified: not known.
const IpAddress& UdpTransport::address_of(const Processor& target, std::size_t ring) const {
  if (target.address[0].specified() && ring < kMaxRings) return target.address[ring];
  return look_up_address(target);
}

[[gnu::noinline]] const IpAddress& UdpTransport::look_up_address(const Processor& target) const {
  static constexpr IpAddress kUnknown;
  if (target.address[0].specified()) return kUnknown;
  if (const auto known = settings_.nodes.find(target.node_id); known != settings_.nodes.end()) return known->second;
  const auto heard = learned_.find(target.node_id);
  return heard == learned_.end() ? kUnknown : heard->second;
}

void UdpTransport::send_token_on(std::size_t index, std::span<const std::byte> frame) {
  const Ring& ring = rings_[index];
  if (target_is_me_) return send_token_to_self(index, frame);
  if (ring.bound != Bound::kAddress) return;
  const IpAddress& to = address_of(target_, index);
  if (to.specified()) host_.send_to(link_of(index), to, auth_.seal(frame, salt_));
}

[[gnu::noinline]] void UdpTransport::send_token_to_self(std::size_t ring, std::span<const std::byte> frame) {
  if (reaches_itself(rings_[ring])) own_.add_token(frame, ring);
}

[[gnu::flatten]] void UdpTransport::send_token(std::span<const std::byte> frame) {
  if (!running_) return;
  if (rings_.size() == 1) return send_token_on(0, frame);
  for (const std::size_t ring : rrp_.rings_for_token()) send_token_on(ring, frame);
}

// RR-13.
void UdpTransport::send_ring_test(std::size_t ring) {
  codec_.encode(RingTest{MessageType::kRingTest, static_cast<std::uint32_t>(ring), me_.node_id}, test_frame_);
  send_token_on(ring, test_frame_);
}

// --- receiving -------------------------------------------------------------------------------------------------------

// Corosync 3 knows node ids only; without a nodelist the addresses are those that frames come from.
void UdpTransport::learn(std::span<const std::byte> frame, const IpAddress& from) {
  if (profile_.processor_is_address || !settings_.nodes.empty()) return;
  Header header;
  if (!codec_.decode_header(frame, header).empty() || header.node_id == 0) return;
  // No ring has more; whoever makes ids up does not fill the memory.
  if (learned_.size() < kMaxProcessors || learned_.contains(header.node_id)) learned_[header.node_id] = from;
}

void UdpTransport::note_straight_up() {
  const bool learns = !profile_.processor_is_address && settings_.nodes.empty();
  const bool blocks = !settings_.multicast && settings_.block_unlisted;
  straight_up_ = !auth_.enabled() && !learns && !blocks && settings_.rrp_mode == RrpMode::kNone;
}

// UU-3.
bool UdpTransport::blocked(std::size_t ring, const IpAddress& from) const {
  if (settings_.multicast || !settings_.block_unlisted) return false;
  const std::vector<IpAddress>& peers = settings_.rings[ring].peers;
  return std::find(peers.begin(), peers.end(), from) == peers.end();
}

// Nearly every datagram of a single open ring goes straight up.
void UdpTransport::on_datagram(LinkIndex link, const IpAddress& from, std::span<const std::byte> bytes) {
  if (!running_ || link.index() >= rings_.size()) return;
  if (!straight_up_ || drained_ != 0 || flushing() || host_.waiting_datagrams() != 0)
    return examine_datagram(link.index(), from, bytes);
  // Own multicasts come through the loop, not from the network (TR-2, UD-1).
  const Ring& ring = rings_[link.index()];
  if (ring.bound == Bound::kAddress && from != ring.own) client_.on_frame(bytes, from);
}

[[gnu::noinline]] void UdpTransport::examine_datagram(std::size_t ring, const IpAddress& from,
                                                      std::span<const std::byte> bytes) {
  if (drained_ == 0)
    accept(ring, from, bytes);
  else
    --drained_;
  if (flushing()) take_kept_tokens();
}

void UdpTransport::accept(std::size_t index, const IpAddress& from, std::span<const std::byte> bytes) {
  const Ring& ring = rings_[index];
  if (ring.bound != Bound::kAddress || from == ring.own) return;
  if (blocked(index, from)) return;
  bool repeated = false;
  const auto frame = auth_.open(bytes, &repeated);
  if (!frame) {
    ++rejected_;
    if (profile_.processor_is_address && !repeated)
      host_.log(LogPriority::kWarning, "corosync", "[TOTEM ] Received message has invalid digest... ignoring.");
    return;
  }
  learn(*frame, from);
  if ((host_.waiting_datagrams() != 0 || !kept_tokens_.empty()) && keep_back(index, from, *frame)) return;
  dispatch(index, from, *frame);
}

void UdpTransport::dispatch(std::size_t ring, const IpAddress& from, std::span<const std::byte> frame) {
  if (settings_.rrp_mode == RrpMode::kNone) return client_.on_frame(frame, from);
  receive(ring, from, frame);
}

// M 5.9 step 4: what waits in the sockets is processed before a token, all but JOINs and LEAVEs (V-6, SRP-5.4). Before
// 2.4.3 the transport throws these away.
[[gnu::noinline]] bool UdpTransport::keep_back(std::size_t ring, const IpAddress& from,
                                               std::span<const std::byte> frame) {
  Header header;
  if (!codec_.decode_header(frame, header).empty()) return false;
  const bool token = header.type == MessageType::kOrfToken;
  if (token || (flushing() && header.type == MessageType::kCommitToken)) {
    if (!flushing() && !client_.takes_tokens()) return false;
    kept_tokens_.push_back({ring, from, {frame.begin(), frame.end()}});
    return true;
  }
  if (!flushing() || header.type != MessageType::kJoin || profile_.flush_passes_joins) return false;
  if (profile_.flush_drop_logged)
    host_.log(LogPriority::kWarning, "corosync",
              "[TOTEM ] JOIN or LEAVE message was thrown away during flush operation.");
  return true;
}

[[gnu::noinline]] void UdpTransport::take_kept_tokens() {
  if (host_.waiting_datagrams() != 0) return;
  const std::vector<KeptToken> tokens = std::exchange(kept_tokens_, {});
  for (const KeptToken& token : tokens) dispatch(token.ring, token.from, token.frame);
}

bool UdpTransport::drain() {
  drained_ = host_.waiting_datagrams();
  return drained_ != 0;
}

[[gnu::noinline]] void UdpTransport::receive(std::size_t ring, const IpAddress& from,
                                             std::span<const std::byte> frame) {
  Header header;
  if (!codec_.decode_header(frame, header).empty()) return client_.on_frame(frame, from);
  switch (header.type) {
    case MessageType::kOrfToken:
    case MessageType::kCommitToken:
      return rrp_.on_token(ring, token_number(codec_, header, frame), frame, from);
    case MessageType::kRingTest:
    case MessageType::kRingActivate:
      return receive_ring_test(ring, frame);
    default:
      rrp_.on_mcast(ring);
      return client_.on_frame(frame, from);
  }
}

void UdpTransport::pass_token_up(std::span<const std::byte> frame, const IpAddress& from) {
  client_.on_frame(frame, from);
}

// RR-13: round the ring until it is back at who sent it; the test then becomes the order to use the ring again.
void UdpTransport::receive_ring_test(std::size_t ring, std::span<const std::byte> frame) {
  RingTest message;
  if (!codec_.decode(frame, message).empty() || message.ring_number != ring) return;
  const bool back = message.originator == me_.node_id;
  if (message.type == MessageType::kRingActivate) {
    rrp_.on_activate(ring, message.originator);
    if (back) return;
  } else if (back) {
    message.type = MessageType::kRingActivate;
  }
  if (!back && went_round_lately(message)) return;
  codec_.encode(message, test_frame_);
  send_token_on(ring, test_frame_);
}

// A message whose originator has left the ring would be passed on for ever, and every one that the network doubles as
// well. Who tests does so once in the interval: what comes again sooner has been here.
bool UdpTransport::went_round_lately(const RingTest& message) {
  const Time now = deadlines_.now();
  const Duration interval = milliseconds(settings_.timers.rrp_autorecovery_check_timeout);
  if (ring_tests_.size() > kMaxProcessors)
    std::erase_if(ring_tests_, [&](const auto& test) { return now - test.second >= interval / 2; });
  const auto [passed, fresh] = ring_tests_.try_emplace({message.type, message.ring_number, message.originator}, now);
  if (fresh) return false;
  const bool lately = now - passed->second < interval / 2;
  if (!lately) passed->second = now;
  return lately;
}

void UdpTransport::on_deadline(Deadline which) {
  if (which == Deadline::kTransport0) return examine(0);
  if (which == Deadline::kTransport1) return examine(1);
  if (which != Deadline::kSelfToken) return rrp_.on_deadline(which);
  own_.take_tokens(
      [this](std::size_t ring, std::span<const std::byte> frame) { dispatch(ring, rings_[ring].own, frame); });
}

// CF-30: udpu's members may come and go.
void UdpTransport::reconfigure(const Plan& plan) {
  for (const PlannedLink& link : plan.links) {
    if (link.number >= settings_.rings.size()) continue;
    LinkConfig& ring = settings_.rings[link.number];
    if (ring.peers == link.config.peers) continue;
    const auto missing = [](const std::vector<IpAddress>& list, const IpAddress& address) {
      return std::find(list.begin(), list.end(), address) == list.end();
    };
    for (const IpAddress& peer : ring.peers)
      if (missing(link.config.peers, peer)) log(fmt::format("removing UDPU member {{{}}}", peer.text()));
    for (const IpAddress& peer : link.config.peers)
      if (missing(ring.peers, peer)) log(fmt::format("adding new UDPU member {{{}}}", peer.text()));
    ring.peers = link.config.peers;
    host_.open_link(link_of(link.number), ring, link_client_);
  }
  if (!plan.links.empty()) settings_.nodes = plan.links.front().addresses;
  note_straight_up();
}

std::vector<LinkStatus> UdpTransport::status() const {
  std::vector<LinkStatus> result;
  for (std::size_t i = 0; i < rings_.size(); ++i) {
    LinkStatus& link = result.emplace_back();
    link.number = static_cast<std::uint8_t>(i);
    link.own = rings_[i].bound == Bound::kLoopback ? IpAddress::v4(kLoopbackId) : rings_[i].own;
    link.text = rrp_.status(i);
    link.faulty = rrp_.faulty(i);
    if (i != 0) continue;
    // Corosync 3.1.7 shows 1410 for 1500 bytes: room for two MCAST headers is taken off, nothing for IP and UDP.
    const auto mtu = static_cast<std::uint32_t>(settings_.net_mtu - 2 * codec_.mcast_header_size());
    for (const auto& [id, address] : settings_.nodes) link.peers.push_back({id, address, true, false, mtu});
  }
  return result;
}

}  // namespace simcluster::membership
