#include "engine/cib/compressed_output.h"

#include <array>

#include <bzlib.h>

#include "engine/base/assert.h"

namespace simcluster::cib {

std::string compress_bzip2(std::string_view bytes) {
  constexpr int kBlockSize = 9;  // times 100 kB, as the bzip2 program has it
  bz_stream stream{};
  SIMCLUSTER_ASSERT(BZ2_bzCompressInit(&stream, kBlockSize, 0, 0) == BZ_OK);
  std::string result;
  std::array<char, 65'536> piece;
  int code = BZ_RUN_OK;
  while (code != BZ_STREAM_END) {
    constexpr std::size_t kMostAtOnce = std::size_t{1} << 30;
    if (stream.avail_in == 0 && !bytes.empty()) {
      const std::string_view part = bytes.substr(0, kMostAtOnce);
      stream.next_in = const_cast<char*>(part.data());  // it is only read
      stream.avail_in = static_cast<unsigned>(part.size());
      bytes.remove_prefix(part.size());
    }
    stream.next_out = piece.data();
    stream.avail_out = static_cast<unsigned>(piece.size());
    code = BZ2_bzCompress(&stream, bytes.empty() ? BZ_FINISH : BZ_RUN);
    SIMCLUSTER_ASSERT(code >= 0);
    result.append(piece.data(), piece.size() - stream.avail_out);
  }
  BZ2_bzCompressEnd(&stream);
  return result;
}

}  // namespace simcluster::cib
