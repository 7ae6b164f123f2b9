#include "engine/membership/knet_packets.h"

#include <algorithm>

#include "engine/membership/wire.h"

namespace simcluster::membership {

namespace {

constexpr std::uint8_t kVersion = 1;

// These headers are big-endian (WF-1).
std::uint16_t swap(std::uint16_t value) { return static_cast<std::uint16_t>(value << 8 | value >> 8); }

void put_header(Writer& w, KnetType type, std::uint16_t node_id) {
  w.u8(kVersion);
  w.u8(static_cast<std::uint8_t>(type));
  w.u16(swap(node_id));
  w.u8(kVersion);
  w.u8(0);
}

}  // namespace

std::size_t knet_hash_size(std::string_view hash) {
  if (hash == "md5") return 16;
  if (hash == "sha1") return 20;
  if (hash == "sha384") return 48;
  if (hash == "sha512") return 64;
  return hash == "sha256" ? 32 : 0;
}

void encode_knet_data(std::uint16_t node_id, const KnetData& data, std::vector<std::byte>& out) {
  Writer w(out, 14 + data.bytes.size());
  put_header(w, KnetType::kData, node_id);
  w.u16(swap(data.sequence));
  w.u8(0);
  w.u8(0);
  w.u8(0);
  w.u8(data.fragments);
  w.u8(data.fragment);
  w.u8(0);
  w.bytes(data.bytes);
}

void encode_knet_ping(KnetType type, std::uint16_t node_id, const KnetPing& ping, std::vector<std::byte>& out) {
  Writer w(out, 26);
  put_header(w, type, node_id);
  w.u8(ping.link);
  w.u64(ping.sent_at);
  w.u64(0);
  w.u16(swap(ping.sequence));
  w.u8(1);
}

void encode_knet_pmtud(KnetType type, std::uint16_t node_id, const KnetPmtud& pmtud, std::size_t packet_size,
                       std::vector<std::byte>& out) {
  Writer w(out, std::max(packet_size, kKnetPmtudSize));
  put_header(w, type, node_id);
  w.u8(pmtud.link);
  w.u16(swap(pmtud.size));
  if (packet_size > kKnetPmtudSize) w.zeros(packet_size - kKnetPmtudSize);
}

bool decode_knet_pmtud(std::span<const std::byte> packet, KnetPmtud& pmtud) {
  Reader r(packet);
  r.bytes(6);
  pmtud.link = r.u8();
  pmtud.size = swap(r.u16());
  return !r.failed();
}

bool decode_knet_header(std::span<const std::byte> packet, KnetHeader& header) {
  Reader r(packet);
  if (r.u8() != kVersion) return false;
  const std::uint8_t type = r.u8();
  header.type = static_cast<KnetType>(type);
  header.node_id = swap(r.u16());
  r.u16();
  return !r.failed() && (type == 0x00 || (type >= 0x81 && type <= 0x84));
}

bool decode_knet_data(std::span<const std::byte> packet, KnetData& data) {
  Reader r(packet);
  r.bytes(6);
  data.sequence = swap(r.u16());
  r.u16();
  r.u8();
  data.fragments = r.u8();
  data.fragment = r.u8();
  r.u8();
  if (r.failed() || data.fragments == 0 || data.fragment > data.fragments) return false;
  data.bytes = r.rest();
  return true;
}

bool decode_knet_ping(std::span<const std::byte> packet, KnetPing& ping) {
  Reader r(packet);
  r.bytes(6);
  ping.link = r.u8();
  ping.sent_at = r.u64();
  r.u64();
  ping.sequence = swap(r.u16());
  r.u8();
  return !r.failed();
}

bool DuplicateFilter::first_time(std::uint16_t sequence) {
  constexpr std::uint16_t kHalf = 32768;
  const auto ahead = static_cast<std::uint16_t>(sequence - newest_);
  const auto behind = static_cast<std::uint16_t>(newest_ - sequence);
  // Far behind: the sender has started anew.
  if (!started_ || (ahead >= kHalf && behind >= kWindow)) {
    seen_.reset();
    started_ = true;
    newest_ = sequence;
    seen_.set(sequence % kWindow);
    return true;
  }
  if (ahead != 0 && ahead < kHalf) {
    if (ahead >= kWindow) seen_.reset();
    for (std::uint16_t i = 1; i <= ahead && ahead < kWindow; ++i)
      seen_.reset(static_cast<std::uint16_t>(newest_ + i) % kWindow);
    newest_ = sequence;
  } else if (seen_.test(sequence % kWindow)) {
    return false;
  }
  seen_.set(sequence % kWindow);
  return true;
}

std::optional<std::span<const std::byte>> Reassembly::add(const KnetData& data) {
  if (data.fragment == 0 || data.fragments == 1) return data.bytes;
  if (open_.size() >= kMaxOpen && !open_.contains(data.sequence)) {
    const auto oldest = std::min_element(open_.begin(), open_.end(),
                                         [](const auto& a, const auto& b) { return a.second.order < b.second.order; });
    open_.erase(oldest);
  }
  Open& open = open_[data.sequence];
  if (open.pieces.size() != data.fragments) {
    open.pieces.assign(data.fragments, {});
    open.missing = data.fragments;
    open.order = ++order_;
  }
  auto& piece = open.pieces[data.fragment - 1U];
  if (!piece.empty() || data.bytes.empty()) return std::nullopt;
  piece.assign(data.bytes.begin(), data.bytes.end());
  if (--open.missing != 0) return std::nullopt;
  whole_.clear();
  for (const auto& part : open.pieces) whole_.insert(whole_.end(), part.begin(), part.end());
  open_.erase(data.sequence);
  return whole_;
}

}  // namespace simcluster::membership
