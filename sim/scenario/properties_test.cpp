// What holds for every transition graph (engine/scheduler/property_checks.h) holds for the configurations of the
// project's own scenarios, with all nodes online and nothing started yet, and after each transition until they rest.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include <gtest/gtest.h>

#include "engine/cib/upgrade.h"
#include "engine/scheduler/property_checks.h"
#include "engine/scheduler/random_edits.h"
#include "sim/scenario/loader.h"
#include "sim/world/world_spec.h"

namespace simcluster::sim {
namespace {

namespace fs = std::filesystem;
using scheduler::testing::kRandomNow;

// The CIB with a status section in which these nodes are online.
cib::Document with_status(const std::string& text, const std::vector<std::string>& names) {
  auto document = cib::parse_document(text, "cib.xml");
  EXPECT_TRUE(document) << document.error().text();
  cib::MutableElement nodes = document->find_path("configuration/nodes");
  cib::MutableElement status = document->root().ensure_child("status");
  document->root().set_attribute("have-quorum", "1");
  std::int64_t number = 0;
  for (const std::string& name : names) {
    const cib::Element known = nodes.child_with(cib::names::kNode, cib::names::kUname, name);
    const std::string id = known ? std::string(known.id()) : std::to_string(++number + 1000);
    if (!known) nodes.append_child("node").set_attribute("id", id).set_attribute("uname", name);
    status.append_child("node_state")
        .set_attribute("id", id)
        .set_attribute("uname", name)
        .set_attribute("in_ccm", "true")
        .set_attribute("crmd", "online")
        .set_attribute("join", "member")
        .set_attribute("expected", "member");
  }
  return *document;
}

std::string wrong_with(const cib::Document& document, const scheduler::Schedule& schedule,
                       const std::vector<scheduler::SimulatedStep>& steps) {
  using namespace scheduler::testing;
  const scheduler::Graph& graph = *schedule.model->graph;
  std::string text;
  for (const Violations& violations :
       {check_acyclic(graph), check_inputs(graph, *schedule.model), check_nodes(graph, *schedule.model),
        check_orderings(document, executed_operations(steps))}) {
    for (const std::string& violation : violations) text += violation + "\n";
  }
  if (everything_about(document, kRandomNow) != everything_about(document, kRandomNow)) text += "two answers\n";
  return text;
}

void examine(cib::Document document, const std::string& name) {
  ASSERT_EQ(cib::upgrade(document).outcome, cib::UpgradeOutcome::kValid) << name;
  std::set<std::string> last;
  for (int round = 0; round < 6; ++round) {
    const cib::Document before = document;
    scheduler::Options options;
    options.now = kRandomNow;
    const scheduler::Schedule schedule = scheduler::schedule(before, options);
    const auto result = scheduler::simulate_transition(*schedule.model->graph, *schedule.model, document,
                                                       {.failures = {}, .now = kRandomNow});
    EXPECT_EQ(wrong_with(before, schedule, result.steps), "") << name << ", transition " << round;
    const std::set<std::string> changes = scheduler::testing::real_changes(*schedule.model->graph, before);
    if (changes.empty() || changes == last) return;
    last = changes;
  }
  ADD_FAILURE() << name << " does not come to rest: " << *last.begin();
}

TEST(ScenarioProperties, GraphsOfAllScenarios) {
  int examined = 0;
  std::set<std::string> seen;
  for (const auto& entry : fs::recursive_directory_iterator(SIMCLUSTER_SOURCE_DIR "/scenarios")) {
    if (entry.path().extension() != ".yaml") continue;
    const auto file = load_scenario(entry.path().string());
    if (!file) continue;  // what only others include
    for (const Scenario& scenario : file->variants) {
      std::string cib;
      std::vector<std::string> names;
      for (const MachineSpec& machine : scenario.world.machines) {
        if (!machine.cluster) continue;
        names.push_back(machine.name);
        cib = machine.initial_cib;
      }
      if (cib.empty() || !seen.insert(cib).second) continue;
      examine(with_status(cib, names), scenario.name + " / " + scenario.variant);
      ++examined;
    }
  }
  EXPECT_GT(examined, 20);
}

// What crmsh made of the text in that folder: all kinds of statements.
TEST(ScenarioProperties, GraphsOfTheCrmShellCorpus) {
  std::ifstream stream(SIMCLUSTER_SOURCE_DIR "/engine/cib/testdata/crmsh_4.4/loaded.xml");
  const std::string text{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  examine(with_status(text, {"node1", "node2"}), "loaded.xml");
}

}  // namespace
}  // namespace simcluster::sim
