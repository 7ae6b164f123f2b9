// Texts of values, YAML trees and how they are laid upon each other.
#include "sim/scenario/values.h"

#include <gtest/gtest.h>

#include "sim/scenario/yaml_tree.h"

namespace simcluster::sim {
namespace {

TEST(Values, Durations) {
  EXPECT_EQ(parse_duration("10s"), seconds(10));
  EXPECT_EQ(parse_duration("1h30m"), minutes(90));
  EXPECT_EQ(parse_duration("1.5s"), milliseconds(1500));
  EXPECT_EQ(parse_duration("100us"), microseconds(100));
  EXPECT_EQ(parse_duration("2w"), hours(336));
  EXPECT_EQ(parse_duration("0"), Duration{});
  for (const char* wrong : {"", "10", "s", "-1s", "1 s", "1x", "1.s5", "99999999999999999999s", "4000d", "10s5", "."})
    EXPECT_EQ(parse_duration(wrong), std::nullopt) << wrong;
}

TEST(Values, Instants) {
  EXPECT_EQ(parse_instant("1970-01-02"), Time{} + hours(24));
  EXPECT_EQ(parse_instant("2013-12-26 09:20:00"), Time{1388049600LL * 1'000'000'000});
  EXPECT_EQ(parse_instant("2013-12-26T09:20"), Time{1388049600LL * 1'000'000'000});
  for (const char* wrong :
       {"2013-13-01", "2013-02-29", "2013-12-26 24:00:00", "26.12.2013", "2013-12-26 09:20:00Z", ""})
    EXPECT_EQ(parse_instant(wrong), std::nullopt) << wrong;
}

TEST(Values, SharesAndPrefixes) {
  EXPECT_EQ(parse_share("1%"), 10'000U);
  EXPECT_EQ(parse_share("0.01%"), 100U);
  EXPECT_EQ(parse_share("101%"), std::nullopt);
  EXPECT_EQ(parse_share("5"), std::nullopt);
  EXPECT_EQ(parse_prefix("192.168.4.11/24")->length, 24);
  EXPECT_FALSE(parse_prefix("192.168.4.11/33"));
  EXPECT_FALSE(parse_prefix("192.168.4.11"));
  EXPECT_TRUE(parse_prefix("fe80::1/64"));
}

TEST(Values, NearestNames) {
  const std::string_view names[] = {"interfaces", "timeline", "expect"};
  EXPECT_EQ(nearest_name("interface", names), "interfaces");
  EXPECT_EQ(nearest_name("tiemline", names), "timeline");
  EXPECT_EQ(nearest_name("zzz", names), "");
  EXPECT_EQ(did_you_mean("expct", names), "; did you mean \"expect\"?");
}

YamlNode tree(const char* text) {
  auto parsed = parse_yaml(text, "f");
  EXPECT_TRUE(parsed) << parsed.error().text();
  return parsed ? *parsed : YamlNode{};
}

TEST(YamlTree, PlacesOfValuesKeysAndBlocks) {
  const YamlNode root = tree("a: 1\nb: |\n\n    first\n    second\nc:\n  - x\n");
  EXPECT_EQ(root.find("a")->place.column, 4);
  const YamlNode& block = *root.find("b");
  EXPECT_TRUE(block.block);
  EXPECT_EQ(block.text_place.line, 3);
  EXPECT_EQ(block.text_place.column, 5);
  EXPECT_EQ(root.find("c")->items[0].place.line, 7);
}

TEST(YamlTree, QuotedNothingIsAText) {
  const YamlNode root = tree("a: ~\nb: \"~\"\nc: ''\n");
  EXPECT_EQ(root.find("a")->kind, YamlNode::Kind::kNull);
  EXPECT_EQ(root.find("b")->kind, YamlNode::Kind::kScalar);
  EXPECT_EQ(root.find("c")->kind, YamlNode::Kind::kScalar);
}

void expect_error(const std::string& text, const std::string& message) {
  const auto parsed = parse_yaml(text, "f");
  ASSERT_FALSE(parsed) << message;
  EXPECT_NE(parsed.error().text().find(message), std::string::npos) << parsed.error().text();
}

TEST(YamlTree, Refusals) {
  expect_error("a: 1\na: 2\n", "f:2:1: the key \"a\" stands here for the second time (first on line 1)");
  expect_error("a: 1\n---\nb: 2\n", "more than one YAML document");
  expect_error("", "the file is empty");
  expect_error("a: [1\n", "this is not valid YAML");
  expect_error("a: 1\n b: 2\n", "f:2:3: this is not valid YAML");
  expect_error(std::string("a: 1\0b", 6), "zero byte");
  expect_error(std::string(kMaxYamlBytes + 1, '#'), "a scenario may have at most");
  expect_error("&a [1, *a]\n", "nested more than 64 deep");
  expect_error(std::string(10'000, '['), "nested too deep");
  expect_error("[a]: 1\n", "a key must be a plain word");
}

// "Billion laughs": small on disk, endless when followed.
TEST(YamlTree, AliasBombIsRefused) {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int k = 0; k < 10; ++k) bomb += (k == 0 ? "" : ", ") + before;
    bomb += "]\n";
  }
  expect_error(bomb, "more than 100000 values when its aliases are followed");
}

TEST(Merge, MapsKeyByKeyEverythingElseReplaced) {
  YamlNode base = tree("m: {a: 1, b: 2}\nl: [1, 2]\ns: x\ngone: y\n");
  ASSERT_TRUE(merge_yaml(base, tree("m: {b: 3, c: 4}\nl: [3]\ns: {k: v}\ngone: ~\n")));
  EXPECT_EQ(base.find("m")->find("a")->text, "1");
  EXPECT_EQ(base.find("m")->find("b")->text, "3");
  EXPECT_EQ(base.find("m")->find("c")->text, "4");
  EXPECT_EQ(base.find("l")->items.size(), 1U);
  EXPECT_EQ(base.find("s")->find("k")->text, "v");
  EXPECT_EQ(base.find("gone"), nullptr);
}

TEST(Merge, PlusAppends) {
  YamlNode base = tree("l: [1, 2]\n");
  ASSERT_TRUE(merge_yaml(base, tree("l+: [3]\nnew+: [4]\ndeep: {x+: [5]}\n")));
  EXPECT_EQ(base.find("l")->items.size(), 3U);
  EXPECT_EQ(base.find("new")->items.size(), 1U);
  EXPECT_EQ(base.find("deep")->find("x")->items.size(), 1U);
  EXPECT_FALSE(merge_yaml(base, tree("l+: 3\n")));
  YamlNode scalar = tree("l: 1\n");
  EXPECT_FALSE(merge_yaml(scalar, tree("l+: [3]\n")));
}

}  // namespace
}  // namespace simcluster::sim
