// Counting paths gives what walking them gives (S0 GU-8.5), over random dense colocations.
#include "engine/scheduler/colocation_paths.h"

#include <string>

#include <gtest/gtest.h>

#include "engine/base/random.h"
#include "engine/scheduler/colocation_scores.h"
#include "engine/scheduler/preference_scores.h"
#include "engine/scheduler/scheduler.h"
#include "engine/scheduler/stages.h"

namespace simcluster::scheduler {
namespace {

// S0 GU-6.9
TEST(WeightedScore, FactorChains) {
  const auto chain = [](std::initializer_list<int> scores, Score score) {
    float factor = 1.0F;
    bool first = true;
    for (const int s : scores) {
      factor = first ? static_cast<float>(s) / 1000000.0F : factor * static_cast<float>(s) / 1000000.0F;
      first = false;
    }
    return weighted_score(factor, score);
  };
  EXPECT_EQ(chain({4001}, 1000), 4);
  EXPECT_EQ(chain({500000}, 100), 50);
  EXPECT_EQ(chain({1}, 1), 1);
  EXPECT_EQ(chain({1}, 499999), 1);
  EXPECT_EQ(chain({150}, 10000), 2);
  EXPECT_EQ(chain({5}, 300000), 2);
  EXPECT_EQ(chain({5}, -100), 1);
  EXPECT_EQ(chain({1000000, 3, 1000000}, 100000), 1);
  EXPECT_EQ(chain({-5, 500000}, 100), -1);
  EXPECT_EQ(chain({10}, -1000000), -10);
  EXPECT_EQ(chain({-5000}, -1000000), 5000);
  EXPECT_EQ(chain({-1}, 5), -1);
  EXPECT_EQ(chain({3}, 500001), 2);
  EXPECT_EQ(chain({250}, 10000), 3);
  EXPECT_EQ(chain({5}, 700000), 4);
  EXPECT_EQ(chain({5}, 0), 0);
  EXPECT_EQ(chain({333333, 333333}, 999999), 111111);
  EXPECT_EQ(chain({999990, 999990, 999990}, 900001), 899974);
}

std::string number(int value) { return std::to_string(value); }

// Primitives r0 .. r(n-1), each colocated with some of those before it; scores by location constraints.
std::string random_cib(Random& random, int resources) {
  static constexpr int kScores[] = {1, -1, 3, -3, 1000, -1000, 200000, 1000000, -1000000};
  std::string primitives;
  std::string constraints;
  int id = 0;
  for (int i = 0; i < resources; ++i) {
    primitives += "<primitive id=\"r" + number(i) + "\" class=\"ocf\" provider=\"heartbeat\" type=\"Dummy\"/>";
    for (int n = 1; n <= 3; ++n) {
      if (random.below(3) == 0) continue;
      constraints += "<rsc_location id=\"l" + number(++id) + "\" rsc=\"r" + number(i) + "\" node=\"n" + number(n) +
                     "\" score=\"" + number(static_cast<int>(random.below(100000)) - 5000) + "\"/>";
    }
    for (int j = 0; j < i; ++j) {
      if (random.below(3) != 0) continue;
      constraints += "<rsc_colocation id=\"c" + number(++id) + "\" rsc=\"r" + number(i) + "\" with-rsc=\"r" +
                     number(j) + "\" score=\"" + number(kScores[random.below(random.below(4) == 0 ? 9 : 6)]) + "\"/>";
    }
  }
  std::string nodes;
  std::string states;
  for (int n = 1; n <= 3; ++n) {
    nodes += "<node id=\"" + number(n) + "\" uname=\"n" + number(n) + "\"/>";
    states += "<node_state id=\"" + number(n) + "\" uname=\"n" + number(n) + "\" in_ccm=\"" +
              (random.below(6) == 0 ? "false" : "true") + "\" crmd=\"online\" join=\"member\" expected=\"member\"/>";
  }
  return "<cib validate-with=\"pacemaker-4.0\" admin_epoch=\"0\" epoch=\"0\" num_updates=\"0\" have-quorum=\"1\">"
         "<configuration><crm_config><cluster_property_set id=\"o\"><nvpair id=\"o1\" name=\"fencing-enabled\" "
         "value=\"false\"/></cluster_property_set></crm_config><nodes>" +
         nodes + "</nodes><resources>" + primitives + "</resources><constraints>" + constraints +
         "</constraints></configuration><status>" + states + "</status></cib>";
}

TEST(MergeByCounting, AgreesWithWalking) {
  Random random(20251121, "colocations");
  int counted = 0;
  for (int round = 0; round < 60; ++round) {
    const auto document = cib::parse_document(random_cib(random, 11), "random");
    ASSERT_TRUE(document) << document.error().text();
    Options options;
    options.now = 1'700'000'000;
    Schedule schedule = unpack(*document, options);
    Model& model = *schedule.model;
    unpack_constraints(model);
    apply_node_criteria(model);
    for (const Colocation& colocation : model.colocations) {
      Resource& source = model.resource(colocation.dependent);
      const Resource& target = model.resource(colocation.primary);
      const float factor = static_cast<float>(colocation.score) / static_cast<float>(kInfinity);
      NodeTable walked = target.allowed;
      walk_preferences(model, source, target, walked, colocation, factor, merge_flag::kActive);
      NodeTable table = target.allowed;
      if (!merge_by_counting(model, source, target, table, colocation, factor, 0)) continue;
      ++counted;
      for (std::uint32_t n = 0; n < 3; ++n) {
        EXPECT_EQ(table.find(NodeId(n))->score, walked.find(NodeId(n))->score)
            << "round " << round << ", " << colocation.id << ", node " << n + 1;
      }
    }
  }
  EXPECT_GT(counted, 100);
}

}  // namespace
}  // namespace simcluster::scheduler
