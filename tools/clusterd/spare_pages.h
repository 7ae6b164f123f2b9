// Frees pages that can be had again without memory of their own: such as hold zeros alone, and such as repeat one page
// over and over. libknet fills some 60 MiB so when it makes a handle, and uses little of it.
#pragma once

#include <cstddef>
#include <span>

#include "engine/base/error.h"

namespace simcluster::clusterd {

// Reads the same from `memory` (private and anonymous: the heap, what malloc got from mmap) before and after, byte for
// byte, whoever uses it: while a piece is looked at, the kernel holds up whoever writes there (userfaultfd), and lets
// them go on after that. Returns the bytes freed. An error where the kernel does not offer or allow this; the
// memory is then as it was. `memory` must not hold the stack or thread-local variables of the calling thread, nor what
// was spared before: that is a file's, whose pages come back with the file's content.
Result<std::size_t> spare_pages(std::span<std::byte> memory);

}  // namespace simcluster::clusterd
