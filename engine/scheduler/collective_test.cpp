// Clones, promotion and notifications, from configuration to graph.
#include <algorithm>

#include <gtest/gtest.h>

#include "engine/scheduler/graph.h"
#include "engine/scheduler/test_cib.h"

namespace simcluster::scheduler {
namespace {

using testing::TestCib;

// A document, scheduled.
struct Scheduled {
  cib::Document document;
  Schedule result;

  explicit Scheduled(const TestCib& cib, const Legacy& legacy = {}) : document(cib.document()) {
    Options options;
    options.legacy = legacy;
    options.now = 1'000'000;
    options.collect_scores = true;
    result = schedule(document, options);
  }
  bool has_score(const std::string& line) const {
    const auto& lines = result.model->score_lines;
    return std::any_of(lines.begin(), lines.end(),
                       [&](const ScoreLine& each) { return score_line_text(each) == line; });
  }
  std::size_t promotion_lines() const {
    return static_cast<std::size_t>(std::ranges::count_if(
        result.model->score_lines, [](const ScoreLine& line) { return line.kind == ScoreLine::Kind::kPromotion; }));
  }
  std::vector<std::string> changes() const { return transition_summary(result); }
  std::string graph() const { return write_graph(*result.model->graph); }
  const Resource& resource(std::string_view id) const {
    return result.model->resource(find_resource(*result.model, id));
  }
};

TestCib cluster(const std::string& resources, const std::string& states) {
  TestCib cib;
  cib.options = "fencing-enabled=false";
  cib.resources = resources;
  cib.states = states;
  return cib;
}

const std::string kBothOnline = TestCib::online("n1") + TestCib::online("n2");

TEST(Clones, OneInstanceOnEachNode) {  // S4 CR-3.11
  const Scheduled s(cluster(R"(<clone id="c">)" + TestCib::dummy("r") + "</clone>", kBothOnline));
  EXPECT_NE(s.resource("r:0").assigned, s.resource("r:1").assigned);
  EXPECT_TRUE(s.has_score("pcmk__clone_assign: c allocation score on n1: 0"));
}

TEST(Clones, ActiveInstancesStay) {  // S4 CR-3.13
  const Scheduled s(cluster(R"(<clone id="c">)" + TestCib::dummy("r") + "</clone>",
                            TestCib::online("n1", TestCib::history("r", "start:1=0")) +
                                TestCib::online("n2", TestCib::history("r", "monitor:1=7"))));
  EXPECT_EQ(s.result.model->node(s.resource("r:0").assigned).name, "n1");
  EXPECT_EQ(s.resource("r:0").original_role, Role::kStarted);
  EXPECT_EQ(s.resource("r:0").next_role, Role::kStarted);
}

TEST(Promotion, HighestScoreIsPromoted) {  // S4 CR-5.3, CR-5.18
  const Scheduled s(
      cluster(R"(<clone id="c">)" + TestCib::meta("c", "promotable=true") + TestCib::dummy("r") + "</clone>",
              TestCib::online("n1", TestCib::history("r", "start:1=0"), "master-r=5") +
                  TestCib::online("n2", TestCib::history("r", "start:1=0"), "master-r=10")));
  const Model& model = *s.result.model;
  for (const ResourceId id : s.resource("c").children) {
    const Resource& instance = model.resource(id);
    const bool on_second = model.node(instance.assigned).name == "n2";
    EXPECT_EQ(instance.next_role, on_second ? Role::kPromoted : Role::kUnpromoted);
  }
  EXPECT_TRUE(s.has_score("r:1 promotion score on n2: 10"));
  EXPECT_TRUE(s.has_score("r:0 promotion score on n1: 5"));
}

TEST(Promotion, NobodyWithoutAScore) {  // S4 CR-5.9: the default is -1
  const Scheduled s(cluster(
      R"(<clone id="c">)" + TestCib::meta("c", "promotable=true") + TestCib::dummy("r") + "</clone>", kBothOnline));
  for (const ResourceId id : s.resource("c").children) {
    EXPECT_EQ(s.result.model->resource(id).next_role, Role::kUnpromoted);
  }
}

TEST(Notifications, StartIsFollowedByPostNotify) {  // S4 CR-12.13
  const Scheduled s(
      cluster(R"(<clone id="c">)" + TestCib::meta("c", "notify=true") + TestCib::dummy("r") + "</clone>", kBothOnline));
  const std::string graph = s.graph();
  EXPECT_NE(graph.find("c_confirmed-post_notify_running_0"), std::string::npos);
  EXPECT_NE(graph.find("r:0_post_notify_start_0"), std::string::npos);
  EXPECT_EQ(graph.find("r:0_pre_notify_start_0"), std::string::npos);  // it is not running yet
  EXPECT_NE(graph.find("CRM_meta_notify_start_resource=\"r:0 r:1\""), std::string::npos);
}

TEST(Clones, SteadyStateHasNothingToDo) {
  const std::string history = TestCib::history("r", "monitor:1=7 start:2=0");
  const Scheduled s(cluster(R"(<clone id="c">)" + TestCib::dummy("r") + "</clone>",
                            TestCib::online("n1", history) + TestCib::online("n2", history)));
  EXPECT_TRUE(s.result.model->graph->synapses.empty());
  EXPECT_TRUE(s.changes().empty());
}

TEST(Clones, InterleavedInstancesWaitForTheirPartnersOnly) {  // S4 CR-9.11
  const std::string resources = R"(<clone id="ca">)" + TestCib::meta("ca", "interleave=true") + TestCib::dummy("a") +
                                R"(</clone><clone id="cb">)" + TestCib::meta("cb", "interleave=true") +
                                TestCib::dummy("b") + "</clone>";
  TestCib cib = cluster(resources, kBothOnline);
  cib.constraints =
      R"(<rsc_order id="o" first="ca" then="cb"/><rsc_colocation id="x" rsc="cb" with-rsc="ca" score="INFINITY"/>)";
  const Scheduled s(cib);
  const Graph& graph = *s.result.model->graph;
  int pairs = 0;
  for (const Synapse& synapse : graph.synapses) {
    const GraphAction& then = graph.actions[synapse.action];
    if (!then.operation_key.starts_with("b:") || then.operation != "start") continue;
    for (const std::uint32_t input : synapse.inputs) {
      const GraphAction& first = graph.actions[input];
      if (!first.operation_key.starts_with("a:") || first.operation != "start") continue;
      EXPECT_EQ(first.node, then.node);
      ++pairs;
    }
  }
  EXPECT_EQ(pairs, 2);
}

// CM-13.12: before 1.0.12 whoever is colocated with a promotable clone had its roles decided again, and what speaks
// against a promotion counted again each time.
TEST(Promotable, OldReleasesDecideAgain) {
  TestCib cib = cluster(R"(<clone id="m">)" + TestCib::meta("m", "promotable=true") +
                            R"(<primitive id="r" class="ocf" provider="pacemaker" type="Stateful"/></clone>)" +
                            TestCib::dummy("d"),
                        TestCib::online("n1", {}, "master-r=5") + TestCib::online("n2", {}, "master-r=1"));
  cib.constraints = R"(<rsc_location id="l" rsc="m"><rule id="lr" role="Promoted" score="-3"><expression id="e" )"
                    R"(attribute="#uname" operation="defined"/></rule></rsc_location>)";
  const std::string together = R"(<rsc_colocation id="x" rsc="d" with-rsc="m" with-rsc-role="Promoted" score="10"/>)";
  Legacy old;
  old.promotion_decided_again = true;
  const auto promoted = [](const Scheduled& s) {
    return s.resource("r:0").next_role == Role::kPromoted || s.resource("r:1").next_role == Role::kPromoted;
  };
  // Nobody asks for the clone: one decision.
  EXPECT_TRUE(promoted(Scheduled(cib)));
  EXPECT_TRUE(promoted(Scheduled(cib, old)));
  EXPECT_EQ(Scheduled(cib, old).promotion_lines(), 2U);
  cib.constraints += together;
  const Scheduled now(cib);
  EXPECT_TRUE(promoted(now));
  EXPECT_EQ(now.promotion_lines(), 2U);
  const Scheduled then(cib, old);
  EXPECT_GT(then.promotion_lines(), 2U);
  EXPECT_EQ(then.promotion_lines() % 2, 0U);
  EXPECT_FALSE(promoted(then));  // 5 - 3, and then 2 - 3
}

TEST(Bundles, PartsAndTheirPlaces) {  // S4 CR-10.10 to CR-10.30
  const std::string bundle =
      R"(<bundle id="b"><docker image="i" replicas="2"/><network ip-range-start="192.168.122.253"/>)" +
      TestCib::dummy("p") + "</bundle>";
  const Scheduled s(cluster(bundle, kBothOnline));
  const Model& model = *s.result.model;
  const BundleData& data = *s.resource("b").bundle;
  ASSERT_EQ(data.replicas.size(), 2U);
  EXPECT_EQ(data.replicas[1].ip, "192.168.122.254");
  EXPECT_TRUE(find_resource(model, "b-ip-192.168.122.253").valid());
  EXPECT_EQ(s.resource("b-docker-0").assigned, s.resource("b-0").assigned);
  EXPECT_EQ(model.node(s.resource("p:0").assigned).name, "b-0");
  EXPECT_NE(s.resource("b-docker-0").assigned, s.resource("b-docker-1").assigned);
}

}  // namespace
}  // namespace simcluster::scheduler
