#include "engine/membership/udp_transport.h"

#include <utility>

#include <fmt/format.h>

namespace simcluster::membership {

namespace {

constexpr LinkIndex kLink{0};
constexpr Duration kStartDelay = milliseconds(100);  // SRP-2.1
constexpr Duration kSelfDelay = microseconds(20);    // through the kernel and back
constexpr Deadline kInterfaceCheck = Deadline::kTransport0;
constexpr std::uint32_t kLoopbackId = 2130706433;  // 127.0.0.1 (IF-3)

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
      auth_(settings_.key) {
  if (auth_.enabled()) salt_ = &host_.random("totem.salt");
}

void UdpTransport::log(std::string_view text) {
  host_.log(LogPriority::kNotice, "corosync", fmt::format("[TOTEM ] {}", text));
}

void UdpTransport::start() {
  running_ = true;
  host_.open_link(kLink, settings_.link, link_client_);
  deadlines_.arm(kInterfaceCheck, kStartDelay);
}

void UdpTransport::stop() {
  if (!running_) return;
  running_ = false;
  host_.close_link(kLink);
  deadlines_.cancel(kInterfaceCheck);
  deadlines_.cancel(Deadline::kSelfToken);
  loop_.clear();
  self_tokens_.clear();
}

void UdpTransport::on_link_state(LinkIndex, bool usable, const IpAddress& own_address) {
  address_present_ = usable;
  if (usable) own_address_ = own_address;
  // Nothing more: the interface is looked at only when IF-1 says so.
}

Processor UdpTransport::processor(const IpAddress& own) const {
  Processor p;
  p.node_id = settings_.node_id;
  if (p.node_id == 0) p.node_id = own.v4_value();
  if (settings_.clear_high_bit && settings_.node_id == 0) p.node_id &= 0x7fffffff;
  if (profile_.processor_is_address) p.address[0] = own;
  return p;
}

// IF-3, IF-10.
void UdpTransport::examine() {
  if (!running_) return;
  if (address_present_) {
    if (bound_ != Bound::kAddress) return interface_up();
    if (ring_size_ <= 1) deadlines_.arm(kInterfaceCheck, milliseconds(settings_.downcheck));
    return;
  }
  if (bound_ != Bound::kLoopback) interface_down();
  deadlines_.arm(kInterfaceCheck, milliseconds(settings_.downcheck));
}

void UdpTransport::interface_up() {
  const bool back = bound_ == Bound::kLoopback;
  bound_ = Bound::kAddress;
  log(fmt::format("The network interface [{}] is now up.", own_address_.text()));
  if (!settings_.multicast)
    for (const IpAddress& peer : settings_.link.peers) log(fmt::format("adding new UDPU member {{{}}}", peer.text()));
  if (back && ring_size_ <= 1) deadlines_.arm(kInterfaceCheck, milliseconds(settings_.downcheck));
  me_ = processor(own_address_);
  client_.on_interface(me_);
}

void UdpTransport::interface_down() {
  const bool at_start = bound_ == Bound::kNothing;
  bound_ = Bound::kLoopback;
  log("The network interface is down.");
  if (!keeps_identity() || at_start) {
    if (!profile_.processor_is_address && settings_.node_id != 0) {
      me_ = processor({});  // IF-11: the identity is the node id
    } else {
      me_ = processor(IpAddress::v4(kLoopbackId));
    }
  }
  client_.on_interface(me_);
}

bool UdpTransport::reaches_itself() const {
  if (bound_ == Bound::kAddress) return address_present_;
  // IF-11: in Corosync 3 the token still goes to the configured address, which is not local any more.
  return keeps_identity() || profile_.processor_is_address;
}

void UdpTransport::send_mcast(std::span<const std::byte> frame) { send_all(frame, Loop::kNo); }

void UdpTransport::send_all(std::span<const std::byte> frame, Loop loop) {
  if (!running_) return;
  if (bound_ == Bound::kAddress) host_.send_all(kLink, auth_.seal(frame, salt_));
  if (loop == Loop::kNo) return;
  // IF-9a: udpu before 2.4.5 sends to its configured members only, and is none of them any more.
  if (bound_ == Bound::kLoopback && !settings_.multicast && !keeps_identity()) return;
  loop_.emplace_back(frame.begin(), frame.end());
}

IpAddress UdpTransport::address_of(const Processor& target) const {
  if (target.address[0].specified()) return target.address[0];
  if (const auto known = settings_.nodes.find(target.node_id); known != settings_.nodes.end()) return known->second;
  const auto heard = learned_.find(target.node_id);
  return heard == learned_.end() ? IpAddress{} : heard->second;
}

void UdpTransport::send_token(std::span<const std::byte> frame) {
  if (!running_) return;
  if (target_ == me_) {
    if (!reaches_itself()) return;
    self_tokens_.emplace_back(frame.begin(), frame.end());
    if (!deadlines_.armed(Deadline::kSelfToken)) deadlines_.arm(Deadline::kSelfToken, kSelfDelay);
    return;
  }
  if (bound_ != Bound::kAddress) return;
  const IpAddress to = address_of(target_);
  if (to.specified()) host_.send_to(kLink, to, auth_.seal(frame, salt_));
}

void UdpTransport::set_members(std::span<const Processor> members) {
  ring_size_ = members.size();
  // IF-1c.
  if (ring_size_ == 1 && !deadlines_.armed(kInterfaceCheck))
    deadlines_.arm(kInterfaceCheck, milliseconds(settings_.downcheck));
}

// Corosync 3 knows node ids only; without a nodelist the addresses are those that frames come from.
void UdpTransport::learn(std::span<const std::byte> frame, const IpAddress& from) {
  if (profile_.processor_is_address || !settings_.nodes.empty()) return;
  Header header;
  if (codec_.decode_header(frame, header).empty() && header.node_id != 0) learned_[header.node_id] = from;
}

void UdpTransport::on_datagram(LinkIndex, const IpAddress& from, std::span<const std::byte> bytes) {
  // Own multicasts come through the loop, not from the network (TR-2, UD-1).
  if (!running_ || bound_ != Bound::kAddress || same_address(from, own_address_)) return;
  const auto frame = auth_.open(bytes);
  if (!frame) {
    if (profile_.processor_is_address)
      host_.log(LogPriority::kWarning, "corosync", "[TOTEM ] Received message has invalid digest... ignoring.");
    return;
  }
  learn(*frame, from);
  client_.on_frame(*frame, from);
}

void UdpTransport::on_deadline(Deadline which) {
  if (which == kInterfaceCheck) return examine();
  if (which != Deadline::kSelfToken) return;
  std::vector<std::vector<std::byte>> tokens;
  tokens.swap(self_tokens_);
  for (const auto& token : tokens) client_.on_frame(token, own_address_);
}

void UdpTransport::drain_loop() {
  while (!loop_.empty()) {
    std::vector<std::vector<std::byte>> frames;
    frames.swap(loop_);
    for (const auto& frame : frames) client_.on_frame(frame, own_address_);
  }
}

}  // namespace simcluster::membership
