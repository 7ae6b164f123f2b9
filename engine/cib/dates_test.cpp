#include "engine/cib/dates.h"

#include <gtest/gtest.h>

namespace simcluster::cib {
namespace {

const DateTime kNow = DateTime::from_epoch(1'577'836'800);  // 2020-01-01

std::string read(std::string_view text, int local_offset = 0) {
  const auto date = parse_date_time(text, kNow, local_offset);
  return date ? date->text() : "invalid";
}

// S1 C-2.8
TEST(Dates, Forms) {
  EXPECT_EQ(read("2005-01-20"), "2005-01-20 00:00:00Z");
  EXPECT_EQ(read("2005-1-2"), "2005-01-02 00:00:00Z");
  EXPECT_EQ(read("20050120"), "2005-01-20 00:00:00Z");
  EXPECT_EQ(read("2005-020"), "2005-01-20 00:00:00Z");
  EXPECT_EQ(read("2005-020T12:30"), "2005-01-20 12:30:00Z");
  EXPECT_EQ(read("2005-W03-4"), "2005-01-20 00:00:00Z");
  EXPECT_EQ(read("2009-W01-1"), "2008-12-29 00:00:00Z");
  EXPECT_EQ(read("2014-05-07 00:28:00"), "2014-05-07 00:28:00Z");
  EXPECT_EQ(read("2014-05-07 002800"), "2014-05-07 00:28:00Z");
  EXPECT_EQ(read("2014-05-07T24:00:00"), "2014-05-08 00:00:00Z");
  EXPECT_EQ(read("2014-05-07 12:00 +02:00"), "2014-05-07 10:00:00Z");
  EXPECT_EQ(read("2014-05-07 12:00-0130"), "2014-05-07 13:30:00Z");
  EXPECT_EQ(read("epoch"), "1970-01-01 00:00:00Z");
  EXPECT_EQ(read("Epoch/P1D"), "1970-01-01 00:00:00Z");
  EXPECT_EQ(read("T03:04"), "2020-01-01 03:04:00Z");
  EXPECT_EQ(read("03:04:05Z"), "2020-01-01 03:04:05Z");
}

// Dates without a time are UTC; times without an offset are local (S1 C-2.8).
TEST(Dates, LocalOffset) {
  EXPECT_EQ(read("2014-05-07", 3600), "2014-05-07 00:00:00Z");
  EXPECT_EQ(read("2014-05-07 12:00", 3600), "2014-05-07 11:00:00Z");
  EXPECT_EQ(read("2014-05-07 12:00Z", 3600), "2014-05-07 12:00:00Z");
}

TEST(Dates, Invalid) {
  for (const auto* text : {"", "x", "2005-13-01", "2005-02-29", "2005-366", "2005-W54-1", "2005-W01-8", "0-01-01",
                           "2005-01-01 24:01", "2005-01-01 12:60", "2005-01-01 x", "2005"}) {
    EXPECT_EQ(read(text), "invalid") << text;
  }
  EXPECT_EQ(read("2004-02-29"), "2004-02-29 00:00:00Z");
  EXPECT_EQ(read("2004-366"), "2004-12-31 00:00:00Z");
}

TEST(Dates, EpochRoundTrip) {
  for (const std::int64_t seconds : {0LL, 951'782'399LL, 951'782'400LL, 1'609'372'800LL, -1LL, 4'102'444'800LL}) {
    EXPECT_EQ(DateTime::from_epoch(seconds).to_epoch(), seconds);
    EXPECT_EQ(DateTime::from_epoch(seconds, 7200).to_epoch(), seconds);
  }
  EXPECT_EQ(parse_date_time("2020-12-31", kNow)->to_epoch(), 1'609'372'800);
}

TEST(Dates, Fields) {
  const DateTime date = *parse_date_time("2005-01-20 12:30:05", kNow);
  EXPECT_EQ(date.month(), 1);
  EXPECT_EQ(date.day_of_month(), 20);
  EXPECT_EQ(date.weekday(), 4);
  EXPECT_EQ(date.iso_week(), 3);
  const DateTime new_year = *parse_date_time("2021-01-01", kNow);
  EXPECT_EQ(new_year.weekday(), 5);
  EXPECT_EQ(new_year.iso_week(), 53);
  EXPECT_EQ(new_year.iso_week_year(), 2020);
  const DateTime old_year = *parse_date_time("2008-12-30", kNow);
  EXPECT_EQ(old_year.iso_week(), 1);
  EXPECT_EQ(old_year.iso_week_year(), 2009);
}

// Months keep the day of the month where possible, years the day of the year (S1 C-2.8).
TEST(Dates, Arithmetic) {
  DateTime date = *parse_date_time("2004-01-31", kNow);
  date.add_months(1);
  EXPECT_EQ(date.text(), "2004-02-29 00:00:00Z");
  date.add_years(1);  // day 60 of 2005
  EXPECT_EQ(date.text(), "2005-03-01 00:00:00Z");
  date.add_months(-14);
  EXPECT_EQ(date.text(), "2004-01-01 00:00:00Z");
  date.add_days(-1);
  EXPECT_EQ(date.text(), "2003-12-31 00:00:00Z");
  date.add_seconds(86'400 + 61);
  EXPECT_EQ(date.text(), "2004-01-01 00:01:01Z");
}

// S1 C-2.9
TEST(Dates, Durations) {
  const auto duration = parse_duration("P1Y2M3W4DT5H6M7S");
  ASSERT_TRUE(duration);
  EXPECT_EQ(duration->years, 1);
  EXPECT_EQ(duration->months, 2);
  EXPECT_EQ(duration->days, 25);
  EXPECT_EQ(duration->seconds, 5 * 3600 + 6 * 60 + 7);
  EXPECT_EQ(parse_duration("P1M")->total_seconds(), 30 * 86'400);
  EXPECT_EQ(parse_duration("PT1S2M")->total_seconds(), 121);
  EXPECT_EQ(parse_duration("P-1D")->days, -1);
  for (const auto* text : {"", "P", "PT", "1D", "P1", "P1X", "P1.5D"}) EXPECT_FALSE(parse_duration(text)) << text;
}

}  // namespace
}  // namespace simcluster::cib
