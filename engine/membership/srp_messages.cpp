#include "engine/membership/srp_messages.h"

#include <algorithm>

#include "engine/base/assert.h"
#include "engine/membership/wire.h"

namespace simcluster::membership {

namespace {

// The token is written and read at every hop: what it consists of is inlined into one run of plain stores and loads,
// for each generation, without checks but for the one of its length.

constexpr std::uint16_t kMagic = 0xC070;  // Corosync 3
constexpr std::uint8_t kVersion = 3;
constexpr std::uint16_t kEndianDetector = 0xff22;  // before
constexpr std::uint16_t kFamilyV4 = 2;
constexpr std::uint16_t kFamilyV6 = 10;

[[gnu::always_inline]] constexpr bool by_id(Generation g) { return g == Generation::kNodeIds; }

constexpr std::size_t kIpSize = 22;
[[gnu::always_inline]] constexpr std::size_t processor_size(Generation g) {
  return by_id(g) ? 4 : 1 + kMaxRings * kIpSize;
}
[[gnu::always_inline]] constexpr std::size_t ring_size(Generation g) { return by_id(g) ? 12 : kIpSize + 8; }
[[gnu::always_inline]] constexpr std::size_t header_size_of(Generation g) { return by_id(g) ? 13 : 8; }

template <class W>
[[gnu::always_inline]] inline void put_header(W& w, Generation g, MessageType type, std::uint8_t encapsulated,
                                              std::uint32_t node_id) {
  if (by_id(g)) {
    w.u16(kMagic);
    w.u8(kVersion);
    w.u8(static_cast<std::uint8_t>(type));
    w.u8(encapsulated);
    w.u32(node_id);
    w.u32(0);
    return;
  }
  w.u8(static_cast<std::uint8_t>(type));
  w.u8(encapsulated);
  w.u16(kEndianDetector);
  w.u32(node_id);
}

template <class W>
[[gnu::always_inline]] inline void put_ip(W& w, std::uint32_t node_id, const IpAddress& address) {
  w.u32(node_id);
  w.u16(address.family == IpAddress::Family::kV4   ? kFamilyV4
        : address.family == IpAddress::Family::kV6 ? kFamilyV6
                                                   : std::uint16_t{0});
  w.bytes(std::as_bytes(std::span(address.bytes)));
}

// False for an address family that does not exist.
template <class R>
[[gnu::always_inline]] inline bool get_ip(R& r, std::uint32_t& node_id, IpAddress& address) {
  node_id = r.u32();
  const std::uint16_t family = r.u16();
  const auto bytes = r.bytes(address.bytes.size());
  if (r.failed()) return false;
  std::memcpy(address.bytes.data(), bytes.data(), bytes.size());
  if (family == kFamilyV4)
    address.family = IpAddress::Family::kV4;
  else if (family == kFamilyV6)
    address.family = IpAddress::Family::kV6;
  else
    address = {};
  return family == 0 || family == kFamilyV4 || family == kFamilyV6;
}

template <class W>
[[gnu::always_inline]] inline void put_processor(W& w, Generation g, const Processor& p) {
  if (by_id(g)) return w.u32(p.node_id);
  std::uint8_t count = 0;
  for (const IpAddress& address : p.address) count = static_cast<std::uint8_t>(count + (address.specified() ? 1 : 0));
  w.u8(count);
  for (const IpAddress& address : p.address) put_ip(w, p.node_id, address);
}

template <class R>
[[gnu::always_inline]] inline bool get_processor(R& r, Generation g, Processor& p) {
  if (by_id(g)) {
    p = {};
    p.node_id = r.u32();
    return !r.failed();
  }
  bool good = r.u8() <= kMaxRings;
  std::uint32_t ignored = 0;
  good = get_ip(r, p.node_id, p.address[0]) && good;
  return get_ip(r, ignored, p.address[1]) && good && p.address[0].specified();
}

template <class W>
[[gnu::always_inline]] inline void put_ring(W& w, Generation g, const Ring& ring) {
  if (by_id(g))
    w.u32(ring.representative.node_id);
  else
    put_ip(w, ring.representative.node_id, ring.representative.address[0]);
  w.u64(ring.sequence);
}

template <class R>
[[gnu::always_inline]] inline bool get_ring(R& r, Generation g, Ring& ring) {
  bool good = true;
  if (by_id(g))
    ring.representative.node_id = r.u32();
  else
    good = get_ip(r, ring.representative.node_id, ring.representative.address[0]);
  ring.sequence = r.u64();
  return good && !r.failed();
}

}  // namespace

Codec::Codec(Generation generation) : generation_(generation) {
  std::vector<std::byte> header;
  Writer w(header, header_size());
  put_header(w, generation, MessageType::kOrfToken, 0, 0);
  std::copy_n(header.begin(), token_start_.size(), token_start_.begin());
}

std::size_t Codec::header_size() const { return header_size_of(generation_); }

std::size_t Codec::mcast_header_size() const {
  return header_size() + processor_size(generation_) + 4 + 4 + ring_size(generation_) + 4 + 4;
}

std::size_t Codec::join_size(std::size_t entries) const {
  return header_size() + processor_size(generation_) + 4 + 4 + 8 + processor_size(generation_) * entries;
}

namespace {

// Read before any is written: so they move all at once, the processor's memory and the frame's being different.
void put_four(PlainWriter& w, std::uint32_t a, std::uint32_t b, std::uint32_t c, std::uint32_t d) {
  w.u32(a);
  w.u32(b);
  w.u32(c);
  w.u32(d);
}
void get_four(PlainReader& r, std::uint32_t& a, std::uint32_t& b, std::uint32_t& c, std::uint32_t& d) {
  const std::uint32_t first = r.u32();
  const std::uint32_t second = r.u32();
  const std::uint32_t third = r.u32();
  const std::uint32_t fourth = r.u32();
  a = first;
  b = second;
  c = third;
  d = fourth;
}

constexpr std::size_t merge_detect_size(Generation g) { return header_size_of(g) + processor_size(g) + ring_size(g); }
constexpr std::size_t request_size(Generation g) { return ring_size(g) + 4; }
constexpr std::size_t token_size(Generation g) { return header_size_of(g) + 32 + ring_size(g); }

template <Generation kGeneration>
constexpr std::size_t size_of(const OrfToken& token) {
  return token_size(kGeneration) + (token.request_count == 0 ? 0 : token.request_count * request_size(kGeneration));
}

template <Generation kGeneration>
void put_token(const OrfToken& token, std::vector<std::byte>& out) {
  const std::size_t size = size_of<kGeneration>(token);
  if (out.size() != size) out.resize(size);
  PlainWriter w(out.data());
  put_header(w, kGeneration, MessageType::kOrfToken, 0, token.sender);
  put_four(w, token.seq, token.token_seq, token.aru, token.aru_addr);
  put_ring(w, kGeneration, token.ring);
  put_four(w, token.backlog, token.fcc, token.retrans_flg, token.request_count);
  for (std::size_t i = 0; i < token.request_count; ++i) {
    put_ring(w, kGeneration, token.requests[i].ring);
    w.u32(token.requests[i].seq);
  }
  SIMCLUSTER_ASSERT(w.at() == out.data() + size);
}

constexpr std::string_view kTokenTooShort = "Received orf_token message is too short...  ignoring.";

template <Generation kGeneration>
std::string_view get_token(std::span<const std::byte> frame, OrfToken& token) {
  if (frame.size() < token_size(kGeneration)) return kTokenTooShort;
  PlainReader r(frame.data());
  r.bytes(by_id(kGeneration) ? 5 : 4);
  token.sender = r.u32();
  if (by_id(kGeneration)) r.u32();
  get_four(r, token.seq, token.token_seq, token.aru, token.aru_addr);
  if (!get_ring(r, kGeneration, token.ring)) return kTokenTooShort;
  get_four(r, token.backlog, token.fcc, token.retrans_flg, token.request_count);
  if (token.request_count > kMaxRetransmitRequests)
    return "Received orf_token message rtr_entries is corrupted...  ignoring.";
  if (frame.size() < size_of<kGeneration>(token)) return kTokenTooShort;
  for (std::size_t i = 0; i < token.request_count; ++i) {
    if (!get_ring(r, kGeneration, token.requests[i].ring)) return kTokenTooShort;
    token.requests[i].seq = r.u32();
  }
  return {};
}

}  // namespace

void Codec::encode(const OrfToken& token, std::vector<std::byte>& out) const {
  if (by_id(generation_))
    put_token<Generation::kNodeIds>(token, out);
  else
    put_token<Generation::kAddresses>(token, out);
}

void Codec::encode(const McastHeader& mcast, std::span<const std::byte> payload, std::vector<std::byte>& out) const {
  const Generation g = generation_;
  Writer w(out, mcast_header_size() + payload.size());
  put_header(w, g, MessageType::kMcast, mcast.header.encapsulated, mcast.header.node_id);
  put_processor(w, g, mcast.from);
  w.u32(mcast.seq);
  w.u32(mcast.this_seqno);
  put_ring(w, g, mcast.ring);
  w.u32(0);
  w.u32(0);
  w.bytes(payload);
}

void Codec::encode(const MergeDetect& message, std::vector<std::byte>& out) const {
  const Generation g = generation_;
  out.resize(merge_detect_size(g));
  PlainWriter w(out.data());
  put_header(w, g, MessageType::kMergeDetect, 0, message.from.node_id);
  put_processor(w, g, message.from);
  put_ring(w, g, message.ring);
  SIMCLUSTER_ASSERT(w.at() == out.data() + out.size());
}

void Codec::encode(const Join& join, std::vector<std::byte>& out) const {
  Writer w(out, join_size(join.proc.size() + join.failed.size()));
  put_header(w, generation_, MessageType::kJoin, 0, join.header_node_id);
  put_processor(w, generation_, join.from);
  w.u32(static_cast<std::uint32_t>(join.proc.size()));
  w.u32(static_cast<std::uint32_t>(join.failed.size()));
  w.u64(join.ring_seq);
  for (const Processor& p : join.proc) put_processor(w, generation_, p);
  for (const Processor& p : join.failed) put_processor(w, generation_, p);
}

void Codec::encode(const CommitToken& token, std::uint32_t sender, std::vector<std::byte>& out) const {
  const Generation g = generation_;
  Writer w(out, 0);
  put_header(w, g, MessageType::kCommitToken, 0, sender);
  w.u32(token.token_seq);
  put_ring(w, g, token.ring);
  w.u32(token.retrans_flg);
  w.u32(token.memb_index);
  w.u32(static_cast<std::uint32_t>(token.addr.size()));
  for (const Processor& p : token.addr) put_processor(w, g, p);
  for (const CommitEntry& entry : token.entries) {
    put_ring(w, g, entry.ring);
    w.u32(entry.aru);
    w.u32(entry.high_delivered);
    w.u32(entry.received_flg);
  }
}

void Codec::encode(const HoldCancel& message, std::uint32_t sender, std::vector<std::byte>& out) const {
  Writer w(out, header_size() + ring_size(generation_));
  put_header(w, generation_, MessageType::kHoldCancel, 0, sender);
  put_ring(w, generation_, message.ring);
}

void Codec::encode(const RingTest& message, std::vector<std::byte>& out) const {
  Writer w(out, 12);
  w.u8(static_cast<std::uint8_t>(message.type));
  w.u8(0);
  w.u16(kEndianDetector);
  w.u32(message.ring_number);
  w.u32(message.originator);
}

std::string_view Codec::decode_header(std::span<const std::byte> frame, Header& header) const {
  Reader r(frame);
  if (by_id(generation_)) {
    if (frame.size() < header_size()) return "is too short...  Ignoring";
    if (r.u16() != kMagic) return "has bad magic number";
    if (r.u8() != kVersion) return "has unsupported version";
    const std::uint8_t type = r.u8();
    if (type > static_cast<std::uint8_t>(MessageType::kHoldCancel)) return "has wrong type...  ignoring";
    header.type = static_cast<MessageType>(type);
    header.encapsulated = r.u8();
    header.node_id = r.u32();
    return {};
  }
  if (frame.size() < header_size()) return "Received message is too short...  ignoring";
  const std::uint8_t type = r.u8();
  header.encapsulated = r.u8();
  // Anything else is no message of this generation, or one of the other byte order, which no supported machine sends.
  if (r.u16() != kEndianDetector || type > static_cast<std::uint8_t>(MessageType::kRingActivate))
    return "Type of received message is wrong...  ignoring";
  header.type = static_cast<MessageType>(type);
  header.node_id = r.u32();
  return {};
}

std::string_view Codec::decode(std::span<const std::byte> frame, OrfToken& token) const {
  if (frame.size() > kMaxTokenSize) return "Received orf_token message is too long...  ignoring.";
  return by_id(generation_) ? get_token<Generation::kNodeIds>(frame, token)
                            : get_token<Generation::kAddresses>(frame, token);
}

std::string_view Codec::decode(std::span<const std::byte> frame, McastHeader& mcast,
                               std::span<const std::byte>& payload) const {
  constexpr std::string_view kTooShort = "Received mcast message is too short...  ignoring.";
  if (const auto error = decode_header(frame, mcast.header); !error.empty()) return error;
  Reader r(frame);
  r.bytes(header_size());
  if (!get_processor(r, generation_, mcast.from)) return kTooShort;
  mcast.seq = r.u32();
  mcast.this_seqno = r.u32();
  if (!get_ring(r, generation_, mcast.ring)) return kTooShort;
  r.u32();
  r.u32();
  if (r.failed()) return kTooShort;
  payload = r.rest();
  return {};
}

std::string_view Codec::decode(std::span<const std::byte> frame, MergeDetect& message) const {
  constexpr std::string_view kTooShort = "Received memb_merge_detect message is too short...  ignoring.";
  if (frame.size() < merge_detect_size(generation_)) return kTooShort;
  PlainReader r(frame.data() + header_size());
  const bool good = get_processor(r, generation_, message.from) && get_ring(r, generation_, message.ring);
  return good ? std::string_view() : kTooShort;
}

std::string_view Codec::decode(std::span<const std::byte> frame, Join& join) const {
  constexpr std::string_view kTooShort = "Received memb_join message is too short...  ignoring.";
  Header header;
  if (const auto error = decode_header(frame, header); !error.empty()) return error;
  join.header_node_id = header.node_id;
  Reader r(frame);
  r.bytes(header_size());
  if (!get_processor(r, generation_, join.from)) return kTooShort;
  const std::uint32_t procs = r.u32();
  const std::uint32_t fails = r.u32();
  join.ring_seq = r.u64();
  if (r.failed()) return kTooShort;
  // 2^63 configurations do not happen: damaged on the way, and nothing could ever be agreed on after it.
  if (join.ring_seq >> 63 != 0) return kTooShort;
  if (procs > kMaxProcessors || fails > kMaxProcessors) return kTooManyEntries;
  join.proc.clear();
  join.failed.clear();
  Processor p;
  for (std::uint32_t i = 0; i < procs; ++i) {
    if (!get_processor(r, generation_, p)) return kTooShort;
    add(join.proc, p);
  }
  for (std::uint32_t i = 0; i < fails; ++i) {
    if (!get_processor(r, generation_, p)) return kTooShort;
    add(join.failed, p);
  }
  // A LEAVE names its sender last among the failed (M 3); one without any is not from us.
  if (join.leave() && join.failed.empty()) return kTooShort;
  return {};
}

std::string_view Codec::decode(std::span<const std::byte> frame, CommitToken& token) const {
  constexpr std::string_view kTooShort = "Received memb_commit_token message is too short...  ignoring.";
  const Generation g = generation_;
  Reader r(frame);
  r.bytes(header_size());
  token.token_seq = r.u32();
  if (!get_ring(r, g, token.ring)) return kTooShort;
  token.retrans_flg = r.u32();
  token.memb_index = r.u32();
  const std::uint32_t entries = r.u32();
  if (r.failed() || entries == 0 || entries > kMaxProcessors || token.memb_index > entries) return kTooShort;
  token.addr.resize(entries);
  token.entries.resize(entries);
  for (Processor& p : token.addr)
    if (!get_processor(r, g, p)) return kTooShort;
  // SRP-6.1: ascending, each once.
  for (std::size_t i = 1; i < token.addr.size(); ++i)
    if (!(token.addr[i - 1] < token.addr[i])) return kTooShort;
  for (CommitEntry& entry : token.entries) {
    if (!get_ring(r, g, entry.ring)) return kTooShort;
    entry.aru = r.u32();
    entry.high_delivered = r.u32();
    entry.received_flg = r.u32();
  }
  return r.failed() ? kTooShort : std::string_view();
}

std::string_view Codec::decode(std::span<const std::byte> frame, HoldCancel& message) const {
  Reader r(frame);
  r.bytes(header_size());
  if (!get_ring(r, generation_, message.ring)) return "Received token_hold_cancel message is too short...  ignoring.";
  return {};
}

std::string_view Codec::decode(std::span<const std::byte> frame, RingTest& message) const {
  Reader r(frame);
  message.type = static_cast<MessageType>(r.u8());
  r.u8();
  r.u16();
  message.ring_number = r.u32();
  message.originator = r.u32();
  return r.failed() ? std::string_view("Received message is too short...  ignoring") : std::string_view();
}

}  // namespace simcluster::membership
