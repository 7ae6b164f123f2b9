// Frames on the wire and the pool that they come from. A frame is written once by its sender and then shared, read
// only, by everybody who gets it; its memory goes back to the pool when the last one is done.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "engine/base/address.h"
#include "engine/base/assert.h"
#include "sim/network/mac_address.h"

namespace simcluster::sim {

enum class FrameKind : std::uint8_t { kArpRequest, kArpReply, kUdp, kEchoRequest, kEchoReply, kUnreachable };

// Ethernet, IP and UDP, ICMP or ARP header in one.
struct FrameHeader {
  MacAddress source_mac;
  MacAddress destination_mac;
  IpAddress source;       // ARP: sender protocol address
  IpAddress destination;  // ARP: target protocol address
  MacAddress arp_sender;
  MacAddress arp_target;
  FrameKind kind = FrameKind::kUdp;
  std::uint8_t hops_left = 64;
  std::uint16_t source_port = 0;       // ICMP: identifier
  std::uint16_t destination_port = 0;  // ICMP: sequence number
  std::uint16_t fragments = 1;         // IP fragments: one lost is all lost
  std::uint16_t fragment_size = 0;     // bytes of the largest one, IP header counted; of no meaning for one fragment
};

class FramePool;

class Frame {
 public:
  FrameHeader header;

  std::span<const std::byte> payload() const { return {data(), size_}; }
  std::span<std::byte> payload() { return {data(), size_}; }
  // Bytes on the wire, all headers counted.
  std::size_t wire_size() const {
    constexpr std::size_t kEthernet = 14;
    constexpr std::size_t kSmallest = 60;
    if (header.kind == FrameKind::kArpRequest || header.kind == FrameKind::kArpReply) return kSmallest;
    const std::size_t size = header.fragments * (kEthernet + ip_header()) + kTransport + size_;
    return size < kSmallest ? kSmallest : size;
  }
  // Bytes of its largest IP packet: what a medium's MTU limits.
  std::size_t packet_size() const {
    return header.fragments > 1 ? header.fragment_size : ip_header() + kTransport + size_;
  }

 private:
  friend class FramePool;
  friend class FrameRef;
  static constexpr std::size_t kTransport = 8;  // UDP and ICMP headers are equally long
  std::size_t ip_header() const { return header.destination.family == IpAddress::Family::kV6 ? 40 : 20; }
  const std::byte* data() const { return reinterpret_cast<const std::byte*>(this + 1); }
  std::byte* data() { return reinterpret_cast<std::byte*>(this + 1); }

  FramePool* pool_ = nullptr;
  Frame* next_free_ = nullptr;
  std::uint32_t size_ = 0;
  std::uint32_t references_ = 0;
  std::uint32_t size_class_ = 0;
};

// A shared handle of a frame. Not thread-safe.
class FrameRef {
 public:
  FrameRef() = default;
  explicit FrameRef(Frame* frame) : frame_(frame) {
    if (frame_ != nullptr) ++frame_->references_;
  }
  FrameRef(const FrameRef& other) : FrameRef(other.frame_) {}
  FrameRef(FrameRef&& other) noexcept : frame_(std::exchange(other.frame_, nullptr)) {}
  FrameRef& operator=(FrameRef other) noexcept {
    std::swap(frame_, other.frame_);
    return *this;
  }
  ~FrameRef() { drop(); }

  // Lets the frame go as a number, for the cookie of an event that is to own it; and takes it back.
  std::uint64_t release() { return reinterpret_cast<std::uintptr_t>(std::exchange(frame_, nullptr)); }
  static FrameRef taken_back(std::uint64_t released) {
    FrameRef ref;
    // NOLINTNEXTLINE(performance-no-int-to-ptr): it was one
    ref.frame_ = reinterpret_cast<Frame*>(static_cast<std::uintptr_t>(released));
    return ref;
  }

  explicit operator bool() const { return frame_ != nullptr; }
  Frame& operator*() const { return *frame_; }
  Frame* operator->() const { return frame_; }

 private:
  inline void drop();
  Frame* frame_ = nullptr;
};

// Keeps frames by size and hands them out again: no allocation in the steady state. Nothing may be done with a frame
// when it has died.
class FramePool {
 public:
  FramePool() = default;
  ~FramePool();
  FramePool(const FramePool&) = delete;
  FramePool& operator=(const FramePool&) = delete;

  // A frame with this header and a payload of `size` bytes of unknown content. At most kMaxPayload.
  FrameRef take(std::size_t size, const FrameHeader& header = kEmpty) {
    SIMCLUSTER_ASSERT(size <= kMaxPayload);
    const std::uint32_t size_class = size <= kSizes[0] ? 0 : size <= kSizes[1] ? 1 : 2;
    Frame* frame = free_[size_class];
    if (frame != nullptr)
      free_[size_class] = frame->next_free_;
    else
      frame = allocate(size_class);
    frame->header = header;
    frame->size_ = static_cast<std::uint32_t>(size);
    ++in_use_;
    return FrameRef(frame);
  }
  FrameRef copy(const Frame& frame) { return copy(frame, frame.size_); }
  // With the first `size` bytes of its payload only.
  FrameRef copy(const Frame& frame, std::size_t size);
  // Frames that somebody holds.
  std::size_t in_use() const { return in_use_; }
  // Frames that were ever allocated.
  std::size_t allocated() const { return blocks_.size(); }

  static constexpr std::size_t kMaxPayload = 65'507;

 private:
  friend class FrameRef;
  void give_back(Frame* frame) {
    frame->next_free_ = free_[frame->size_class_];
    free_[frame->size_class_] = frame;
    --in_use_;
  }
  Frame* allocate(std::uint32_t size_class);
  static constexpr FrameHeader kEmpty{};  // copied as it stands, not made first and then copied
  static constexpr std::array<std::size_t, 3> kSizes{256, 2048, 65'536};

  std::array<Frame*, kSizes.size()> free_{};
  std::vector<void*> blocks_;
  std::size_t in_use_ = 0;
};

inline void FrameRef::drop() {
  if (frame_ != nullptr && --frame_->references_ == 0) frame_->pool_->give_back(frame_);
}

}  // namespace simcluster::sim
