// What holds for every input: the corpora's situations and random ones. Each property is also seen failing on a graph
// that was damaged on purpose.
#include <functional>

#include <gtest/gtest.h>

#include "engine/base/random.h"
#include "engine/scheduler/property_checks.h"
#include "engine/scheduler/random_situation.h"
#include "engine/scheduler/test_cib.h"
#include "engine/scheduler/test_corpus.h"

namespace simcluster::scheduler::testing {
namespace {

// The sanitizers make everything ten times slower.
constexpr std::uint64_t kRandomClusters = SIMCLUSTER_SANITIZED != 0 ? 60 : 400;
constexpr std::size_t kEvery = SIMCLUSTER_SANITIZED != 0 ? 5 : 1;

using Examine = std::function<void(const std::string& name, const cib::Document& document, std::int64_t now)>;

void for_each_random_cluster(std::uint64_t count, const Examine& examine) {
  for (std::uint64_t seed = 1; seed <= count; ++seed) {
    RandomSituation situation(seed, RandomConfiguration::Orders::kConsistent);
    examine("random cluster " + std::to_string(seed), situation.document(), kRandomNow);
  }
}

// Every `step`th case.
void for_each_case(const std::string& corpus, std::size_t step, const Examine& examine) {
  const fs::path folder = corpus_folder(corpus);
  const std::vector<std::string> names = case_names(folder);
  if (names.empty()) GTEST_SKIP() << "no corpus at " << folder << " (set SIMCLUSTER_SHARED)";
  const std::string cases = read(folder / "cases.json");
  for (std::size_t i = 0; i < names.size(); i += step) {
    const auto document = case_document(folder, names[i]);
    ASSERT_TRUE(document) << document.error().text();
    examine(names[i], *document, case_now(*document, case_time(cases, names[i])));
  }
}

Schedule schedule_at(const cib::Document& document, std::int64_t now) {
  Options options;
  options.now = now;
  return schedule(document, options);
}

std::string joined(const Violations& violations) {
  std::string text;
  for (const std::string& violation : violations) text += violation + "\n";
  return text;
}

void examine_graph(const std::string& name, const cib::Document& document, std::int64_t now) {
  const Schedule schedule = schedule_at(document, now);
  const Graph& graph = *schedule.model->graph;
  EXPECT_EQ(joined(check_acyclic(graph)), "") << name;
  EXPECT_EQ(joined(check_inputs(graph, *schedule.model)), "") << name;
  EXPECT_EQ(joined(check_nodes(graph, *schedule.model)), "") << name;
  cib::Document after = document;
  const SimulationResult result = simulate_transition(graph, *schedule.model, after, {.failures = {}, .now = now});
  EXPECT_EQ(joined(check_orderings(document, executed_operations(result.steps))), "") << name;
}

TEST(Property, GraphsOfThePublicCorpus) { for_each_case("scheduler", 1, examine_graph); }
TEST(Property, GraphsOfTheGeneratedCorpus) { for_each_case("generated", 1, examine_graph); }
TEST(Property, GraphsOfRandomClusters) { for_each_random_cluster(kRandomClusters, examine_graph); }

// ---- coming to rest ----

// What is still changed when transitions were carried out until nothing is new any more.
std::string unrest(const cib::Document& document, std::int64_t now) {
  cib::Document state = document;
  std::set<std::string> last;
  for (int round = 0; round < 8; ++round) {
    const cib::Document before = state;
    const Schedule schedule = schedule_at(before, now);
    // Simulated unfencing leaves no trace (S5 L-7), so it is asked for again, and what depends on it moves again.
    if (schedule.model->options.unfencing_in_use) return {};
    const std::set<std::string> changes = real_changes(*schedule.model->graph, before);
    if (changes.empty() || changes == last) return {};  // nothing, or a fixed point
    last = changes;
    simulate_transition(*schedule.model->graph, *schedule.model, state, {.failures = {}, .now = now});
  }
  std::string text;
  for (const std::string& change : last) text += change + "\n";
  return text;
}

void examine_rest(const std::string& name, const cib::Document& document, std::int64_t now) {
  EXPECT_EQ(unrest(document, now), "") << name;
}

TEST(Property, TheCorpusComesToRest) { for_each_case("scheduler", kEvery, examine_rest); }
TEST(Property, RandomClustersComeToRest) { for_each_random_cluster(kRandomClusters, examine_rest); }

// ---- one input, one answer ----

void examine_repetition(const std::string& name, const cib::Document& document, std::int64_t now) {
  EXPECT_EQ(everything_about(document, now), everything_about(document, now)) << name;
}

TEST(Property, TheSameInputGivesTheSameBytes) { for_each_case("scheduler", 3 * kEvery, examine_repetition); }
TEST(Property, TheSameRandomClusterGivesTheSameBytes) {
  for_each_random_cluster(kRandomClusters / 3, examine_repetition);
}

// The text of the document with other white space, comments, and attributes in another order.
std::string disguised(const cib::Element& element, Random& random, int depth = 0) {
  const auto blank = [&] {
    constexpr std::string_view kBlanks[] = {" ", "  ", "\n", "\t", " \n  "};
    return std::string(kBlanks[random.below(std::size(kBlanks))]);
  };
  std::vector<std::string> attributes;
  for (const cib::Attribute attribute : element.attributes()) {
    cib::append_attribute(attributes.emplace_back(), attribute.name, attribute.value);
  }
  for (std::size_t i = attributes.size(); i > 1; --i) std::swap(attributes[i - 1], attributes[random.below(i)]);
  std::string text = "<" + std::string(element.name());
  for (const std::string& attribute : attributes) text += blank() + attribute;
  text += ">";
  for (const cib::Element child : element.children()) {
    if (random.below(4) == 0) text += "<!-- " + std::string(child.name()) + " -->" + blank();
    text += blank() + disguised(child, random, depth + 1) + blank();
  }
  return text + "</" + std::string(element.name()) + blank() + ">";
}

void examine_disguise(const std::string& name, const cib::Document& document, std::int64_t now) {
  Random random(7, name);
  const auto other = cib::parse_document(disguised(document.root(), random), name);
  ASSERT_TRUE(other) << other.error().text();
  EXPECT_EQ(everything_about(document, now), everything_about(*other, now)) << name;
}

TEST(Property, FormDoesNotMatterInTheCorpus) { for_each_case("scheduler", kEvery, examine_disguise); }
TEST(Property, FormDoesNotMatterInRandomClusters) { for_each_random_cluster(kRandomClusters / 3, examine_disguise); }

// ---- each check sees what it is for ----

// A graph in which b starts after a, both on n1.
struct Damaged {
  TestCib cib{.options = "stonith-enabled=false",
              .nodes = "n1",
              .resources = R"(<primitive id="a" class="ocf" provider="p" type="t"/>)"
                           R"(<primitive id="b" class="ocf" provider="p" type="t"/>)",
              .constraints = R"(<rsc_order id="o" first="a" then="b"/>)",
              .states = TestCib::online("n1")};
  cib::Document document = cib.document();
  Schedule schedule = schedule_at(document, kRandomNow);
  Graph& graph = *schedule.model->graph;

  std::size_t synapse(std::string_view key) {
    for (std::size_t s = 0; s < graph.synapses.size(); ++s) {
      if (graph.actions[graph.synapses[s].action].operation_key == key) return s;
    }
    throw std::runtime_error("no synapse");
  }
};

TEST(Property, ACycleIsSeen) {
  Damaged d;
  EXPECT_TRUE(check_acyclic(d.graph).empty());
  d.graph.synapses[d.synapse("a_start_0")].inputs.push_back(d.graph.synapses[d.synapse("b_start_0")].action);
  EXPECT_EQ(check_acyclic(d.graph),
            (Violations{"in or behind a cycle: a_start_0 n1", "in or behind a cycle: b_start_0 n1"}));
}

TEST(Property, AMissingInputIsSeen) {
  Damaged d;
  EXPECT_TRUE(check_inputs(d.graph, *d.schedule.model).empty());
  d.graph.synapses.erase(d.graph.synapses.begin() + static_cast<std::ptrdiff_t>(d.synapse("a_start_0")));
  EXPECT_EQ(check_inputs(d.graph, *d.schedule.model),
            (Violations{"b_start_0 n1 waits for a_start_0 n1, which is not in the graph"}));
}

TEST(Property, AnActionOnALostNodeIsSeen) {
  Damaged d;
  EXPECT_TRUE(check_nodes(d.graph, *d.schedule.model).empty());
  d.schedule.model->node(find_node(*d.schedule.model, "n1")).online = false;
  EXPECT_FALSE(check_nodes(d.graph, *d.schedule.model).empty());
}

TEST(Property, AnOrderTurnedRoundIsSeen) {
  Damaged d;
  Synapse& second = d.graph.synapses[d.synapse("b_start_0")];
  std::erase(second.inputs, d.graph.synapses[d.synapse("a_start_0")].action);
  d.graph.synapses[d.synapse("a_start_0")].inputs.push_back(second.action);
  const SimulationResult result = simulate_transition(d.graph, *d.schedule.model, d.document, {});
  EXPECT_EQ(check_orderings(d.document, executed_operations(result.steps)),
            (Violations{"o: b start came before a start"}));
}

// A transition that is carried out without being remembered would come again for ever.
TEST(Property, RealChangesAreSeen) {
  Damaged d;
  EXPECT_EQ(unrest(d.document, kRandomNow), "");
  EXPECT_TRUE(real_changes(d.graph, d.document).contains("a_start_0 n1"));
  RandomSituation::advance(d.document);
  EXPECT_TRUE(RandomSituation::advance(d.document));
}

}  // namespace
}  // namespace simcluster::scheduler::testing
