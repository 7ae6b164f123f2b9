// Whatever a scenario can do to the world, some scenario of this project does.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <string>

#include <fmt/core.h>
#include <gtest/gtest.h>

#include "sim/faults/action.h"

namespace simcluster::sim {
namespace {

namespace fs = std::filesystem;

std::string all_scenarios() {
  std::string text;
  for (const auto& entry : fs::recursive_directory_iterator(SIMCLUSTER_SOURCE_DIR "/scenarios")) {
    if (entry.path().extension() != ".yaml") continue;
    std::ifstream file(entry.path());
    text.append(std::istreambuf_iterator<char>(file), {});
  }
  return text;
}

TEST(Coverage, EveryFaultIsInAScenario) {
  const std::string text = all_scenarios();
  ASSERT_FALSE(text.empty());
  for (const ActionType& type : fault_types()) {
    if (type.name == "heal-agents") continue;  // the scenarios' agents misbehave a number of times
    EXPECT_NE(text.find(fmt::format(" {}: ", type.name)), std::string::npos) << type.name;
    EXPECT_FALSE(type.help.empty()) << type.name;
  }
}

// AT-11.3: S-1 to S-28 each have a row in the README's table, and the scenario of that row exists.
TEST(Coverage, EveryAcceptanceScenarioIsThere) {
  std::ifstream readme(SIMCLUSTER_SOURCE_DIR "/scenarios/README.md");
  std::set<int> covered;
  for (std::string line; std::getline(readme, line);) {
    if (!line.starts_with("| S-")) continue;
    std::istringstream items(line.substr(2, line.find('|', 2) - 2));
    int last = 0;
    bool range = false;
    for (std::string word; items >> word; range = word == "to") {
      if (!word.starts_with("S-")) continue;
      const int number = std::stoi(word.substr(2));
      for (int i = range ? last + 1 : number; i <= number; ++i) covered.insert(i);
      last = number;
    }
    const auto open = line.find('`');
    ASSERT_NE(open, std::string::npos) << line;
    const std::string name = line.substr(open + 1, line.find('`', open + 1) - open - 1);
    EXPECT_TRUE(fs::exists(fs::path(SIMCLUSTER_SOURCE_DIR "/scenarios") / (name + ".yaml"))) << line;
  }
  EXPECT_EQ(covered.size(), 28U);
}

// What links and networks can suffer from (describe_quality).
TEST(Coverage, EveryQualityIsInAScenario) {
  const std::string text = all_scenarios();
  for (const char* key : {"delay", "jitter", "loss", "duplication", "reordering", "reordering-delay", "corruption",
                          "damage: bit-flip", "damage: truncated", "bandwidth", "mtu"})
    EXPECT_NE(text.find(fmt::format(" {}", key)), std::string::npos) << key;
}

}  // namespace
}  // namespace simcluster::sim
