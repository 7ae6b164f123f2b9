// Whatever a scenario can do to the world, some scenario of this project does.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <fmt/format.h>
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

// What links and networks can suffer from (describe_quality).
TEST(Coverage, EveryQualityIsInAScenario) {
  const std::string text = all_scenarios();
  for (const char* key : {"delay", "jitter", "loss", "duplication", "reordering", "reordering-delay", "corruption",
                          "damage: bit-flip", "damage: truncated", "bandwidth", "mtu"})
    EXPECT_NE(text.find(fmt::format(" {}", key)), std::string::npos) << key;
}

}  // namespace
}  // namespace simcluster::sim
