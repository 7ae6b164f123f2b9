#include "engine/cib/values.h"

#include <gtest/gtest.h>

namespace simcluster::cib {
namespace {

// S1 C-2.1
TEST(Values, Booleans) {
  for (const auto* text : {"true", "TRUE", "on", "yes", "y", "1"}) EXPECT_EQ(parse_bool(text), true) << text;
  for (const auto* text : {"false", "Off", "no", "n", "0"}) EXPECT_EQ(parse_bool(text), false) << text;
  for (const auto* text : {"", "2", "truee", " true"}) EXPECT_EQ(parse_bool(text), std::nullopt) << text;
  EXPECT_FALSE(is_true(std::nullopt));
  EXPECT_TRUE(is_true("On"));
}

// S1 C-2.2
TEST(Values, Integers) {
  EXPECT_EQ(parse_integer("12abc")->value, 12);
  EXPECT_EQ(parse_integer("5%")->value, 5);
  EXPECT_EQ(parse_integer("  -7")->value, -7);
  EXPECT_EQ(parse_integer("9223372036854775807")->value, INT64_MAX);
  EXPECT_FALSE(parse_integer("9223372036854775807")->out_of_range);
  EXPECT_EQ(parse_integer("9223372036854775808")->value, INT64_MAX);
  EXPECT_TRUE(parse_integer("9223372036854775808")->out_of_range);
  EXPECT_EQ(parse_integer("-9223372036854775808")->value, INT64_MIN);
  EXPECT_FALSE(parse_integer("-9223372036854775808")->out_of_range);
  EXPECT_TRUE(parse_integer("-9223372036854775809")->out_of_range);
  EXPECT_FALSE(parse_integer("abc"));
  EXPECT_FALSE(parse_integer("-"));
  EXPECT_FALSE(parse_integer(""));
}

// S1 C-2.4
TEST(Values, Scores) {
  EXPECT_EQ(parse_score("INFINITY"), 1'000'000);
  EXPECT_EQ(parse_score("+INFINITY"), 1'000'000);
  EXPECT_EQ(parse_score("-INFINITY"), -1'000'000);
  EXPECT_EQ(parse_score("infinity"), std::nullopt);  // case-sensitive
  EXPECT_EQ(parse_score("77x"), 77);
  EXPECT_EQ(parse_score("5000000"), 1'000'000);
  EXPECT_EQ(parse_score("-99999999999999999999"), -1'000'000);
  EXPECT_EQ(parse_score("red"), 0);
  EXPECT_EQ(parse_score("RED", {-5, 1, 2}), -5);
  EXPECT_EQ(parse_score("x"), std::nullopt);
  EXPECT_EQ(score_text(1'000'000), "INFINITY");
  EXPECT_EQ(score_text(-1'000'000), "-INFINITY");
  EXPECT_EQ(score_text(-12), "-12");
}

// S0 GU-6.8
TEST(Values, ScoresAddWithSaturation) {
  EXPECT_EQ(add_scores(-1000000, 1000000), -1000000);
  EXPECT_EQ(add_scores(1000000, -5), 1000000);
  EXPECT_EQ(add_scores(999999, 1), 1000000);
  EXPECT_EQ(add_scores(-999999, -1), -1000000);
  EXPECT_EQ(add_scores(1000000, 1000000), 1000000);
  EXPECT_EQ(add_scores(add_scores(999999, 5), -10), 1000000);
  EXPECT_EQ(add_scores(999999, add_scores(5, -10)), 999994);
}

// S1 C-2.6
TEST(Values, Intervals) {
  EXPECT_EQ(parse_interval(""), 0u);
  EXPECT_EQ(parse_interval("10"), 10'000u);
  EXPECT_EQ(parse_interval("10s"), 10'000u);
  EXPECT_EQ(parse_interval("3.14s"), 3'000u);
  EXPECT_EQ(parse_interval("10 SEC"), 10'000u);
  EXPECT_EQ(parse_interval("250ms"), 250u);
  EXPECT_EQ(parse_interval("250msec"), 250u);
  EXPECT_EQ(parse_interval("4999us"), 4u);
  EXPECT_EQ(parse_interval("2m"), 120'000u);
  EXPECT_EQ(parse_interval("2min"), 120'000u);
  EXPECT_EQ(parse_interval("2monkey"), 120'000u);
  EXPECT_EQ(parse_interval("1h"), 3'600'000u);
  EXPECT_EQ(parse_interval("1d"), std::nullopt);
  EXPECT_EQ(parse_interval("-1s"), std::nullopt);
  EXPECT_EQ(parse_interval("s"), std::nullopt);
  EXPECT_EQ(parse_interval("PT5M"), 300'000u);
  EXPECT_EQ(parse_interval("P1Y"), 4'294'967'000u);
  EXPECT_EQ(parse_interval("P"), std::nullopt);
  EXPECT_EQ(parse_interval("9999999999999"), 4'294'967'295u);
  EXPECT_EQ(parse_timeout("PT5M"), std::nullopt);
  EXPECT_EQ(parse_timeout("60s"), 60'000u);
}

// S0 GU-6.14
TEST(Values, ReadableIntervals) {
  EXPECT_EQ(readable_interval(0), "0s");
  EXPECT_EQ(readable_interval(10000), "10s");
  EXPECT_EQ(readable_interval(1500), "1.500s");
  EXPECT_EQ(readable_interval(250), "250ms");
  EXPECT_EQ(readable_interval(90000), "1m30s");
  EXPECT_EQ(readable_interval(3600000), "1h");
  EXPECT_EQ(readable_interval(90'061'001), "1d1h1m1.001s");
}

// S1 C-2.10
TEST(Values, Versions) {
  EXPECT_EQ(compare_versions("1.2", "1.2.0"), 0);
  EXPECT_LT(compare_versions("1.2", "1.10"), 0);
  EXPECT_GT(compare_versions("3.20.6", "3.20.5"), 0);
  EXPECT_EQ(compare_versions("  2.1-rc1", "2.1"), 0);
  EXPECT_EQ(compare_versions("abc", "0"), 0);
  EXPECT_LT(compare_versions("abc", "0.1"), 0);
}

// S1 C-2.11
TEST(Values, Numbers) {
  EXPECT_EQ(parse_number("3.5x"), 3.5);
  EXPECT_EQ(parse_number(" -.5"), -0.5);
  EXPECT_EQ(parse_number("+1e3"), 1000.0);
  EXPECT_EQ(parse_number("0x10"), 16.0);
  EXPECT_EQ(parse_number("1e999"), std::nullopt);
  EXPECT_EQ(parse_number("x"), std::nullopt);
  EXPECT_EQ(parse_number("+-1"), std::nullopt);
}

}  // namespace
}  // namespace simcluster::cib
