#include "engine/scheduler/text.h"

#include <gtest/gtest.h>

#include "engine/scheduler/operation_key.h"
#include "engine/scheduler/scores.h"

namespace simcluster::scheduler {
namespace {

TEST(Text, NodeNamesCompareDigitsAsNumbers) {  // S0 GU-6.10, S2 V-1.8
  EXPECT_LT(compare_node_names("7", "007"), 0);
  EXPECT_LT(compare_node_names("node9", "node10"), 0);
  EXPECT_LT(compare_node_names("node10", "node010"), 0);
  EXPECT_LT(compare_node_names("node010", "remotenode9"), 0);
  EXPECT_EQ(compare_node_names("Node1", "node1"), 0);
  EXPECT_LT(compare_node_names("x1b", "x01a"), 0);
  EXPECT_LT(compare_node_names("a", "a1"), 0);
  EXPECT_GT(compare_node_names("a1", "a"), 0);
}

TEST(Text, LeadingIntegers) {  // S1 C-2.2
  std::int64_t value = 0;
  EXPECT_TRUE(parse_leading_integer(" 12abc", value));
  EXPECT_EQ(value, 12);
  EXPECT_TRUE(parse_leading_integer("-5%", value));
  EXPECT_EQ(value, -5);
  EXPECT_FALSE(parse_leading_integer("x1", value));
  EXPECT_FALSE(parse_leading_integer("", value));
  EXPECT_TRUE(parse_leading_integer("99999999999999999999", value));
  EXPECT_EQ(value, 9223372036854775807);
}

TEST(Text, BaseNames) {  // S2 M-9.3
  EXPECT_EQ(base_name("a:1"), "a");
  EXPECT_EQ(base_name("a:1:2"), "a:1");
  EXPECT_EQ(base_name("a:"), "a:");
  EXPECT_EQ(base_name("a:b1"), "a:b1");
  EXPECT_EQ(base_name("a"), "a");
}

TEST(Text, ReadableIntervals) {  // S0 GU-6.14
  EXPECT_EQ(readable_interval(0), "0s");
  EXPECT_EQ(readable_interval(10000), "10s");
  EXPECT_EQ(readable_interval(1500), "1.500s");
  EXPECT_EQ(readable_interval(250), "250ms");
  EXPECT_EQ(readable_interval(90000), "1m30s");
  EXPECT_EQ(readable_interval(3600000), "1h");
}

TEST(Scores, Parse) {  // S1 C-2.4
  const HealthScores health{-kInfinity, -10, 5};
  EXPECT_EQ(parse_score("INFINITY", health), kInfinity);
  EXPECT_EQ(parse_score("+INFINITY", health), kInfinity);
  EXPECT_EQ(parse_score("-INFINITY", health), -kInfinity);
  EXPECT_EQ(parse_score("infinity", health), std::nullopt);
  EXPECT_EQ(parse_score("Red", health), -kInfinity);
  EXPECT_EQ(parse_score("yellow", health), -10);
  EXPECT_EQ(parse_score("green", health), 5);
  EXPECT_EQ(parse_score("77x", health), 77);
  EXPECT_EQ(parse_score("-20000000", health), -kInfinity);
}

TEST(Scores, AddSaturating) {  // S0 GU-6.8
  EXPECT_EQ(add_scores(-1000000, 1000000), -1000000);
  EXPECT_EQ(add_scores(1000000, -5), 1000000);
  EXPECT_EQ(add_scores(999999, 1), 1000000);
  EXPECT_EQ(add_scores(-999999, -1), -1000000);
  EXPECT_EQ(add_scores(add_scores(999999, 5), -10), 1000000);
  EXPECT_EQ(add_scores(999999, add_scores(5, -10)), 999994);
}

void expect_key(std::string_view key, std::string_view resource, std::string_view task, std::uint32_t interval) {
  const auto split = split_operation_key(key);
  ASSERT_TRUE(split) << key;
  EXPECT_EQ(split->resource, resource);
  EXPECT_EQ(split->task, task);
  EXPECT_EQ(split->interval, interval);
}

TEST(Text, WholeSeconds) {  // S2 V-1.6
  EXPECT_EQ(whole_seconds(0), 0);
  EXPECT_EQ(whole_seconds(1), 1);
  EXPECT_EQ(whole_seconds(999), 1);
  EXPECT_EQ(whole_seconds(1499), 1);
  EXPECT_EQ(whole_seconds(1500), 2);
  EXPECT_EQ(whole_seconds(4294967295), 4294967);
}

TEST(OperationKey, Split) {  // S0 GU-6.12, S5 A-5
  expect_key("a_b_monitor_10000", "a_b", "monitor", 10000);
  expect_key("vm_migrate_to_0", "vm", "migrate_to", 0);
  expect_key("c:1_confirmed-post_notify_running_0", "c:1", "confirmed-post_notify_running", 0);
  expect_key("c_pre_notify_start_0", "c", "pre_notify_start", 0);
  expect_key("a_stonith_monitor", "a", "stonith", 0);
  expect_key("a_monitor_10s", "a", "monitor", 10);
  expect_key("a_monitor_-5", "a", "monitor", 4294967291);
  EXPECT_FALSE(split_operation_key("x_0"));
  EXPECT_FALSE(split_operation_key("a_monitor_99999999999999999999"));
}

}  // namespace
}  // namespace simcluster::scheduler
