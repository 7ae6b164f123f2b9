// Runs the cases of testdata/ and compares with the results written beneath them.
//
// SIMCLUSTER_UPDATE_CASES=1 rewrites the results instead. SIMCLUSTER_CASES_XML=DIR writes every case as a CIB with the
// options that crm_simulate needs for its events, for comparisons with other tools.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include <gtest/gtest.h>

#include "engine/cib/upgrade.h"
#include "engine/scheduler/case_notation.h"
#include "engine/scheduler/display.h"
#include "engine/scheduler/explanation.h"
#include "engine/scheduler/graph.h"
#include "engine/scheduler/scheduler.h"
#include "engine/scheduler/score_line.h"
#include "engine/scheduler/simulate.h"
#include "engine/scheduler/text.h"

namespace simcluster::scheduler::testing {

namespace {

namespace fs = std::filesystem;

// The scores of one resource at one moment as one line, "primitive a: n1=0 n2=0"; other lines as they are.
class ScoreWriter {
 public:
  void add(const ScoreLine& line) {
    if (line.kind != ScoreLine::Kind::kNode) {
      end();
      out_ += score_line_text(line) + "\n";
      return;
    }
    std::string head(line.label.substr(std::string_view("pcmk__").size()));
    head.erase(head.rfind("_assign"));
    head += " " + std::string(line.resource);
    if (head != head_ || !nodes_.insert(line.node).second) {
      end();
      head_ = head;
      nodes_ = {line.node};
      out_ += head + ":";
    }
    out_ += " " + std::string(line.node) + "=" + readable_score(line.score);
  }
  std::string take() {
    end();
    return std::move(out_);
  }

 private:
  void end() {
    if (!head_.empty()) out_ += "\n";
    head_.clear();
    nodes_.clear();
  }
  std::string out_;
  std::string head_;
  std::set<std::string_view> nodes_;
};

std::string action_name(const GraphAction& action) {
  std::string name(action.operation_key.empty() ? action.operation : action.operation_key);
  if (action.kind == GraphActionKind::kCluster && action.operation_key == action.operation) name = action.operation;
  if (!action.node.empty()) name += " " + std::string(action.node);
  return action.kind == GraphActionKind::kPseudo ? "(" + name + ")" : name;
}

// One line an action: what it waits for.
std::string graph_text(const Graph& graph) {
  std::vector<const Synapse*> synapses;
  for (const Synapse& synapse : graph.synapses) synapses.push_back(&synapse);
  std::sort(synapses.begin(), synapses.end(), [&](const Synapse* a, const Synapse* b) {
    return graph.actions[a->action].id < graph.actions[b->action].id;
  });
  std::string out;
  for (const Synapse* synapse : synapses) {
    out += action_name(graph.actions[synapse->action]);
    if (synapse->priority != 0) out += " priority " + std::to_string(synapse->priority);
    for (std::size_t i = 0; i < synapse->inputs.size(); ++i) {
      out += (i == 0 ? " <- " : ", ") + action_name(graph.actions[synapse->inputs[i]]);
    }
    out += "\n";
  }
  return out.empty() ? "nothing\n" : out;
}

// The numbers of the actions, in the order of the synapses.
std::string ids_text(const Graph& graph) {
  std::string out;
  for (const Synapse& synapse : graph.synapses) {
    const GraphAction& action = graph.actions[synapse.action];
    out += std::to_string(action.id) + " " + action_name(action) + "\n";
  }
  return out.empty() ? "nothing\n" : out;
}

std::string header_text(const Graph& graph) {
  const std::string xml = write_graph(graph);
  return xml.substr(0, xml.find('>') + 1) + "\n";
}

// The attributes of one graph action.
std::string attributes_text(const Graph& graph, const std::string& key, const std::string& node) {
  for (const Synapse& synapse : graph.synapses) {
    const GraphAction& action = graph.actions[synapse.action];
    if (action.operation_key != key || (!node.empty() && action.node != node)) continue;
    std::string out = action_name(action) + "\n";
    for (const auto& [name, value] : action.attributes)
      out += "  " + std::string(name) + "=" + std::string(value) + "\n";
    for (const std::string_view id : action.downed) out += "  downs " + std::string(id) + "\n";
    return out;
  }
  return "no action " + key + (node.empty() ? "" : " on " + node) + "\n";
}

// One run of a case.
class CaseRun {
 public:
  CaseRun(const Case& c, const std::string& file) : case_(c), file_(file) {}

  Result<std::string> run() {
    auto situation = build_situation(case_, file_);
    if (!situation) return tl::unexpected(situation.error());
    auto events = read_events(case_, file_);
    if (!events) return tl::unexpected(events.error());
    working_ = std::move(situation->cib);
    const cib::UpgradeResult upgraded = cib::upgrade(working_);
    if (upgraded.outcome != cib::UpgradeOutcome::kValid) {
      for (const Error& error : upgraded.errors) out_ += "refused: " + error.message + "\n";
      return std::move(out_);
    }
    options_.now = situation->now;
    events_ = std::move(*events);
    unpack_working();
    if (!events_.injections.empty() || events_.injections.quorum) {
      inject(working_, *schedule_.model, events_.injections, options_.now);
      unpack_working();
    }
    write_status(*schedule_.model, "Cluster status", DisplayOptions(), status_);
    options_.collect_scores = true;
    scheduler::run(schedule_, options_);
    for (const CaseLine& wanted : case_.wanted) {
      if (case_.wanted.size() > 1) out_ += wanted.text + ":\n";
      if (auto written = write(wanted); !written) return tl::unexpected(written.error());
    }
    return std::move(out_);
  }

 private:
  void unpack_working() {
    snapshot_ = working_;
    Options options = options_;
    options.collect_scores = true;
    options.collect_utilization = std::any_of(case_.wanted.begin(), case_.wanted.end(),
                                              [](const CaseLine& wanted) { return wanted.text == "utilization"; });
    options.explain = std::any_of(case_.wanted.begin(), case_.wanted.end(),
                                  [](const CaseLine& wanted) { return wanted.text.starts_with("why "); });
    schedule_ = unpack(snapshot_, options);
  }

  // Below a heading when there are several outputs.
  void put(const std::string& text) {
    const std::string_view indent = case_.wanted.size() > 1 ? "  " : "";
    std::size_t at = 0;
    while (at < text.size()) {
      const std::size_t end = text.find('\n', at);
      if (end > at) out_ += std::string(indent) + text.substr(at, end - at) + "\n";
      at = end + 1;
    }
  }

  Result<void> write(const CaseLine& wanted) {
    const Graph& graph = *schedule_.model->graph;
    const std::vector<CaseLine> words = words_of(wanted);
    if (wanted.text == "summary") {
      std::string text;
      for (const std::string& line : transition_summary(schedule_)) text += line + "\n";
      put(text.empty() ? "nothing to do\n" : text);
    } else if (wanted.text == "scores" || wanted.text == "utilization") {
      ScoreWriter writer;
      for (const ScoreLine& line : schedule_.model->score_lines) {
        const bool score = line.kind == ScoreLine::Kind::kNode || line.kind == ScoreLine::Kind::kPromotion;
        if (line.kind == ScoreLine::Kind::kBundleCapacity) continue;
        if (score == (wanted.text == "scores")) writer.add(line);
      }
      put(writer.take());
    } else if (wanted.text == "graph") {
      put(graph_text(graph));
    } else if (wanted.text == "ids") {
      put(ids_text(graph));
    } else if (wanted.text == "header") {
      put(header_text(graph));
    } else if (wanted.text == "status") {
      put(status_);
    } else if (wanted.text == "steps" || wanted.text == "revised") {
      put(simulated(wanted.text == "revised"));
    } else if (words[0].text == "why" && words.size() == 2) {
      std::string text;
      for (const Explanation& explanation : explain(schedule_, words[1].text)) text += explanation_text(explanation);
      put(text.empty() ? "no resource " + words[1].text + "\n" : text);
    } else if (words[0].text == "action" && words.size() >= 2) {
      put(attributes_text(graph, words[1].text, words.size() > 2 ? words[2].text : ""));
    } else {
      return fail(
          "expected summary, scores, utilization, graph, ids, header, status, steps, revised, why RESOURCE or action "
          "KEY [NODE]",
          {file_, wanted.line, wanted.column});
    }
    return {};
  }

  std::string simulated(bool revised) {
    cib::Document after = working_;
    SimulationOptions options;
    options.failures = events_.failures;
    options.now = options_.now;
    options.create_nodes = !events_.injections.nodes_up.empty();
    const SimulationResult result = simulate_transition(*schedule_.model->graph, schedule_.state(), after, options);
    std::string text;
    for (const SimulatedStep& step : result.steps) text += step.text + "\n";
    if (!result.complete) text += "the transition is invalid\n";
    if (!revised) return text.empty() ? "nothing\n" : text;
    text.clear();
    const Schedule later = unpack(after, options_);
    DisplayOptions display;
    display.show_pending = false;
    write_status(*later.model, "Revised status", display, text);
    return text;
  }

  const Case& case_;
  const std::string& file_;
  cib::Document working_;
  cib::Document snapshot_;
  Options options_;
  CaseEvents events_;
  Schedule schedule_;
  std::string status_;
  std::string out_;
};

fs::path folder() { return fs::path(SIMCLUSTER_SOURCE_DIR) / "engine/scheduler/testdata"; }

std::string read_text(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

std::vector<fs::path> case_files() {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder())) {
    if (entry.path().extension() == ".cases") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::string option_text(const Case& c) {
  std::string text;
  for (const CaseLine& line : c.events) {
    const std::vector<CaseLine> words = words_of(line);
    text += " --" + words[0].text + " " + words[1].text;
  }
  return text;
}

void export_case(const Case& c, const std::string& file, const std::string& name) {
  const char* target = std::getenv("SIMCLUSTER_CASES_XML");
  if (target == nullptr) return;
  const auto situation = build_situation(c, file);
  if (!situation) return;
  std::ofstream(fs::path(target) / (name + ".xml")) << cib::write_document(situation->cib);
  std::ofstream(fs::path(target) / (name + ".args")) << option_text(c) << "\n";
  std::ofstream(fs::path(target) / (name + ".title")) << c.title << "   (" << c.rules << ")\n";
}

void check_file(const fs::path& path) {
  const std::string file = path.filename().string();
  const std::string text = read_text(path);
  const auto cases = parse_cases(text, file);
  ASSERT_TRUE(cases) << cases.error().text();
  std::vector<std::string> results;
  int number = 0;
  for (const Case& c : *cases) {
    const auto result = run_case(c, file);
    ASSERT_TRUE(result) << result.error().text();
    export_case(c, file, path.stem().string() + "-" + std::to_string(++number));
    results.push_back(*result);
    if (std::getenv("SIMCLUSTER_UPDATE_CASES") == nullptr) {
      EXPECT_EQ(*result, c.result) << file << ":" << c.line << ": " << c.title << " (" << c.rules << ")";
    }
  }
  if (std::getenv("SIMCLUSTER_UPDATE_CASES") == nullptr) return;
  const std::string updated = with_results(text, *cases, results);
  if (updated != text) std::ofstream(path, std::ios::binary) << updated;
}

class CaseFile : public ::testing::TestWithParam<fs::path> {};
TEST_P(CaseFile, ComesOutAsWritten) { check_file(GetParam()); }
// Test names may hold letters, digits and underscores.
std::string name_of_file(const ::testing::TestParamInfo<fs::path>& file) {
  std::string name = file.param.stem().string();
  std::replace_if(
      name.begin(), name.end(), [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0; }, '_');
  return name;
}
INSTANTIATE_TEST_SUITE_P(Testdata, CaseFile, ::testing::ValuesIn(case_files()), name_of_file);

// Every group of rules of the specification has a case: chapters of S1, S3 and S4, letters of S2 and S5.
TEST(CaseCoverage, EveryRuleGroupHasACase) {
  std::set<std::string> shown;
  for (const fs::path& path : case_files()) {
    const std::string text = read_text(path);
    const std::string file = path.filename().string();
    const auto cases = parse_cases(text, file);
    ASSERT_TRUE(cases);
    for (const Case& c : *cases) {
      std::string document;
      for (CaseLine word : words_of({c.rules, c.line, 1})) {
        std::string rule = word.text.substr(0, word.text.find(','));
        if (rule.size() == 2 && rule[0] == 'S') {
          document = rule;
          continue;
        }
        const bool by_chapter = document == "S1" || document == "S3" || document == "S4";
        shown.insert(document + " " + rule.substr(0, rule.find(by_chapter ? '.' : '-')));
      }
    }
  }
  std::string missing;
  const auto expect = [&](const std::string& group) {
    if (shown.count(group) == 0) missing += group + "\n";
  };
  for (int chapter = 1; chapter <= 18; ++chapter) expect("S1 C-" + std::to_string(chapter));
  for (const char letter : std::string("NATSPFMOECLGRXKUDI")) expect(std::string("S2 ") + letter);
  for (int chapter = 2; chapter <= 14; ++chapter) expect("S3 A-" + std::to_string(chapter));
  for (int chapter = 1; chapter <= 15; ++chapter) expect("S4 CR-" + std::to_string(chapter));
  for (const char letter : std::string("BCDEFGHIKLM")) expect(std::string("S5 ") + letter);
  EXPECT_EQ(missing, "");
}

}  // namespace

Result<std::string> run_case(const Case& c, const std::string& file) { return CaseRun(c, file).run(); }

}  // namespace simcluster::scheduler::testing
