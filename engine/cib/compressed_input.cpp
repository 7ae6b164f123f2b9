#include "engine/cib/compressed_input.h"

#include <algorithm>

#include <bzlib.h>
#include <fmt/core.h>
#include <lzma.h>
#include <zlib.h>

namespace simcluster::cib {
namespace {

enum class Step : std::uint8_t { kMore, kStreamEnd, kCorrupt };

struct Buffers {
  const char* in;
  std::size_t in_size;
  char* out;
  std::size_t out_size;
};

constexpr std::size_t kLargestStep = std::size_t{1} << 30;  // the libraries count in unsigned int

class Bzip2 {
 public:
  Bzip2() { ready_ = BZ2_bzDecompressInit(&stream_, 0, 0) == BZ_OK; }
  Bzip2(const Bzip2&) = delete;
  Bzip2& operator=(const Bzip2&) = delete;
  ~Bzip2() { BZ2_bzDecompressEnd(&stream_); }
  Step step(Buffers& b) {
    if (!ready_) return Step::kCorrupt;
    stream_.next_in = const_cast<char*>(b.in);
    stream_.avail_in = static_cast<unsigned>(b.in_size);
    stream_.next_out = b.out;
    stream_.avail_out = static_cast<unsigned>(b.out_size);
    const int code = BZ2_bzDecompress(&stream_);
    b = {stream_.next_in, stream_.avail_in, stream_.next_out, stream_.avail_out};
    return code == BZ_STREAM_END ? Step::kStreamEnd : code == BZ_OK ? Step::kMore : Step::kCorrupt;
  }

 private:
  bz_stream stream_{};
  bool ready_ = false;
};

class Xz {
 public:
  Xz() { ready_ = lzma_stream_decoder(&stream_, std::uint64_t{1} << 29, 0) == LZMA_OK; }
  Xz(const Xz&) = delete;
  Xz& operator=(const Xz&) = delete;
  ~Xz() { lzma_end(&stream_); }
  Step step(Buffers& b) {
    if (!ready_) return Step::kCorrupt;
    stream_.next_in = reinterpret_cast<const std::uint8_t*>(b.in);
    stream_.avail_in = b.in_size;
    stream_.next_out = reinterpret_cast<std::uint8_t*>(b.out);
    stream_.avail_out = b.out_size;
    const lzma_ret code = lzma_code(&stream_, LZMA_RUN);
    b = {reinterpret_cast<const char*>(stream_.next_in), stream_.avail_in, reinterpret_cast<char*>(stream_.next_out),
         stream_.avail_out};
    return code == LZMA_STREAM_END ? Step::kStreamEnd : code == LZMA_OK ? Step::kMore : Step::kCorrupt;
  }

 private:
  lzma_stream stream_ = LZMA_STREAM_INIT;
  bool ready_ = false;
};

class Gzip {
 public:
  Gzip() { ready_ = inflateInit2(&stream_, 15 + 16) == Z_OK; }
  Gzip(const Gzip&) = delete;
  Gzip& operator=(const Gzip&) = delete;
  ~Gzip() { inflateEnd(&stream_); }
  Step step(Buffers& b) {
    if (!ready_) return Step::kCorrupt;
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(b.in));
    stream_.avail_in = static_cast<unsigned>(b.in_size);
    stream_.next_out = reinterpret_cast<Bytef*>(b.out);
    stream_.avail_out = static_cast<unsigned>(b.out_size);
    const int code = inflate(&stream_, Z_NO_FLUSH);
    b = {reinterpret_cast<const char*>(stream_.next_in), stream_.avail_in, reinterpret_cast<char*>(stream_.next_out),
         stream_.avail_out};
    return code == Z_STREAM_END ? Step::kStreamEnd : code == Z_OK ? Step::kMore : Step::kCorrupt;
  }

 private:
  z_stream stream_{};
  bool ready_ = false;
};

// One stream; takes what it used from the front of `bytes`. The error's text, or nothing.
template <class Decoder>
std::string decode_stream(std::string_view& bytes, std::string& out, std::size_t limit) {
  Decoder decoder;
  while (true) {
    const std::size_t before = out.size();
    const std::size_t room = std::clamp<std::size_t>(before, 64 * 1024, kLargestStep);
    out.resize(before + room);
    Buffers buffers{bytes.data(), std::min(bytes.size(), kLargestStep), out.data() + before, room};
    const std::size_t given = buffers.in_size;
    const Step result = decoder.step(buffers);
    const std::size_t used = given - buffers.in_size;
    const std::size_t made = room - buffers.out_size;
    bytes.remove_prefix(used);
    out.resize(before + made);
    if (result == Step::kCorrupt) return "is corrupt";
    if (out.size() > limit) return fmt::format("is larger than {} bytes when unpacked", limit);
    if (result == Step::kStreamEnd) return {};
    if (used == 0 && made == 0) return "is cut off";
    if (bytes.empty() && buffers.out_size > 0) return "is cut off";
  }
}

template <class Decoder>
Result<std::string> decode(std::string_view bytes, std::string_view format, std::string_view file_name,
                           std::size_t limit) {
  std::string out;
  do {
    if (const std::string problem = decode_stream<Decoder>(bytes, out, limit); !problem.empty()) {
      return fail(fmt::format("the {} data {}", format, problem), {std::string(file_name), 0, 0});
    }
  } while (!bytes.empty());
  return out;
}

}  // namespace

Compression compression_by_name(std::string_view file_name) {
  if (file_name.ends_with(".bz2")) return Compression::kBzip2;
  if (file_name.ends_with(".xz")) return Compression::kXz;
  if (file_name.ends_with(".gz")) return Compression::kGzip;
  return Compression::kNone;
}

Compression compression_by_content(std::string_view bytes) {
  if (bytes.starts_with("BZh")) return Compression::kBzip2;
  if (bytes.starts_with(std::string_view("\xfd\x37zXZ\0", 6))) return Compression::kXz;
  if (bytes.starts_with("\x1f\x8b")) return Compression::kGzip;
  return Compression::kNone;
}

Result<std::string> decompress(std::string_view bytes, Compression compression, std::string_view file_name,
                               std::size_t limit) {
  switch (compression) {
    case Compression::kBzip2:
      return decode<Bzip2>(bytes, "bzip2", file_name, limit);
    case Compression::kXz:
      return decode<Xz>(bytes, "xz", file_name, limit);
    case Compression::kGzip:
      return decode<Gzip>(bytes, "gzip", file_name, limit);
    case Compression::kNone:
      break;
  }
  if (bytes.size() > limit) {
    return fail(fmt::format("the input is larger than {} bytes", limit), {std::string(file_name), 0, 0});
  }
  return std::string(bytes);
}

}  // namespace simcluster::cib
