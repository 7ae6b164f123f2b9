#include "engine/controller/throttle.h"

#include <gtest/gtest.h>

namespace simcluster::controller {
namespace {

// CM-7.13: 1.2, 1.6 and 2.0 times 80% of four cores; 0.6 of one core alone.
TEST(Throttle, LoadAverage) {
  const auto mode = [](std::int64_t average, int cores) { return throttle_mode({average, 0}, 80, cores); };
  EXPECT_EQ(mode(384, 4), ThrottleMode::kNone);
  EXPECT_EQ(mode(385, 4), ThrottleMode::kLow);
  EXPECT_EQ(mode(512, 4), ThrottleMode::kLow);
  EXPECT_EQ(mode(513, 4), ThrottleMode::kMedium);
  EXPECT_EQ(mode(641, 4), ThrottleMode::kHigh);
  EXPECT_EQ(mode(57, 1), ThrottleMode::kNone);
  EXPECT_EQ(mode(58, 1), ThrottleMode::kLow);
  EXPECT_EQ(throttle_mode({385, 0}, 100, 4), ThrottleMode::kNone);
}

// CM-7.13: 0.8, 0.9, 1.0 and 1.5 times what the CIB manager may use; the worse one wins.
TEST(Throttle, CibManager) {
  const auto mode = [](std::int64_t share, int cores) { return throttle_mode({0, share}, 80, cores); };
  EXPECT_EQ(mode(64, 4), ThrottleMode::kNone);
  EXPECT_EQ(mode(65, 4), ThrottleMode::kLow);
  EXPECT_EQ(mode(73, 4), ThrottleMode::kMedium);
  EXPECT_EQ(mode(81, 4), ThrottleMode::kHigh);
  EXPECT_EQ(mode(121, 4), ThrottleMode::kExtreme);
  EXPECT_EQ(mode(41, 1), ThrottleMode::kHigh);
  EXPECT_EQ(throttle_mode({385, 73}, 80, 4), ThrottleMode::kMedium);
}

// CM-7.13, CM-7.14
TEST(Throttle, Limits) {
  ThrottleRecords records;
  EXPECT_EQ(records.job_limit("a", 8), 4);
  records.update("a", ThrottleMode::kNone, 6);
  EXPECT_EQ(records.job_limit("a", 8), 6);
  records.update("a", ThrottleMode::kMedium, 6);
  EXPECT_EQ(records.job_limit("a", 8), 1);
  EXPECT_EQ(records.batch_limit(0, 8), 0);
  records.update("a", ThrottleMode::kHigh, 6);
  EXPECT_EQ(records.batch_limit(0, 8), 4);
  EXPECT_EQ(records.batch_limit(3, 8), 3);
  records.update("b", ThrottleMode::kExtreme, 6);
  EXPECT_EQ(records.batch_limit(0, 8), 2);
  EXPECT_EQ(records.batch_limit(0, 2), 1);
}

}  // namespace
}  // namespace simcluster::controller
