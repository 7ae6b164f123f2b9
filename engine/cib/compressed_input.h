// Decompression of inputs in memory: pe-input-*.bz2 and the like. Bytes in, bytes out; reading files is the caller's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/error.h"

namespace simcluster::cib {

enum class Compression : std::uint8_t { kNone, kBzip2, kXz, kGzip };

// By the ending of a file name: .bz2, .xz, .gz (S1 C-1.2 for .bz2).
Compression compression_by_name(std::string_view file_name);
// By the first bytes, for streams without a name.
Compression compression_by_content(std::string_view bytes);

// The bytes as they were before compression; several streams one after another are joined, as the tools do. Corrupt or
// truncated input is an error, and so is output above `limit` bytes. `file_name` is for messages.
Result<std::string> decompress(std::string_view bytes, Compression compression, std::string_view file_name,
                               std::size_t limit = std::size_t{1} << 30);

}  // namespace simcluster::cib
