#include "engine/membership/packing.h"

#include <algorithm>
#include <utility>

#include <fmt/core.h>

#include "engine/membership/wire.h"

namespace simcluster::membership {

// PG-7.
bool Packer::has_room(std::size_t message_size) const {
  const std::size_t needed = (message_size + 8) / (net_mtu_ - 8 - 16) + 1;
  return srp_.queue_free() > needed;
}

bool Packer::send(std::string_view group, std::span<const std::byte> message) {
  if (!has_room(message.size())) return false;
  {
    Writer w(whole_, 4 + group.size() + message.size());
    w.u16(1);
    w.u16(static_cast<std::uint16_t>(group.size()));
    w.text(group);
    w.bytes(message);
  }
  append(staging(), whole_);
  srp_.cancel_hold();  // PG-10
  return true;
}

// PG-5, PG-6.
void Packer::append(Staging& staging, std::span<const std::byte> message) {
  // Room for at least a few bytes of a first fragment; a nearly full buffer goes at once.
  constexpr std::size_t kSmallest = 64;
  if (usable() < staging.data.size() + 2 * (staging.lengths.size() + 1) + kSmallest) hand_over(staging, 0);
  const auto whole = message;
  const std::uint64_t first_packet = packets_;
  while (true) {
    const std::size_t room = usable() - 2 * (staging.lengths.size() + 1) - 2 - staging.data.size();
    const bool complete = message.size() < room;
    const auto part = complete ? message : message.first(room);
    staging.data.insert(staging.data.end(), part.begin(), part.end());
    staging.lengths.push_back(static_cast<std::uint16_t>(part.size()));
    message = message.subspan(part.size());
    if (message.empty()) {
      if (&staging == &normal_ && packets_ != first_packet)
        fragmented_.push_back({std::vector<std::byte>(whole.begin(), whole.end()), first_packet, packets_});
      if (!complete) return hand_over(staging, 0);
      staging.next_fragment = 1;
      return;
    }
    const std::uint8_t number = staging.next_fragment;
    staging.next_fragment = number == 255 ? std::uint8_t{1} : static_cast<std::uint8_t>(number + 1);
    hand_over(staging, number);
  }
}

void Packer::hand_over(Staging& staging, std::uint8_t fragmented) {
  std::vector<std::byte> payload;
  {
    Writer w(payload, 8 + 2 * staging.lengths.size() + staging.data.size());
    w.u16(0);
    w.u16(0);
    w.u8(fragmented);
    w.u8(staging.continuation);
    w.u16(static_cast<std::uint16_t>(staging.lengths.size()));
    for (const std::uint16_t length : staging.lengths) w.u16(length);
    w.bytes(staging.data);
  }
  staging.continuation = fragmented;
  staging.lengths.clear();
  staging.data.clear();
  const bool transitional = &staging == &transitional_;
  srp_.queue_message(std::move(payload), transitional);
  if (transitional) return;
  ++packets_;
  prune_fragmented();
}

void Packer::prune_fragmented() {
  const std::uint64_t sent = packets_ - srp_.ordinary_queue_size();
  while (!fragmented_.empty() && fragmented_.front().last_packet < sent) fragmented_.pop_front();
}

void Packer::flush_staged() {
  if (srp_.queue_free() != 0) hand_over(staging(), 0);
}

void Packer::on_new_ring() {
  transitional_ = {};
  if (!normal_.lengths.empty()) hand_over(normal_, 0);
  prune_fragmented();
  const std::uint64_t sent = packets_ - srp_.ordinary_queue_size();
  const auto packets = srp_.take_queued_messages();
  std::vector<std::vector<std::byte>> messages;
  // The message that is partly on the wire.
  if (!fragmented_.empty() && fragmented_.front().first_packet < sent)
    messages.push_back(std::move(fragmented_.front().whole));
  bool skip_tail = !messages.empty();
  std::vector<std::byte> partial;
  for (const auto& packet : packets) {
    Reader r(packet);
    r.u32();
    const bool cut_at_end = r.u8() != 0;
    r.u8();
    std::vector<std::size_t> lengths(r.u16());
    for (std::size_t& length : lengths) length = r.u16();
    for (std::size_t i = 0; i < lengths.size(); ++i) {
      const auto piece = r.bytes(lengths[i]);
      if (!skip_tail) partial.insert(partial.end(), piece.begin(), piece.end());
      if (i + 1 == lengths.size() && cut_at_end) continue;
      if (!skip_tail) messages.push_back(std::exchange(partial, {}));
      skip_tail = false;
    }
  }
  fragmented_.clear();
  normal_ = {};
  packets_ = 0;
  for (const auto& message : messages) append(normal_, message);
}

void Packer::transitional_done() {
  if (!transitional_.lengths.empty()) hand_over(transitional_, 0);
  srp_.transitional_done();
}

bool Assembler::parse(const Processor& from, std::span<const std::byte> payload, Packet& packet) {
  Reader r(payload);
  r.u16();
  r.u16();
  packet.fragmented = r.u8();
  packet.continuation = r.u8();
  const std::size_t count = r.u16();
  std::size_t sum = 0;
  if (!r.failed() && r.left() >= 2 * count) {
    for (std::size_t i = 0; i < count; ++i) {
      packet.lengths.push_back(r.u16());
      sum += packet.lengths.back();
    }
    packet.data = r.rest();
    if (packet.data.size() == sum && count != 0) return true;
    host_.log(LogPriority::kWarning, "corosync",
              fmt::format("[TOTEM ] Message (totempg_mcast) received from node {} doesn't have expected length of {} "
                          "(has {}) bytes...  Ignoring.",
                          from.node_id, 8 + 2 * count + sum, payload.size()));
    return false;
  }
  host_.log(
      LogPriority::kWarning, "corosync",
      fmt::format("[TOTEM ] Message (totempg_mcast) received from node {} is too short...  Ignoring.", from.node_id));
  return false;
}

// PG-11.
void Assembler::receive(const Processor& from, std::span<const std::byte> payload) {
  Packet packet;
  if (!parse(from, payload, packet)) return;
  Buffer& buffer = buffers_[{from, transitional_}];
  bool deliver_pieces = true;
  if (buffer.throw_away && packet.fragmented <= 1) {
    buffer.throw_away = false;
    buffer.last_fragment = packet.fragmented;
    deliver_pieces = false;
  } else if (packet.continuation == buffer.last_fragment && !buffer.throw_away) {
    buffer.last_fragment = packet.fragmented;
  } else {
    buffer.throw_away = true;
    buffer.last_fragment = packet.fragmented;
    deliver_pieces = false;
  }
  const std::size_t complete = packet.lengths.size() - (packet.fragmented != 0 ? 1 : 0);
  std::size_t at = 0;
  // Delivering may change the buffers (a configuration never does in between, but a client may send): work on a copy
  // of what the buffer held.
  std::vector<std::byte> first = std::move(buffer.data);
  buffer.data = {};
  if (packet.fragmented != 0) {
    const auto tail = packet.data.last(packet.lengths.back());
    if (complete == 0 && deliver_pieces) buffer.data = std::move(first);
    buffer.data.insert(buffer.data.end(), tail.begin(), tail.end());
    if (buffer.data.size() > kMaxUnfinished) {
      buffer.data = {};
      buffer.throw_away = true;
    }
  }
  if (!deliver_pieces) return;
  for (std::size_t i = 0; i < complete; ++i) {
    const auto piece = packet.data.subspan(at, packet.lengths[i]);
    at += packet.lengths[i];
    if (i == 0 && !first.empty()) {
      first.insert(first.end(), piece.begin(), piece.end());
      deliver(from, first);
    } else {
      deliver(from, piece);
    }
  }
}

void Assembler::deliver(const Processor& from, std::span<const std::byte> whole) {
  Reader lengths(whole);
  const std::size_t groups = lengths.u16();
  Reader rest = lengths;
  std::size_t names_size = 0;
  for (std::size_t i = 0; i < groups; ++i) names_size += rest.u16();
  Reader names = rest;
  rest.bytes(names_size);
  if (rest.failed()) return;
  const auto message = rest.rest();
  for (std::size_t i = 0; i < groups; ++i) client_.on_group_message(names.text(lengths.u16()), from, message);
}

void Assembler::forget(const ProcessorList& left) {
  for (const Processor& p : left) {
    buffers_.erase({p, false});
    buffers_.erase({p, true});
  }
}

}  // namespace simcluster::membership
