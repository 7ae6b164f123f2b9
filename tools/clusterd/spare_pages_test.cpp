#include "tools/clusterd/spare_pages.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tools/clusterd/file_descriptor.h"

namespace simcluster::clusterd {
namespace {

constexpr std::size_t kSize = 32UL << 20;
constexpr std::size_t kBlock = 256UL << 10;

class SparePagesTest : public ::testing::Test {
 protected:
  SparePagesTest()
      : memory_(
            static_cast<std::byte*>(mmap(nullptr, kSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))) {
  }
  ~SparePagesTest() override { munmap(memory_, kSize); }
  void SetUp() override {
    if (const auto tried = spare_pages(std::span(memory_, page_)); !tried) GTEST_SKIP() << tried.error().message;
    if (access("/proc/self/pagemap", R_OK) != 0) GTEST_SKIP() << "there is no /proc/self/pagemap to count pages by";
  }

  std::span<std::byte> all() const { return {memory_, kSize}; }
  // Pages that count as this process's (RSS).
  std::size_t resident() const {
    std::vector<std::uint64_t> pages(kSize / page_);
    const FileDescriptor map(::open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC));
    const std::size_t size = pages.size() * sizeof pages[0];
    const auto at = static_cast<off_t>(reinterpret_cast<std::uintptr_t>(memory_) / page_ * sizeof pages[0]);
    EXPECT_EQ(pread(map.get(), pages.data(), size, at), static_cast<ssize_t>(size));
    return static_cast<std::size_t>(
        std::count_if(pages.begin(), pages.end(), [](auto page) { return page >> 63 != 0; }));
  }
  // Zeros in the first quarter, one page over and over in the second (as entries of a table that nobody uses yet), both
  // with a page here and there that differs in a byte; all pages different in the third; the last is never touched.
  void fill() {
    const std::size_t quarter = kSize / 4;
    std::memset(memory_, 0, quarter);
    for (std::size_t i = quarter; i < 2 * quarter; i += 64) memory_[i] = std::byte{3};
    memory_[300 * page_ + 17] = std::byte{1};
    memory_[quarter + 300 * page_ + 17] = std::byte{1};
    for (std::size_t i = 2 * quarter; i < 3 * quarter; ++i) memory_[i] = static_cast<std::byte>(i / page_ * 7 + i);
  }

  const std::size_t page_ = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  std::byte* memory_;
};

TEST_F(SparePagesTest, WhatIsReadIsTheSameAndTakesLess) {
  fill();
  const std::vector<std::byte> before(memory_, memory_ + kSize / 4 * 3);
  const std::size_t pages_before = resident();
  const auto freed = spare_pages(all());
  ASSERT_TRUE(freed);
  const std::size_t pages_after = resident();
  // All but two blocks' pages: the ones that differ.
  EXPECT_GT(*freed, kSize / 2 - 3 * kBlock);
  EXPECT_LT(pages_after, pages_before - (kSize / 2 - 3 * kBlock) / page_);
  EXPECT_EQ(std::memcmp(memory_, before.data(), before.size()), 0);
  // And what is written stays with the page that it was written to.
  std::vector<std::byte> expected = before;
  for (std::size_t i = 5; i < before.size(); i += 3 * page_) {
    memory_[i] = std::byte{0x5a};
    expected[i] = std::byte{0x5a};
  }
  EXPECT_EQ(std::memcmp(memory_, expected.data(), expected.size()), 0);
}

TEST_F(SparePagesTest, WorksOnLockedMemory) {
  if (mlock2(memory_, kSize, MLOCK_ONFAULT) != 0) GTEST_SKIP() << "no memory can be locked here";
  fill();
  const auto freed = spare_pages(all());
  ASSERT_TRUE(freed);
  EXPECT_GT(*freed, kSize / 4);
}

// Writes bytes of its own in pages that are being freed, and counts those that it does not find again.
std::size_t write_and_look(std::span<std::byte> memory, std::size_t page, std::size_t offset,
                           const std::atomic<bool>& end) {
  std::size_t lost = 0;
  std::vector<std::byte> expected(memory.size() / page);
  for (std::size_t i = 0; i < expected.size(); ++i) expected[i] = memory[i * page + offset];
  for (std::size_t round = 0; !end; ++round)
    for (std::size_t i = 0; i < expected.size(); ++i) {
      auto& byte = const_cast<volatile std::byte&>(memory[i * page + offset]);
      if (byte != expected[i]) ++lost;
      // Back to what it was every other time, so that there is always something to free; in no two pages the same, so
      // that they do not become a file's.
      byte = expected[i] = static_cast<std::byte>(round % 2 == 0 ? 0 : i % 251 + 1);
    }
  return lost;
}

TEST_F(SparePagesTest, NobodysWriteIsLost) {
  fill();
  const std::span zeros(memory_, kBlock), pattern(memory_ + kSize / 4, kSize / 4);
  std::atomic<bool> end = false;
  std::array<std::size_t, 2> lost{};
  std::thread first([&] { lost[0] = write_and_look(zeros, page_, 64, end); });
  std::thread second([&] { lost[1] = write_and_look(pattern, page_, 1024, end); });
  for (int i = 0; i < 2000; ++i) EXPECT_TRUE(spare_pages(zeros));
  for (std::size_t at = 0; at < pattern.size(); at += kBlock)
    EXPECT_TRUE(spare_pages(pattern.subspan(at, kBlock)));  // once each: a file's afterwards
  end = true;
  first.join();
  second.join();
  EXPECT_EQ(lost[0], 0U);
  EXPECT_EQ(lost[1], 0U);
}

TEST_F(SparePagesTest, LessThanAPageIsLeftAlone) {
  fill();
  EXPECT_EQ(*spare_pages(std::span(memory_ + 1, page_)), 0U);
  EXPECT_EQ(*spare_pages({}), 0U);
}

}  // namespace
}  // namespace simcluster::clusterd
