#include "engine/agents/frame_pool.h"

#include <array>
#include <new>

namespace simcluster::agents {
namespace {

constexpr std::size_t kGranule = 64;
constexpr std::size_t kClasses = 64;  // frames up to 4 KiB are pooled

constexpr bool kPooling = SIMCLUSTER_SANITIZED == 0;  // let the sanitizer see every use after release

struct FreeFrame {
  FreeFrame* next;
};

// One per thread: runs are single-threaded and never share agents. Every block is an allocation of its own, so a frame
// may be released on another thread than it came from.
struct FramePool {
  std::array<FreeFrame*, kClasses> free_lists{};
  std::int64_t live = 0;

  ~FramePool() {
    for (FreeFrame* frame : free_lists) {
      while (frame != nullptr) {
        FreeFrame* next = frame->next;
        ::operator delete(frame);
        frame = next;
      }
    }
  }
};

thread_local FramePool pool;

constexpr std::size_t size_class(std::size_t size) { return (size + kGranule - 1) / kGranule - 1; }

}  // namespace

void* allocate_frame(std::size_t size) {
  ++pool.live;
  const std::size_t index = size_class(size);
  if (!kPooling || index >= kClasses) return ::operator new(size);
  if (FreeFrame* frame = pool.free_lists[index]) {
    pool.free_lists[index] = frame->next;
    return frame;
  }
  return ::operator new((index + 1) * kGranule);
}

void release_frame(void* frame, std::size_t size) noexcept {
  --pool.live;
  const std::size_t index = size_class(size);
  if (!kPooling || index >= kClasses) {
    ::operator delete(frame);
    return;
  }
  pool.free_lists[index] = new (frame) FreeFrame{pool.free_lists[index]};
}

std::int64_t live_frames() { return pool.live; }

}  // namespace simcluster::agents
