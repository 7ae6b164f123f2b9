// The memo gives what walking every path gives (S3, S0 GU-8.5), over random dense colocations.
#include "engine/scheduler/colocation_memo.h"

#include <iterator>
#include <map>
#include <string>

#include <gtest/gtest.h>

#include "engine/base/random.h"
#include "engine/scheduler/colocation_scores.h"
#include "engine/scheduler/graph.h"
#include "engine/scheduler/model.h"
#include "engine/scheduler/preference_scores.h"
#include "engine/scheduler/scheduler.h"
#include "engine/scheduler/score_line.h"
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

struct Dense {
  int resources = 10;
  int nodes = 3;
  bool loops = false;
  bool collectives = false;  // groups and clones among the resources
  bool steady = false;       // most run somewhere and want to stay
  int one_in = 3;            // density
};

// Resources r0 .. r(n-1), each colocated with some of those before it, or of all where there are loops.
class DenseCib {
 public:
  DenseCib(Random& random, const Dense& dense) : random_(random), dense_(dense) {}

  std::string text() {
    for (int i = 0; i < dense_.resources; ++i) add_resource(i);
    for (int i = 0; i < dense_.resources; ++i) relate(i);
    std::string nodes;
    std::string states;
    for (int n = 0; n < dense_.nodes; ++n) {
      const std::string id = number(n + 1);
      nodes += "<node id=\"" + id + "\" uname=\"n" + id + "\"/>";
      states += "<node_state id=\"" + id + "\" uname=\"n" + id + "\" in_ccm=\"" +
                (random_.below(8) == 0 ? "false" : "true") +
                "\" crmd=\"online\" join=\"member\" expected=\"member\"><lrm id=\"" + id + "\"><lrm_resources>" +
                histories_[n] + "</lrm_resources></lrm></node_state>";
    }
    return "<cib validate-with=\"pacemaker-4.0\" admin_epoch=\"0\" epoch=\"0\" num_updates=\"0\" have-quorum=\"1\">"
           "<configuration><crm_config><cluster_property_set id=\"o\"><nvpair id=\"o1\" name=\"fencing-enabled\" "
           "value=\"false\"/></cluster_property_set></crm_config><nodes>" +
           nodes + "</nodes><resources>" + resources_ + "</resources><constraints>" + constraints_ +
           "</constraints><rsc_defaults><meta_attributes id=\"d\"><nvpair id=\"d1\" name=\"resource-stickiness\" "
           "value=\"" +
           (dense_.steady ? "1000" : "0") + "\"/></meta_attributes></rsc_defaults></configuration><status>" + states +
           "</status></cib>";
  }

 private:
  static std::string primitive(const std::string& id) {
    return "<primitive id=\"" + id + "\" class=\"ocf\" provider=\"heartbeat\" type=\"Dummy\"/>";
  }
  void add_resource(int i) {
    const std::string id = "r" + number(i);
    const std::uint64_t kind = dense_.collectives ? random_.below(6) : 2;
    if (kind == 0) {
      resources_ += "<group id=\"" + id + "\">" + primitive(id + "a") + primitive(id + "b") + "</group>";
    } else if (kind == 1) {
      resources_ += "<clone id=\"" + id + "\">" + primitive(id + "a") + "</clone>";
    } else {
      resources_ += primitive(id);
      if (dense_.steady && random_.below(5) != 0) {
        histories_[random_.below(static_cast<std::uint64_t>(dense_.nodes))] +=
            "<lrm_resource id=\"" + id + "\" class=\"ocf\" provider=\"heartbeat\" type=\"Dummy\"><lrm_rsc_op id=\"" +
            id + "_last_0\" operation=\"start\" operation_key=\"" + id +
            "_start_0\" transition-key=\"1:1:0:x\" transition-magic=\"0:0;1:1:0:x\" call-id=\"" + number(i + 1) +
            "\" rc-code=\"0\" op-status=\"0\" interval=\"0\"/></lrm_resource>";
      }
    }
  }
  void relate(int i) {
    static constexpr int kScores[] = {1, -1, 3, -3, 1000, -1000, 200000, 1000000, -1000000};
    for (int n = 1; n <= dense_.nodes; ++n) {
      if (random_.below(dense_.steady ? 8 : 2) != 0) continue;
      constraints_ += "<rsc_location id=\"l" + number(++id_) + "\" rsc=\"r" + number(i) + "\" node=\"n" + number(n) +
                      "\" score=\"" + number(static_cast<int>(random_.below(100000)) - 5000) + "\"/>";
    }
    for (int j = 0; j < (dense_.loops ? dense_.resources : i); ++j) {
      if (i == j || random_.below(j < i ? static_cast<std::uint64_t>(dense_.one_in) : 10) != 0) continue;
      constraints_ += "<rsc_colocation id=\"c" + number(++id_) + "\" rsc=\"r" + number(i) + "\" with-rsc=\"r" +
                      number(j) + "\" score=\"" + number(kScores[random_.below(random_.below(4) == 0 ? 9 : 6)]) +
                      "\"/>";
    }
  }

  Random& random_;
  const Dense& dense_;
  std::string resources_;
  std::string constraints_;
  std::map<std::uint64_t, std::string> histories_;
  int id_ = 0;
};

Options fixed_time() {
  Options options;
  options.now = 1'700'000'000;
  options.collect_scores = true;
  return options;
}

std::string score_text(const Model& model) {
  std::string text;
  for (const ScoreLine& line : model.score_lines) text += score_line_text(line) + "\n";
  return text;
}

constexpr Dense kKinds[] = {
    {},
    {.resources = 9, .loops = true},
    {.resources = 9, .collectives = true},
    {.resources = 8, .loops = true, .collectives = true, .one_in = 2},
    {.resources = 11, .nodes = 4, .steady = true, .one_in = 2},
    {.resources = 9, .nodes = 2, .loops = true, .steady = true},
    {.resources = 14, .nodes = 5, .collectives = true, .steady = true},
};

// Every colocation's dependent, in all combinations of flags, with one memo for all of them.
TEST(ColocationMemo, AgreesWithWalking) {
  Random random(20251121, "colocations");
  for (int round = 0; round < 140; ++round) {
    const Dense& kind = kKinds[round % std::size(kKinds)];
    const auto document = cib::parse_document(DenseCib(random, kind).text(), "random");
    ASSERT_TRUE(document) << document.error().text();
    Schedule schedule = unpack(*document, fixed_time());
    Model& model = *schedule.model;
    unpack_constraints(model);
    apply_node_criteria(model);
    create_internal_constraints(model);
    ASSERT_FALSE(model.colocations.empty());
    for (const std::uint32_t flags :
         {merge_flag::kActive, merge_flag::kActive | merge_flag::kNonnegative, 0U, merge_flag::kNonnegative}) {
      const bool nonnegative = (flags & merge_flag::kNonnegative) != 0;
      const bool active = (flags & merge_flag::kActive) != 0;
      ColocationMemo memo(model, model.resources.front(), nonnegative);
      for (const Colocation& colocation : model.colocations) {
        const bool backwards = random.below(4) == 0;
        Resource& source = model.resource(backwards ? colocation.primary : colocation.dependent);
        const Resource& target = model.resource(backwards ? colocation.dependent : colocation.primary);
        const float factor = static_cast<float>(colocation.score) / static_cast<float>(kInfinity);
        NodeTable walked = target.allowed;
        walk_preferences(model, source, target, walked, colocation, factor, flags);
        NodeTable table = target.allowed;
        memo.merge(source, table, colocation, factor, active);
        for (std::uint32_t n = 0; n < model.nodes.size(); ++n) {
          if (!walked.contains(NodeId(n))) continue;
          EXPECT_EQ(table.find(NodeId(n))->score, walked.find(NodeId(n))->score)
              << "round " << round << ", flags " << flags << ", " << colocation.id << ", node " << n + 1;
        }
      }
    }
  }
}

// The memo lives on while resources are assigned and their tables change.
TEST(ColocationMemo, SchedulesAgreeWithWalking) {
  Random random(20251122, "colocations");
  for (int round = 0; round < 140; ++round) {
    const auto document = cib::parse_document(DenseCib(random, kKinds[round % std::size(kKinds)]).text(), "random");
    ASSERT_TRUE(document) << document.error().text();
    Schedule walked = unpack(*document, fixed_time());
    walked.model->walk_all_paths = true;
    run(walked, fixed_time());
    const Schedule schedule = scheduler::schedule(*document, fixed_time());
    ASSERT_EQ(score_text(*schedule.model), score_text(*walked.model)) << "round " << round;
    ASSERT_EQ(write_graph(*schedule.model->graph), write_graph(*walked.model->graph)) << "round " << round;
  }
}

}  // namespace
}  // namespace simcluster::scheduler
