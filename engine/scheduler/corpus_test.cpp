// The regression corpora: graph, picture and scores of every case, byte for byte after the corpus' own normalisation
// (S5 chapter N).
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "engine/cib/dates.h"
#include "engine/cib/upgrade.h"
#include "engine/scheduler/graph.h"
#include "engine/scheduler/scheduler.h"

namespace simcluster::scheduler {
namespace {

namespace fs = std::filesystem;

fs::path corpus_folder(const std::string& name) {
  const char* shared = std::getenv("SIMCLUSTER_SHARED");
  return fs::path(shared != nullptr ? shared : SIMCLUSTER_SOURCE_DIR "/../shared") / "corpus" / name;
}

std::string read(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

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

std::string normal_scores(std::vector<std::string> lines) {
  lines.emplace_back();  // the empty line at the end
  std::sort(lines.begin(), lines.end());
  std::string result;
  for (const std::string& line : lines) result += line + "\n";
  return result;
}

// The value of -t in cases.json, empty when the case has none.
std::string case_time(const std::string& cases, const std::string& name) {
  const std::size_t at = cases.find("\"" + name + "\"");
  if (at == std::string::npos) return {};
  const std::size_t begin = cases.find("\"args\"", at);
  const std::string args = cases.substr(begin, cases.find(']', begin) - begin);
  const std::size_t option = args.find("\"-t\"");
  if (option == std::string::npos) return {};
  const std::size_t value = args.find('"', option + 4) + 1;
  return args.substr(value, args.find('"', value) - value);
}

// Names what differs, empty when nothing does.
std::string run_case(const fs::path& folder, const std::string& name, const std::string& time) {
  auto document = cib::parse_document(read(folder / "xml" / (name + ".xml")), name);
  if (!document) return document.error().text();
  cib::upgrade(*document);
  Options options;
  options.now = execution_date(*document).value_or(1'700'000'000);
  if (!time.empty()) options.now = cib::parse_date_time(time, cib::DateTime::from_epoch(0))->to_epoch();
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
  if (!fs::exists(folder / "xml")) GTEST_SKIP() << "no corpus at " << folder << " (set SIMCLUSTER_SHARED)";
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder / "xml")) names.push_back(entry.path().stem().string());
  std::sort(names.begin(), names.end());
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
