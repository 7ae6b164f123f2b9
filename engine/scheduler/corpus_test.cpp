// The regression corpora: graph, picture and scores of every case, byte for byte after the corpus' own normalisation
// (S5 chapter N).
#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "engine/scheduler/graph.h"
#include "engine/scheduler/scheduler.h"
#include "engine/scheduler/test_corpus.h"

namespace simcluster::scheduler {
namespace {

using namespace testing;
std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size() - 1);
    lines.push_back(text.substr(at, end - at + 1));
    at = end + 1;
  }
  return lines;
}

// N-5: crm_feature_set and batch-limit are cut out.
std::string normal_graph(std::string text) {
  for (const std::string name : {"crm_feature_set=\"", "batch-limit=\""}) {
    for (std::size_t at = 0; (at = text.find(name, at)) != std::string::npos;) {
      text.erase(at, text.find('"', at + name.size()) + 1 - at);
    }
  }
  return text;
}

std::string normal_dot(const std::string& text) {
  const std::vector<std::string> lines = lines_of(text);
  const std::set<std::string> inner(lines.begin() + 1, lines.end() - 1);
  std::string result = lines.front();
  for (const std::string& line : inner) result += line;
  return result + lines.back();
}

std::string normal_scores(const std::vector<ScoreLine>& scores) {
  std::vector<std::string> lines(1);  // the empty line at the end
  for (const ScoreLine& score : scores) {
    if (score.kind != ScoreLine::Kind::kPlain) lines.push_back(score_line_text(score));  // --quiet leaves those out
  }
  std::sort(lines.begin(), lines.end());
  std::string result;
  for (const std::string& line : lines) result += line + "\n";
  return result;
}

// Names what differs, empty when nothing does.
std::string run_case(const fs::path& folder, const std::string& name, const std::string& time) {
  const auto document = case_document(folder, name);
  if (!document) return document.error().text();
  Options options;
  options.now = case_now(*document, time);
  options.collect_scores = true;
  const Schedule result = schedule(*document, options);
  std::string differs;
  if (normal_graph(write_graph(*result.model->graph)) != read(folder / "exp" / (name + ".exp"))) differs += " graph";
  if (normal_dot(write_dot(result, false, false)) != read(folder / "dot" / (name + ".dot"))) differs += " dot";
  if (normal_scores(result.model->score_lines) != read(folder / "scores" / (name + ".scores"))) differs += " scores";
  return differs;
}

void run_corpus(const std::string& corpus) {
  const fs::path folder = corpus_folder(corpus);
  const std::vector<std::string> names = case_names(folder);
  if (names.empty()) GTEST_SKIP() << "no corpus at " << folder << " (set SIMCLUSTER_SHARED)";
  const std::string cases = read(folder / "cases.json");
  for (const std::string& name : names) {
    const std::string differs = run_case(folder, name, case_time(cases, name));
    EXPECT_EQ(differs, "") << name;
  }
}

TEST(Corpus, PublicCases) { run_corpus("scheduler"); }
TEST(Corpus, GeneratedCases) { run_corpus("generated"); }

}  // namespace
}  // namespace simcluster::scheduler
