// Test vectors of S0 sections 6.2 to 6.4.
#include "engine/scheduler/merge_sort.h"

#include <string>

#include <gtest/gtest.h>

namespace simcluster::scheduler {
namespace {

// a < b < c < a
int cyclic(char x, char y) {
  if (x == y) return 0;
  return (x - 'a' + 1) % 3 == y - 'a' ? -1 : 1;
}

std::string sorted(const std::string& text) {
  std::vector<char> list(text.begin(), text.end());
  merge_sort(list, cyclic);
  return {list.begin(), list.end()};
}

// S0 GU-6.4
TEST(MergeSort, ComparisonSequenceOfIntransitiveComparisons) {
  EXPECT_EQ(sorted("acb"), "abc");
  EXPECT_EQ(sorted("cba"), "cab");
  EXPECT_EQ(sorted("bac"), "bca");
  EXPECT_EQ(sorted("abc"), "abc");
  EXPECT_EQ(sorted("bca"), "bca");
  EXPECT_EQ(sorted("cab"), "cab");
  EXPECT_EQ(sorted("abcab"), "caabb");
  EXPECT_EQ(sorted("cbacb"), "abbcc");
  EXPECT_EQ(sorted("abcabc"), "aabbcc");
}

// S0 GU-6.6
TEST(SortedInsert, EqualElementsGoInFront) {
  std::vector<std::string> list;
  for (const char* item : {"5a", "3b", "5c", "3d"}) {
    sorted_insert(list, std::string(item), [](const std::string& a, const std::string& b) { return a[0] - b[0]; });
  }
  EXPECT_EQ(list, (std::vector<std::string>{"3d", "3b", "5c", "5a"}));
}

// S0 GU-6.7
TEST(MergeList, InsertsTheFirstElementRepeatedly) {
  const auto merged = [](std::vector<int> list, const std::vector<int>& addition) {
    merge_list(list, addition, [](int a, int b) { return a - b; });
    return list;
  };
  EXPECT_EQ(merged({}, {7, 1, 9}), (std::vector<int>{7, 1, 9}));
  EXPECT_EQ(merged({4}, {7, 1, 9}), (std::vector<int>{4, 7, 7, 7}));
  EXPECT_EQ(merged({7}, {7, 1, 9}), (std::vector<int>{7, 7, 7, 7}));
  EXPECT_EQ(merged({4}, {1}), (std::vector<int>{1, 4}));
  EXPECT_EQ(merged({4}, {}), (std::vector<int>{4}));
}

}  // namespace
}  // namespace simcluster::scheduler
