// Seeds that have found something.
#include "sim/soak/soak.h"

#include <gtest/gtest.h>

namespace simcluster::sim {
namespace {

// SRP-4.7, SRP-5.8a. Two nodes stood still at the same time; then each accused the other because the other had, in
// step, and installed a ring of one every two milliseconds: 18008 rings in this run.
TEST(Soak, TwoWhoStoodStillDoNotAccuseEachOtherForEver) {
  const auto result = soak({4288, 2, 8, ""});
  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(result->stack, "2.4.6/udp-addresses");
  for (const SoakFinding& finding : result->findings) ADD_FAILURE() << finding.judge << ": " << finding.text;
  EXPECT_LT(result->rings, 200U);
}

}  // namespace
}  // namespace simcluster::sim
