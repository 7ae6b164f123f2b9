#include "engine/cib/compressed_input.h"

#include <gtest/gtest.h>

namespace simcluster::cib {
namespace {

// "<cib/>\n" as the three programs pack it; and three million letters.
constexpr std::string_view kBzip2(
    "\x42\x5a\x68\x39\x31\x41\x59\x26\x53\x59\x45\x21\xd0\xf1\x00\x00\x01\x59\x00\x00\x10\x00\x00\x80\x05\x18\x20\x20"
    "\x00\x22\x18\x02\x18\x04\xca\xb2\xe1\x77\x24\x53\x85\x09\x04\x52\x1d\x0f\x10",
    47);
constexpr std::string_view kXz(
    "\xfd\x37\x7a\x58\x5a\x00\x00\x04\xe6\xd6\xb4\x46\x02\x00\x21\x01\x16\x00\x00\x00\x74\x2f\xe5\xa3\x01\x00\x06\x3c"
    "\x63\x69\x62\x2f\x3e\x0a\x00\x00\x5f\xbc\x93\x94\xf3\x8e\x49\x3f\x00\x01\x1f\x07\x16\x2e\xb8\x73\x1f\xb6\xf3\x7d"
    "\x01\x00\x00\x00\x00\x04\x59\x5a",
    64);
constexpr std::string_view kGzip(
    "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xb3\x49\xce\x4c\xd2\xb7\xe3\x02\x00\xa6\xb4\xc3\xeb\x07\x00\x00\x00", 27);
constexpr std::string_view kBomb(
    "\x42\x5a\x68\x39\x31\x41\x59\x26\x53\x59\xa4\x29\xd0\x6a\x00\x16\xfa\x01\x08\xa0\x00\x40\x00\x00\x08\x20\x00\x30"
    "\xcc\x09\xaa\x69\xa9\x02\x2d\xa9\x20\x45\xe2\xee\x48\xa7\x0a\x12\x14\x85\x3a\x0d\x40",
    49);

std::string unpack(std::string_view bytes, Compression compression, std::size_t limit = 1 << 22) {
  const auto unpacked = decompress(bytes, compression, "f.bz2", limit);
  return unpacked ? *unpacked : unpacked.error().text();
}

TEST(CompressedInput, UnpacksEveryFormat) {
  EXPECT_EQ(unpack(kBzip2, Compression::kBzip2), "<cib/>\n");
  EXPECT_EQ(unpack(kXz, Compression::kXz), "<cib/>\n");
  EXPECT_EQ(unpack(kGzip, Compression::kGzip), "<cib/>\n");
  EXPECT_EQ(unpack("<cib/>\n", Compression::kNone), "<cib/>\n");
  EXPECT_EQ(unpack(std::string(kBzip2) + std::string(kBzip2), Compression::kBzip2), "<cib/>\n<cib/>\n");
  EXPECT_EQ(unpack(kBomb, Compression::kBzip2).size(), 3000000u);
}

TEST(CompressedInput, KnowsFormats) {
  EXPECT_EQ(compression_by_name("pe-input-1.bz2"), Compression::kBzip2);
  EXPECT_EQ(compression_by_name("a.xz"), Compression::kXz);
  EXPECT_EQ(compression_by_name("a.xml.gz"), Compression::kGzip);
  EXPECT_EQ(compression_by_name("a.xml"), Compression::kNone);
  EXPECT_EQ(compression_by_content(kBzip2), Compression::kBzip2);
  EXPECT_EQ(compression_by_content(kXz), Compression::kXz);
  EXPECT_EQ(compression_by_content(kGzip), Compression::kGzip);
  EXPECT_EQ(compression_by_content("<cib/>"), Compression::kNone);
}

TEST(CompressedInput, RefusesBadData) {
  EXPECT_EQ(unpack("<cib/>", Compression::kBzip2), "f.bz2: the bzip2 data is corrupt");
  EXPECT_EQ(unpack("", Compression::kBzip2), "f.bz2: the bzip2 data is cut off");
  EXPECT_EQ(unpack(kBzip2.substr(0, kBzip2.size() - 4), Compression::kBzip2), "f.bz2: the bzip2 data is cut off");
  EXPECT_EQ(unpack(kXz.substr(0, 40), Compression::kXz), "f.bz2: the xz data is cut off");
  EXPECT_EQ(unpack(kGzip.substr(0, 12), Compression::kGzip), "f.bz2: the gzip data is cut off");
  EXPECT_EQ(unpack(kBomb, Compression::kBzip2, 1000000),
            "f.bz2: the bzip2 data is larger than 1000000 bytes when unpacked");
  EXPECT_EQ(unpack("<cib/>", Compression::kNone, 3), "f.bz2: the input is larger than 3 bytes");
}

}  // namespace
}  // namespace simcluster::cib
