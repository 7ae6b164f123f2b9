#include "engine/membership/sequence.h"

#include <gtest/gtest.h>

#include "engine/membership/sort_queue.h"

namespace simcluster::membership {
namespace {

// SEQ-1.
TEST(Sequence, OrderSurvivesTheWrap) {
  EXPECT_TRUE(sequence_less(1, 2));
  EXPECT_FALSE(sequence_less(2, 1));
  EXPECT_TRUE(sequence_less(0xffffffff, 0));
  EXPECT_TRUE(sequence_less(0xfffffff0, 0x10));
  EXPECT_FALSE(sequence_less(0x10, 0xfffffff0));
  EXPECT_TRUE(sequence_less(0xffff0001, 0x0000ffff));
  EXPECT_FALSE(sequence_less(7, 7));
}

MessagePointer message(std::uint32_t seq) {
  auto m = std::make_shared<StoredMessage>();
  m->header.seq = seq;
  return m;
}

// SEQ-2, K-2.
TEST(SortQueue, KeepsAWindow) {
  SortQueue queue;
  queue.reset(1);
  EXPECT_FALSE(queue.in_range(0));
  EXPECT_TRUE(queue.in_range(1));
  EXPECT_TRUE(queue.in_range(kSequenceWindow));
  EXPECT_FALSE(queue.in_range(kSequenceWindow + 1));
  for (std::uint32_t seq : {1U, 2U, 5U, 100U, 5000U}) queue.add(seq, message(seq));
  EXPECT_TRUE(queue.in_use(5));
  EXPECT_FALSE(queue.in_use(6));
  EXPECT_EQ(queue.miss(6), 1U);
  EXPECT_EQ(queue.miss(6), 2U);
  queue.release_up_to(50);
  EXPECT_FALSE(queue.in_use(5));
  EXPECT_EQ(queue.get(100)->header.seq, 100U);
  EXPECT_EQ(queue.get(5000)->header.seq, 5000U);
  EXPECT_EQ(queue.head(), 51U);
  queue.release_up_to(10);
  EXPECT_EQ(queue.head(), 51U);
}

TEST(SortQueue, RunsAcrossTheWrap) {
  SortQueue queue;
  queue.reset(0xffffff00);
  for (std::uint32_t i = 0; i < 2000; ++i) queue.add(0xffffff00 + i, message(0xffffff00 + i));
  for (std::uint32_t i = 0; i < 2000; ++i) ASSERT_EQ(queue.get(0xffffff00 + i)->header.seq, 0xffffff00 + i);
  queue.release_up_to(0x10);
  EXPECT_EQ(queue.head(), 0x11U);
  EXPECT_TRUE(queue.in_use(0x11));
}

}  // namespace
}  // namespace simcluster::membership
