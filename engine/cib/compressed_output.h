// Compression in memory, for what is kept as pe-input-*.bz2.
#pragma once

#include <string>
#include <string_view>

namespace simcluster::cib {

// One bzip2 stream.
std::string compress_bzip2(std::string_view bytes);

}  // namespace simcluster::cib
