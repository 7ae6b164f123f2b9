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

FrameRef FramePool::copy(const Frame& frame) {
  FrameRef other = take(frame.size_);
  other->header = frame.header;
  std::memcpy(other->data(), frame.data(), frame.size_);
  return other;
}

}  // namespace simcluster::sim
