// Explanations say what decided, in the order in which it was decided.
#include "engine/scheduler/explanation.h"

#include <string>

#include <gtest/gtest.h>

#include "engine/scheduler/scheduler.h"
#include "engine/scheduler/test_cib.h"
#include "engine/scheduler/test_corpus.h"

namespace simcluster::scheduler {
namespace {

using namespace testing;

std::string why(const TestCib& cib, std::string_view resource) {
  const cib::Document document = cib.document();
  Options options;
  options.now = 1'000'000;
  options.explain = true;
  const Schedule result = schedule(document, options);
  std::string text;
  for (const Explanation& explanation : explain(result, resource)) text += explanation_text(explanation);
  return text;
}

TestCib two_nodes() {
  TestCib cib;
  cib.options = "stonith-enabled=false";
  cib.states = TestCib::online("n1") + TestCib::online("n2");
  return cib;
}

// S3 A-4.10, A-4.16: locations before stickiness.
TEST(Explanation, TellsLocationsThenStickiness) {
  TestCib cib = two_nodes();
  cib.resources = TestCib::dummy("a", TestCib::meta("a", "resource-stickiness=50"));
  cib.constraints = R"(<rsc_location id="like-n2" rsc="a" node="n2" score="100"/>)"
                    R"(<rsc_location id="like-n1" rsc="a" node="n1" score="10"/>)";
  cib.states = TestCib::online("n1", TestCib::history("a", "start:2=0")) + TestCib::online("n2");
  EXPECT_EQ(why(cib, "a"),
            "a (ocf:pacemaker:Dummy) is Started on n1 and is to be Started on n2\n"
            "  n1: 60\n"
            "    +10  location like-n1\n"
            "    +50  stickiness: it runs there\n"
            "  n2: 100, chosen\n"
            "    +100  location like-n2\n"
            "  Choice: n2 has the highest score\n"
            "  Next: Move n1 -> n2\n"
            "    stop on n1: it moves to n2\n"
            "    start on n2: it moves to n2\n");
}

// S3 A-4.20, A-6.12: failures ban the node, the dependent follows.
TEST(Explanation, TellsTheChainOfAColocation) {
  TestCib cib = two_nodes();
  cib.resources = TestCib::dummy("a", TestCib::meta("a", "migration-threshold=2")) + TestCib::dummy("b");
  cib.constraints = R"(<rsc_colocation id="b-with-a" rsc="b" with-rsc="a" score="INFINITY"/>)"
                    R"(<rsc_location id="b-likes-n2" rsc="b" node="n2" score="5"/>)";
  cib.states = TestCib::online("n1", {}, "fail-count-a#start_0=2") + TestCib::online("n2");
  EXPECT_EQ(why(cib, "b"),
            "b (ocf:pacemaker:Dummy) is Stopped and is to be Started on n2\n"
            "  n1: -INFINITY\n"
            "    -INFINITY  colocation b-with-a with a, which is to run on n2\n"
            "  n2: 5, chosen\n"
            "    +5  location b-likes-n2\n"
            "  Choice: n2 has the highest score\n"
            "  Next: Start n2\n"
            "    start on n2: it does not run yet\n");
  EXPECT_EQ(why(cib, "a"),
            "a (ocf:pacemaker:Dummy) is Stopped and is to be Started on n2\n"
            "  n1: -INFINITY\n"
            "    -INFINITY  2 failures of a there, migration-threshold is 2\n"
            "  n2: 5, chosen\n"
            "    +5  what b prefers, which follows it by colocation b-with-a\n"
            "  Choice: n2 has the highest score\n"
            "  Next: Start n2\n"
            "    start on n2: it does not run yet\n");
}

// S3 A-7.6: a member that cannot run somewhere keeps its whole group away.
TEST(Explanation, TellsWhichFollowerCannotRunThere) {
  TestCib cib = two_nodes();
  cib.resources = R"(<group id="g">)" + TestCib::dummy("a") + TestCib::dummy("b") + "</group>";
  cib.constraints = R"(<rsc_location id="b-not-n1" rsc="b" node="n1" score="-INFINITY"/>)";
  const std::string text = why(cib, "a");
  EXPECT_NE(text.find("  n1: -INFINITY\n    -INFINITY  b, which follows it in its group, cannot run there\n"),
            std::string::npos)
      << text;
}

// S3 A-0.8; S5 B-11.
TEST(Explanation, TellsAboutNodesAndQuorum) {
  TestCib cib = two_nodes();
  cib.attributes = R"(have-quorum="0")";
  cib.resources = TestCib::dummy("a");
  cib.states = TestCib::online("n1", {}, "standby=on") + TestCib::online("n2");
  EXPECT_EQ(why(cib, "a"),
            "a (ocf:pacemaker:Dummy) stays Stopped\n"
            "  no quorum, no-quorum-policy=stop: nothing may run\n"
            "  n1: 0, standby\n"
            "    0  symmetric-cluster: may run on every node\n"
            "  n2: 0, chosen\n"
            "    0  symmetric-cluster: may run on every node\n"
            "  Choice: n2 has the highest score\n"
            "  Next: Start n2, which cannot be done\n"
            "    start on n2 cannot run: the cluster has no quorum\n");
}

// S5 G-18, G-20: a restart is traced to the first resource.
TEST(Explanation, TracesARestartToItsOrigin) {
  TestCib cib = two_nodes();
  cib.resources = TestCib::dummy("a", TestCib::meta("a", "target-role=Stopped")) + TestCib::dummy("b");
  cib.constraints = R"(<rsc_order id="a-then-b" first="a" then="b"/>)";
  cib.states = TestCib::online("n1", TestCib::history("a", "start:2=0") + TestCib::history("b", "start:3=0")) +
               TestCib::online("n2");
  EXPECT_EQ(
      why(cib, "b"),
      "b (ocf:pacemaker:Dummy) is Started on n1 and is to be Stopped\n"
      "  n1: 0, chosen\n"
      "    0  symmetric-cluster: may run on every node\n"
      "  n2: 0\n"
      "    0  symmetric-cluster: may run on every node\n"
      "  Choice: it runs on n1 already, and no other node has a higher score\n"
      "  Next: Stop n1\n"
      "    stop on n1: start on n1 cannot run, because start of a cannot run (order a-then-b), because a is to be "
      "stopped (target-role)\n"
      "    start on n1 cannot run: start of a cannot run (order a-then-b), because a is to be stopped "
      "(target-role)\n");
}

// S2 U-18: the digest of the history is another one than that of the parameters.
TEST(Explanation, TellsAboutAChangedDefinition) {
  TestCib cib = two_nodes();
  cib.resources = TestCib::dummy("a", R"(<instance_attributes id="i"><nvpair id="i1" name="p" value="new"/>)"
                                      R"(</instance_attributes>)");
  cib.states = TestCib::online("n1", TestCib::history("a", "start:2=0")) + TestCib::online("n2");
  const std::string text = why(cib, "a");
  EXPECT_NE(text.find("  Next: Restart n1\n"
                      "    stop on n1: its definition changed since it was started\n"
                      "    start on n1: its definition changed since it was started\n"),
            std::string::npos)
      << text;
}

TEST(Explanation, KnowsItsNames) {
  TestCib cib = two_nodes();
  cib.resources = R"(<clone id="c">)" + TestCib::dummy("a") + "</clone>";
  const cib::Document document = cib.document();
  Options options;
  options.explain = true;
  const Schedule result = schedule(document, options);
  EXPECT_TRUE(explain(result, "b").empty());
  EXPECT_EQ(explain(result, "c").size(), 1U);
  EXPECT_EQ(explain(result, "c").front().parts.size(), 2U);
  EXPECT_EQ(explain(result, "a").size(), 2U);
  EXPECT_EQ(explain(result, "a:1").size(), 1U);
}

// --- every resource of every case of the corpora ---

void check(const Explanation& explanation) {
  EXPECT_FALSE(explanation.title.empty());
  EXPECT_FALSE(explanation_text(explanation).empty());
  for (const ExplainedNode& node : explanation.nodes) {
    if (!node.allowed) continue;
    ASSERT_FALSE(node.steps.empty()) << explanation.resource << " on " << node.node;
    Score sum = 0;
    for (const ExplainedStep& step : node.steps) {
      sum = step.replaces ? step.score : add_scores(sum, step.score);
      EXPECT_EQ(sum, step.total) << explanation.resource << " on " << node.node << ": " << step.text;
      EXPECT_NE(step.rule, "unknown") << explanation.resource;
    }
    EXPECT_EQ(sum, node.score) << explanation.resource << " on " << node.node;
  }
  for (const Explanation& part : explanation.parts) check(part);
}

void check_corpus(const std::string& corpus) {
  const fs::path folder = corpus_folder(corpus);
  const std::vector<std::string> names = case_names(folder);
  if (names.empty()) GTEST_SKIP() << "no corpus at " << folder << " (set SIMCLUSTER_SHARED)";
  const std::string cases = read(folder / "cases.json");
  for (const std::string& name : names) {
    SCOPED_TRACE(name);
    const auto document = case_document(folder, name);
    ASSERT_TRUE(document);
    Options options;
    options.now = case_now(*document, case_time(cases, name));
    options.explain = true;
    const Schedule result = schedule(*document, options);
    for (const ResourceId id : result.model->top_level) {
      const auto explanations = explain(result, result.model->resource(id).id);
      ASSERT_EQ(explanations.size(), 1U);
      check(explanations.front());
    }
    for (const std::string_view known : explainable_names(result)) EXPECT_FALSE(known.empty());
  }
}

TEST(Explanation, EveryResourceOfThePublicCases) { check_corpus("scheduler"); }
TEST(Explanation, EveryResourceOfTheGeneratedCases) { check_corpus("generated"); }

}  // namespace
}  // namespace simcluster::scheduler
