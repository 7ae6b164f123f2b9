#include "sim/network/frame.h"

#include <cstring>
#include <new>

#include "engine/base/assert.h"

namespace simcluster::sim {

std::size_t Frame::wire_size() const {
  constexpr std::size_t kEthernet = 14;
  constexpr std::size_t kSmallest = 60;
  constexpr std::size_t kTransport = 8;  // UDP and ICMP headers are equally long
  if (header.kind == FrameKind::kArpRequest || header.kind == FrameKind::kArpReply) return kSmallest;
  const std::size_t ip = header.destination.family == IpAddress::Family::kV6 ? 40 : 20;
  const std::size_t size = header.fragments * (kEthernet + ip) + kTransport + size_;
  return size < kSmallest ? kSmallest : size;
}

FramePool::~FramePool() {
  for (void* block : blocks_) ::operator delete(block);
}

FrameRef FramePool::take(std::size_t size) {
  SIMCLUSTER_ASSERT(size <= kMaxPayload);
  const std::uint32_t size_class = size <= kSizes[0] ? 0 : size <= kSizes[1] ? 1 : 2;
  Frame* frame = free_[size_class];
  if (frame != nullptr) {
    free_[size_class] = frame->next_free_;
    frame->header = FrameHeader();
  } else {
    blocks_.push_back(::operator new(sizeof(Frame) + kSizes[size_class]));
    frame = new (blocks_.back()) Frame();
    frame->pool_ = this;
    frame->size_class_ = size_class;
  }
  frame->size_ = static_cast<std::uint32_t>(size);
  ++in_use_;
  return FrameRef(frame);
}

FrameRef FramePool::copy(const Frame& frame) {
  FrameRef other = take(frame.size_);
  other->header = frame.header;
  std::memcpy(other->data(), frame.data(), frame.size_);
  return other;
}

}  // namespace simcluster::sim
