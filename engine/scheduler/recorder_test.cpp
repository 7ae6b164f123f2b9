// What the recorder wrote adds up to what was decided, over every case of the corpora.
#include "engine/scheduler/recorder.h"

#include <map>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "engine/scheduler/model.h"
#include "engine/scheduler/test_cib.h"
#include "engine/scheduler/test_corpus.h"
#include "engine/scheduler/text.h"

namespace simcluster::scheduler {
namespace {

using namespace testing;

// The records of one resource, in their order.
class Ledger {
 public:
  explicit Ledger(const Model& model) : recorder_(*model.recorder), by_resource_(model.resources.size()) {
    for (std::uint32_t i = 0; i < recorder_.records.size(); ++i) {
      const ScoreRecord& record = recorder_.records[i];
      if (record.resource.valid()) by_resource_[record.resource.index()].push_back(i);
    }
  }
  // The sum of what `count` records say, by node.
  std::map<std::uint32_t, Score> sums(ResourceId resource, std::size_t count) const {
    std::map<std::uint32_t, Score> result;
    for (const std::uint32_t i : by_resource_[resource.index()]) {
      const ScoreRecord& record = recorder_.records[i];
      if (!record.counts(i, count)) continue;
      Score& score = result[record.node.value];
      score = record.replaces ? record.score : add_scores(score, record.score);
    }
    return result;
  }

 private:
  const Recorder& recorder_;
  std::vector<std::vector<std::uint32_t>> by_resource_;
};

// The allocation lines of -s, made of records alone.
std::vector<std::string> lines_from_records(const Model& model, const std::vector<std::string>& printed) {
  const Ledger ledger(model);
  std::vector<std::string> lines;
  std::size_t at = 0;
  for (const ScoreSnapshot& snapshot : model.recorder->snapshots) {
    const auto sums = ledger.sums(snapshot.resource, snapshot.records);
    const std::string begin = std::string(snapshot.label) + ": " + std::string(model.resource(snapshot.resource).id) +
                              " allocation score on ";
    // Which nodes are in the table is told by the line; what their scores are is not.
    std::set<std::string> names;
    for (; at < printed.size() && printed[at].starts_with(begin); ++at) {
      const std::string name = printed[at].substr(begin.size(), printed[at].rfind(": ") - begin.size());
      if (!names.insert(name).second) break;  // the next moment
      const auto sum = sums.find(find_node(model, name).value);
      lines.push_back(begin + name + ": " + (sum == sums.end() ? "?" : std::string(readable_score(sum->second))));
    }
  }
  return lines;
}

void check_case(const cib::Document& document, std::int64_t now) {
  Options options;
  options.now = now;
  options.collect_scores = true;
  options.explain = true;
  const Schedule result = schedule(document, options);
  const Model& model = *result.model;
  std::vector<std::string> printed;
  for (const ScoreLine& line : model.score_lines) {
    if (line.kind == ScoreLine::Kind::kNode) printed.push_back(score_line_text(line));
  }
  const std::vector<std::string> recorded = lines_from_records(model, printed);
  ASSERT_EQ(recorded.size(), printed.size());
  for (std::size_t i = 0; i < printed.size(); ++i) EXPECT_EQ(recorded[i], printed[i]) << "line " << i;
  const Ledger ledger(model);
  for (const Decision& decision : model.recorder->decisions) {
    if (decision.undone) continue;
    const auto sums = ledger.sums(decision.resource, decision.records);
    for (const NodeVerdict& verdict : decision.nodes) {
      if (!verdict.allowed) continue;
      ASSERT_EQ(sums.count(verdict.node.value), 1U) << model.resource(decision.resource).id;
      EXPECT_EQ(sums.at(verdict.node.value), verdict.score)
          << model.resource(decision.resource).id << " on " << model.node(verdict.node).name;
    }
  }
  for (const ScoreRecord& record : model.recorder->records) {
    if (record.resource.valid()) {
      EXPECT_NE(record.reason.what, ScoreReason::kUnknown) << model.resource(record.resource).id;
      EXPECT_EQ(record.after, record.replaces ? record.score : add_scores(record.before, record.score));
    }
  }
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
    check_case(*document, case_now(*document, case_time(cases, name)));
  }
}

TEST(Recorder, RecordsOfThePublicCasesAddUp) { check_corpus("scheduler"); }
TEST(Recorder, RecordsOfTheGeneratedCasesAddUp) { check_corpus("generated"); }

// Nothing is recorded, and nothing changes, when nobody wants to know.
TEST(Recorder, IsAbsentByDefault) {
  TestCib cib;
  cib.resources = TestCib::dummy("a");
  cib.states = TestCib::online("n1") + TestCib::online("n2");
  const cib::Document document = cib.document();
  EXPECT_EQ(schedule(document, Options()).model->recorder, nullptr);
}

}  // namespace
}  // namespace simcluster::scheduler
