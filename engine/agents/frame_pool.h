// Memory of coroutine frames. An agent makes and drops a frame for every step that is a Task of its own, so frames are
// kept in lists by size and handed out again.
#pragma once

#include <cstddef>
#include <cstdint>

namespace simcluster::agents {

// Memory for a frame of `size` bytes, aligned for every type.
void* allocate_frame(std::size_t size);
// `size` must be what was asked for.
void release_frame(void* frame, std::size_t size) noexcept;

// Frames of this thread that are in use: allocated and not released. For tests that look for leaks.
std::int64_t live_frames();

}  // namespace simcluster::agents
