#include "sim/scenario/records.h"

#include <gtest/gtest.h>

#include "sim/scenario/values.h"

namespace simcluster::sim {
namespace {

Time at(std::string_view text) { return parse_instant(text).value(); }

// AT-9.7: the time that is asked for, its ends included; a line without a stamp goes with the one before it.
TEST(Records, LinesOfATime) {
  constexpr std::string_view kLog =
      "Dec  1 11:59:59 n a\n"
      "Dec  1 12:00:00 n b\n"
      "  more of b\n"
      "Dec  2 12:00:00.250 n c\n"
      "Dec  2 12:00:01 n d\n"
      "  more of d\n";
  EXPECT_EQ(lines_of_time(kLog, at("2011-12-01 12:00:00"), at("2011-12-02 12:00:00")),
            "Dec  1 12:00:00 n b\n  more of b\nDec  2 12:00:00.250 n c\n");
  EXPECT_EQ(lines_of_time(kLog, at("2011-12-03 00:00:00"), at("2011-12-04 00:00:00")), "");
  EXPECT_EQ(lines_of_time("", at("2011-12-03 00:00:00"), at("2011-12-04 00:00:00")), "");
}

// Stamps have no year.
TEST(Records, NewYear) {
  constexpr std::string_view kLog =
      "Dec 31 23:59:58 n a\nDec 31 23:59:59 n b\nJan  1 00:00:00 n c\nJan  1 00:00:01 n d";
  EXPECT_EQ(lines_of_time(kLog, at("2011-12-31 23:59:59"), at("2012-01-01 00:00:00")),
            "Dec 31 23:59:59 n b\nJan  1 00:00:00 n c\n");
  EXPECT_EQ(merged_by_time({"Dec 31 23:59:59 n a\nJan  1 00:00:01 n c\n", "Jan  1 00:00:00 m b\n"},
                           at("2012-01-01 00:00:02")),
            "Dec 31 23:59:59 n a\nJan  1 00:00:00 m b\nJan  1 00:00:01 n c\n");
}

// Lines of one second stay in the order of their machines.
TEST(Records, MergedStably) {
  EXPECT_EQ(merged_by_time({"Dec  1 12:00:00 n a\n  more\n", "Dec  1 12:00:00 m b\n"}, at("2011-12-01 13:00:00")),
            "Dec  1 12:00:00 n a\n  more\nDec  1 12:00:00 m b\n");
}

TEST(Records, WhereReleasesKeepTheirLogs) {
  Profile profile;
  EXPECT_EQ(log_path(profile, "pacemaker.log"), "/var/log/pacemaker.log");
  EXPECT_EQ(log_path(profile, "messages"), "/var/log/messages");
  profile.daemons_renamed = true;
  EXPECT_EQ(log_path(profile, "pacemaker.log"), "/var/log/pacemaker/pacemaker.log");
}

}  // namespace
}  // namespace simcluster::sim
