#include "sim/checks/diagnosis.h"

#include <gtest/gtest.h>

#include "sim/checks/testing.h"

namespace simcluster::sim {
namespace {

TEST(Diagnosis, TellsOnceOfANodeIdThatTwoMachinesHave) {  // M MV-34
  FakeTruth truth;
  Diagnosis diagnosis;
  const auto ring = [&](unsigned node, const char* self) {
    const std::vector<TraceField> fields{{"self", self}};
    diagnosis.on_event(truth,
                       {Time{}, NodeIndex(static_cast<NodeIndex::rep>(node)), TraceKind::kMembershipChange, fields});
    return diagnosis.take();
  };
  EXPECT_TRUE(ring(0, "1").empty());
  EXPECT_TRUE(ring(1, "2").empty());
  EXPECT_TRUE(ring(0, "1").empty());
  const auto remarks = ring(2, "1");
  ASSERT_EQ(remarks.size(), 1U);
  EXPECT_EQ(remarks[0].first, NodeIndex(2));
  EXPECT_EQ(remarks[0].second, "node2 has the node id 1, and so has node0");
  EXPECT_TRUE(ring(2, "1").empty());
  EXPECT_TRUE(ring(0, "1").empty()) << "it was there first";
  EXPECT_TRUE(ring(0, "2130706433").empty());
  EXPECT_TRUE(ring(1, "2130706433").empty()) << "M IF-5";
}

}  // namespace
}  // namespace simcluster::sim
