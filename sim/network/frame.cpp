#include "sim/network/frame.h"

#include <cstring>
#include <new>

namespace simcluster::sim {

FramePool::~FramePool() {
  for (void* block : blocks_) ::operator delete(block);
}

Frame* FramePool::allocate(std::uint32_t size_class) {
  blocks_.push_back(::operator new(sizeof(Frame) + kSizes[size_class]));
  Frame* frame = new (blocks_.back()) Frame();
  frame->pool_ = this;
  frame->size_class_ = size_class;
  return frame;
}

FrameRef FramePool::copy(const Frame& frame, std::size_t size) {
  SIMCLUSTER_ASSERT(size <= frame.size_);
  FrameRef other = take(size);
  other->header = frame.header;
  std::memcpy(other->data(), frame.data(), size);
  return other;
}

}  // namespace simcluster::sim
