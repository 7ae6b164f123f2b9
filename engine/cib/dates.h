// ISO 8601 dates, times and durations as the cluster reads, computes and prints them (S1 C-2.8, C-2.9). Integer
// arithmetic only; no clock and no time zone of the machine: the caller passes both.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace simcluster::cib {

struct DateDuration;

// A date and time of day with the offset it was given in.
struct DateTime {
  int year = 1970;
  int day = 1;     // of the year, from 1
  int second = 0;  // of the day
  int offset = 0;  // seconds east of UTC

  // Seconds since 1970-01-01 00:00:00 UTC.
  static DateTime from_epoch(std::int64_t seconds, int offset = 0);
  std::int64_t to_epoch() const;

  // Calendar fields in the stored offset.
  int month() const;         // 1..12
  int day_of_month() const;  // 1..31
  int weekday() const;       // 1 = Monday .. 7
  int iso_week() const;      // 1..53
  int iso_week_year() const;

  // Years keep the day of the year; months keep the day of the month where it exists, else take the last one.
  void add_years(std::int64_t years);
  void add_months(std::int64_t months);
  void add_days(std::int64_t days);
  void add_seconds(std::int64_t seconds);
  void add(const DateDuration& duration);

  // "2005-01-20 12:30:00Z": in UTC.
  std::string text() const;

  // Instants compare, whatever their offsets.
  friend bool operator==(const DateTime& a, const DateTime& b) { return a.to_epoch() == b.to_epoch(); }
  friend auto operator<=>(const DateTime& a, const DateTime& b) { return a.to_epoch() <=> b.to_epoch(); }
};

// Each part may be negative.
struct DateDuration {
  std::int64_t years = 0;
  std::int64_t months = 0;
  std::int64_t days = 0;
  std::int64_t seconds = 0;

  // A year counts 365 days, a month 30 (S1 C-2.6).
  std::int64_t total_seconds() const { return ((years * 365 + months * 30 + days) * 86400) + seconds; }
};

// `now` gives the date for texts that have a time only; `local_offset` (seconds east of UTC) is used for times without
// an offset. Nothing when the text is invalid.
std::optional<DateTime> parse_date_time(std::string_view text, const DateTime& now, int local_offset = 0);
// "P1Y2M3W4DT5H6M7S": units in any order, at least one.
std::optional<DateDuration> parse_duration(std::string_view text);

int days_in_year(int year);
int days_in_month(int year, int month);

}  // namespace simcluster::cib
