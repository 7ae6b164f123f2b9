#include "reports/ustar.h"

#include <gtest/gtest.h>

namespace simcluster::reports {
namespace {

// POSIX: a header of one block, its sum taken with blanks in its own place; contents are filled up to whole blocks, and
// two empty blocks end the archive.
TEST(Ustar, HeadersAndBlocks) {
  const auto archive = ustar_archive({{"a/b.txt", "hello\n"}}, Time{1'000'000'000'000'000'000});
  ASSERT_TRUE(archive);
  ASSERT_EQ(archive->size(), 4U * 512);
  EXPECT_EQ(archive->substr(0, 8), std::string("a/b.txt\0", 8));
  EXPECT_EQ(archive->substr(100, 8), std::string("0000644\0", 8));
  EXPECT_EQ(archive->substr(124, 12), std::string("00000000006\0", 12));
  EXPECT_EQ(archive->substr(136, 12), std::string("07346545000\0", 12));
  EXPECT_EQ(archive->substr(257, 8), std::string("ustar\0"
                                                 "00",
                                                 8));
  unsigned sum = 0;
  for (std::size_t i = 0; i < 512; ++i) sum += i >= 148 && i < 156 ? ' ' : static_cast<unsigned char>((*archive)[i]);
  EXPECT_EQ(std::stoul(archive->substr(148, 6), nullptr, 8), sum);
  EXPECT_EQ(archive->substr(512, 7), std::string("hello\n\0", 7));
  EXPECT_FALSE(ustar_archive({{std::string(101, 'x'), ""}}, Time{}));
}

// A symbolic link has a type and a target of its own, and no content.
TEST(Ustar, LinksAndNames) {
  const auto archive = ustar_archive({{"a/b", std::string(513, 'x')}, {"a/c", ""}}, Time{}, {{"a/d/b", "../b"}});
  ASSERT_TRUE(archive);
  EXPECT_EQ(ustar_names(*archive), (std::vector<std::string>{"a/b", "a/c", "a/d/b"}));
  const std::string_view link = std::string_view(*archive).substr(archive->size() - 3 * 512, 512);
  EXPECT_EQ(link[156], '2');
  EXPECT_EQ(link.substr(157, 5), std::string_view("../b\0", 5));
  EXPECT_EQ(link.substr(124, 11), "00000000000");
  EXPECT_TRUE(ustar_names("").empty());
}

}  // namespace
}  // namespace simcluster::reports
