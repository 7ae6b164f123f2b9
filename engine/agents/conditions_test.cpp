// No co_await in a condition: GCC 12 compiles it wrongly (task.h).
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace simcluster::agents {
namespace {

// The text between the parenthesis at `open` and its partner.
std::string_view parenthesised(std::string_view text, std::size_t open) {
  int depth = 0;
  for (std::size_t i = open; i < text.size(); ++i) {
    if (text[i] == '(') ++depth;
    if (text[i] == ')' && --depth == 0) return text.substr(open, i - open);
  }
  return text.substr(open);
}

std::vector<std::string> awaiting_conditions(std::string_view text) {
  std::vector<std::string> found;
  for (const std::string_view word : {"if (", "while (", "switch ("}) {
    for (std::size_t at = text.find(word); at != text.npos; at = text.find(word, at + 1)) {
      const std::string_view condition = parenthesised(text, at + word.size() - 1);
      if (condition.find("co_await") != condition.npos) found.emplace_back(condition);
    }
  }
  for (const std::string_view part : {"? co_await", ": co_await", "&& co_await", "|| co_await", "&& !co_await"}) {
    if (text.find(part) != text.npos) found.emplace_back(part);
  }
  return found;
}

TEST(Sources, NoAwaitInsideAConditionOrAConditionalExpression) {
  EXPECT_EQ(awaiting_conditions("if (a(b, !co_await c(d))) e();").size(), 1U);
  EXPECT_TRUE(awaiting_conditions("if (a(b)) co_await c(d);").empty());
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(SIMCLUSTER_SOURCE_DIR "/engine/agents")) {
    const std::string name = entry.path().filename().string();
    if (!name.ends_with(".cpp") || name == "conditions_test.cpp") continue;
    ++files;
    std::ifstream file(entry.path());
    const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    for (const std::string& condition : awaiting_conditions(text)) ADD_FAILURE() << name << ": " << condition;
  }
  EXPECT_GT(files, 10);
}

}  // namespace
}  // namespace simcluster::agents
