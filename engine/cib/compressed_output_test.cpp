#include "engine/cib/compressed_output.h"

#include <gtest/gtest.h>

#include "engine/cib/compressed_input.h"

namespace simcluster::cib {
namespace {

TEST(CompressBzip2, IsUndoneByDecompression) {
  std::string noise;
  for (unsigned i = 0, x = 1; i < 300'000; ++i, x = x * 1'103'515'245 + 12'345) noise += static_cast<char>(x >> 16);
  for (const std::string& text : {std::string(), std::string("<cib/>"), std::string(3'000'000, 'x'), noise}) {
    const auto back = decompress(compress_bzip2(text), Compression::kBzip2, "test");
    ASSERT_TRUE(back);
    EXPECT_EQ(*back, text);
  }
}

}  // namespace
}  // namespace simcluster::cib
