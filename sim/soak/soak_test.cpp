// Seeds that have found something.
#include "sim/soak/soak.h"

#include <gtest/gtest.h>

namespace simcluster::sim {
namespace {

constexpr Duration kExact{};  // the timers with which these seeds have found it

// SRP-4.7, SRP-5.8a. Two nodes stood still at the same time; then each accused the other because the other had, in
// step, and installed a ring of one every two milliseconds: 18008 rings in this run.
TEST(Soak, TwoWhoStoodStillDoNotAccuseEachOtherForEver) {
  const auto result = soak({4288, 2, 8, "", kExact});
  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(result->stack, "2.4.6/udp-addresses");
  for (const SoakFinding& finding : result->findings) ADD_FAILURE() << finding.judge << ": " << finding.text;
  EXPECT_LT(result->rings, 200U);
}

// RR-13. The test of a ring whose originator was in no ring any more went round for ever, and a network that doubled
// frames doubled it, too: a second of this run never ended.
TEST(Soak, TestsOfARingDieOut) {
  const auto result = soak({700212, 2, 16, "", kExact});
  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(result->stack, "2.3.5/active");
  for (const SoakFinding& finding : result->findings) ADD_FAILURE() << finding.judge << ": " << finding.text;
  EXPECT_LT(result->events, 10'000'000U);
}

// Two processes that stood still and the other eight gave each other up in step, every 480 ms, as long as no timer was
// ever late.
TEST(Soak, LateTimersBringTwoHalvesOutOfStep) {
  const auto result = soak({700701, 2, 16, ""});
  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(result->stack, "2.3.5/active");
  for (const SoakFinding& finding : result->findings) ADD_FAILURE() << finding.judge << ": " << finding.text;
}

}  // namespace
}  // namespace simcluster::sim
