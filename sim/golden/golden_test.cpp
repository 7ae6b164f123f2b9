// Golden files and the proof of determinism.
#include "sim/golden/golden.h"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <unistd.h>

#include "sim/golden/verify.h"
#include "sim/scenario/loader.h"

namespace simcluster::sim {
namespace {

namespace fs = std::filesystem;

ScenarioFile file_at(const std::string& path, std::initializer_list<const char*> variants) {
  ScenarioFile file{path, "x", "", {}};
  for (const char* name : variants) {
    Scenario scenario;
    scenario.variant = name;
    file.variants.push_back(scenario);
  }
  return file;
}

TEST(GoldenPaths, BesideTheFolderOfScenarios) {
  const auto file = file_at("/r/scenarios/net/race.yaml", {"a", "b"});
  const GoldenFiles golden(file, "");
  EXPECT_EQ(golden.path(file.variants[1]), "/r/golden/net/race/b.txt");
  EXPECT_EQ(golden.table_path(), "/r/golden/net/race/table.txt");
  EXPECT_EQ(GoldenFiles(file, "/else").path(file.variants[0]), "/else/net/race/a.txt");
}

TEST(GoldenPaths, OneFileWithoutVariantsAndBesideTheScenarioElsewhere) {
  const auto file = file_at("scenarios/idle.yaml", {""});
  EXPECT_EQ(GoldenFiles(file, "").path(file.variants[0]), "golden/idle.txt");
  const auto other = file_at("/tmp/idle.yaml", {""});
  EXPECT_EQ(GoldenFiles(other, "").path(other.variants[0]), "/tmp/golden/idle.txt");
}

TEST(GoldenFilesTest, UpdateWritesOnlyWhatChangedAndSeesLeftovers) {
  const fs::path root = fs::path(testing::TempDir()) / ("golden_" + std::to_string(getpid()));
  fs::remove_all(root);
  const auto file = file_at((root / "scenarios/s.yaml").generic_string(), {"a", "b"});
  const GoldenFiles golden(file, "");
  EXPECT_TRUE(*GoldenFiles::update(golden.path(file.variants[0]), "one\n"));
  EXPECT_FALSE(*GoldenFiles::update(golden.path(file.variants[0]), "one\n"));
  EXPECT_TRUE(*GoldenFiles::update((root / "golden/s/gone.txt").generic_string(), "x\n"));
  EXPECT_EQ(golden.leftovers(file), std::vector<std::string>{(root / "golden/s/gone.txt").generic_string()});
  fs::remove_all(root);
}

TEST(GoldenFilesTest, ComparisonTellsTheFirstDifference) {
  EXPECT_FALSE(compare_golden("p", "a\nb\n", "a\nb\n"));
  const auto difference = compare_golden("p", "a\nb\nc\n", "a\nx\nc\n");
  ASSERT_TRUE(difference);
  EXPECT_EQ(difference->first_expected, "b");
  EXPECT_EQ(difference->first_actual, "x");
  EXPECT_NE(difference->diff.find("--- p\n+++ this run\n"), std::string::npos);
}

TEST(GoldenFilesTest, TimesOfLines) {
  EXPECT_EQ(time_of_line("00:07:10.123 node01  x"), minutes(7) + milliseconds(10'123));
  EXPECT_EQ(time_of_line("1d 01:00:00.000 node01  x"), hours(25));
  EXPECT_EQ(time_of_line("    vip01 Started"), std::nullopt);
  EXPECT_EQ(time_of_line(""), std::nullopt);
}

class Determinism : public testing::Test {
 protected:
  static ScenarioFile scenario() {
    const fs::path path = fs::path(testing::TempDir()) / ("determinism_" + std::to_string(getpid()) + ".yaml");
    std::ofstream(path) << R"(title: two nodes
until: 1m
networks: {lan: {jitter: 20us, loss: 1%}}
nodes:
  node1: {interfaces: {eth0: {network: lan, address: 10.0.0.1/24}}}
  node2: {interfaces: {eth0: {network: lan, address: 10.0.0.2/24}}}
configuration:
  crm: |
    property stonith-enabled=false no-quorum-policy=ignore
    primitive d ocf:heartbeat:Dummy op monitor interval=5s
timeline:
  - {between: [30s, 50s], pull-cable: {node: node1, interface: eth0}}
)";
    auto loaded = load_scenario(path.generic_string());
    fs::remove(path);
    EXPECT_TRUE(loaded) << loaded.error().text();
    return *loaded;
  }
};

TEST_F(Determinism, TwoRunsHaveTheSameTrace) {
  const auto file = scenario();
  const auto divergence = verify(file.variants[0], [](int) { return RunOptions{}; });
  ASSERT_TRUE(divergence);
  EXPECT_FALSE(*divergence);
}

// The comparison itself can fail: two runs that are made to differ are told apart, down to the first event.
TEST_F(Determinism, AnotherSeedIsSeen) {
  const auto file = scenario();
  const auto divergence = verify(file.variants[0], [](int run) {
    RunOptions options;
    options.seed = static_cast<std::uint64_t>(run) + 1;
    return options;
  });
  ASSERT_TRUE(divergence);
  ASSERT_TRUE(*divergence);
  EXPECT_NE((*divergence)->first_hash, (*divergence)->second_hash);
  EXPECT_GT((*divergence)->event, 0U);
  EXPECT_NE((*divergence)->first_event, (*divergence)->second_event);
  EXPECT_NE((*divergence)->first_event.find("\"kind\":"), std::string::npos);
}

TEST_F(Determinism, WhoListensDoesNotChangeTheTrace) {
  const auto file = scenario();
  const auto plain = run_scenario(file.variants[0], {});
  const auto recorded = record(file.variants[0], {});
  ASSERT_TRUE(plain && recorded);
  EXPECT_EQ(plain->hash, recorded->result.hash);
  EXPECT_EQ(plain->events, recorded->result.events);
}

}  // namespace
}  // namespace simcluster::sim
