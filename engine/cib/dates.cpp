#include "engine/cib/dates.h"

#include <algorithm>
#include <array>

#include <fmt/core.h>

#include "engine/cib/values.h"

namespace simcluster::cib {
namespace {

constexpr int kDay = 86'400;

constexpr bool is_leap(int year) { return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0; }

// Days from 1970-01-01 to January 1st of `year`.
constexpr std::int64_t days_before_year(std::int64_t year) {
  const std::int64_t y = year - 1;
  const auto floor_div = [](std::int64_t a, std::int64_t b) { return a / b - (a % b < 0 ? 1 : 0); };
  return y * 365 + floor_div(y, 4) - floor_div(y, 100) + floor_div(y, 400) - 719'162;
}
static_assert(days_before_year(1970) == 0 && days_before_year(2000) == 10957 && days_before_year(1) == -719162);

// Reads what C's scanf reads for "%d", with at most `width` characters.
bool scan_int(std::string_view text, std::size_t& at, int& value, std::size_t width = 10) {
  while (at < text.size() && text[at] == ' ') ++at;
  const auto number = parse_integer(text.substr(at, width));
  if (!number || number->value > 1'000'000'000 || number->value < -1'000'000'000) return false;
  value = static_cast<int>(number->value);
  at += number->length;
  return true;
}

bool scan_char(std::string_view text, std::size_t& at, char c) {
  if (at >= text.size() || text[at] != c) return false;
  ++at;
  return true;
}

// Numbers between separators; returns how many were read.
template <std::size_t N>
int scan_list(std::string_view text, char separator, std::array<int, N>& values) {
  std::size_t at = 0;
  int read = 0;
  for (int& value : values) {
    if (read > 0 && !scan_char(text, at, separator)) break;
    if (!scan_int(text, at, value)) break;
    ++read;
  }
  return read;
}

// hh[:mm[:ss]] or hh[mm[ss]] in seconds.
bool scan_clock(std::string_view text, std::array<int, 3>& parts) {
  parts = {0, 0, 0};
  const int read = scan_list(text, ':', parts);
  if (read != 1) return read > 0;
  std::size_t at = 0;
  parts = {0, 0, 0};
  if (!scan_int(text, at, parts[0], 2)) return false;
  if (scan_int(text, at, parts[1], 2)) scan_int(text, at, parts[2], 2);
  return true;
}

int weeks_in_year(int year) {
  const int january_first = DateTime{year, 1, 0, 0}.weekday();
  return january_first == 4 || (january_first == 3 && is_leap(year)) ? 53 : 52;
}

std::optional<DateTime> from_calendar(int year, int month, int day) {
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > days_in_month(year, month)) return std::nullopt;
  DateTime date{year, day, 0, 0};
  for (int m = 1; m < month; ++m) date.day += days_in_month(year, m);
  return date;
}

std::optional<DateTime> from_week(int year, int week, int weekday) {
  if (year < 1 || week < 1 || week > weeks_in_year(year) || weekday < 1 || weekday > 7) return std::nullopt;
  DateTime date{year, 4, 0, 0};  // January 4th is always in week 1
  date.add_days((week - 1) * 7 + weekday - date.weekday());
  return date;
}

// S1 C-2.8, the date forms in the order in which they are tried.
std::optional<DateTime> parse_date(std::string_view text) {
  std::array<int, 3> parts{};
  const int read = scan_list(text, '-', parts);
  if (read == 3) return from_calendar(parts[0], parts[1], parts[2]);
  std::size_t at = 0;
  int year = 0;
  if (read == 1) {
    int month = 0;
    int day = 0;
    if (scan_int(text, at, year, 4) && scan_int(text, at, month, 2) && scan_int(text, at, day, 2)) {
      return from_calendar(year, month, day);
    }
  }
  if (read == 2) {
    if (parts[0] < 1 || parts[1] < 1 || parts[1] > days_in_year(parts[0])) return std::nullopt;
    return DateTime{parts[0], parts[1], 0, 0};
  }
  at = 0;
  int week = 0;
  int weekday = 0;
  if (scan_int(text, at, year) && scan_char(text, at, '-') && scan_char(text, at, 'W') && scan_int(text, at, week) &&
      scan_char(text, at, '-') && scan_int(text, at, weekday)) {
    return from_week(year, week, weekday);
  }
  return std::nullopt;
}

// "+02:00", " -0130", "Z" behind the time of day (S1 C-2.8).
std::optional<int> parse_offset(std::string_view time, int local_offset) {
  if (time.find('Z') != std::string_view::npos) return 0;
  std::size_t at = time.find_first_of(" +-");
  while (at < time.size() && time[at] == ' ') ++at;
  if (at >= time.size()) return local_offset;
  const bool negative = time[at] == '-';
  if (time[at] == '-' || time[at] == '+') ++at;
  std::array<int, 3> parts{};
  if (at >= time.size() || time[at] < '0' || time[at] > '9' || !scan_clock(time.substr(at), parts)) return std::nullopt;
  if (parts[0] >= 24 || parts[1] >= 60 || parts[1] < 0) return std::nullopt;
  const int seconds = parts[0] * 3600 + parts[1] * 60;
  return negative ? -seconds : seconds;
}

bool parse_time(std::string_view text, int local_offset, DateTime& date) {
  std::array<int, 3> parts{};
  if (!scan_clock(text, parts)) return false;
  const auto offset = parse_offset(text, local_offset);
  if (!offset) return false;
  date.offset = *offset;
  if (parts == std::array{24, 0, 0}) {
    date.add_days(1);
    return true;
  }
  if (parts[0] < 0 || parts[0] >= 24 || parts[1] < 0 || parts[1] >= 60 || parts[2] < 0 || parts[2] >= 60) return false;
  date.second = parts[0] * 3600 + parts[1] * 60 + parts[2];
  return true;
}

}  // namespace

int days_in_year(int year) { return is_leap(year) ? 366 : 365; }

int days_in_month(int year, int month) {
  static constexpr std::array kDays = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return kDays[static_cast<std::size_t>(month - 1)] + (month == 2 && is_leap(year) ? 1 : 0);
}

DateTime DateTime::from_epoch(std::int64_t seconds, int offset) {
  DateTime date{1970, 1, 0, offset};
  date.add_seconds(seconds + offset);
  return date;
}

std::int64_t DateTime::to_epoch() const { return (days_before_year(year) + day - 1) * kDay + second - offset; }

int DateTime::month() const {
  int rest = day;
  for (int month = 1; month < 12; ++month) {
    if (rest <= days_in_month(year, month)) return month;
    rest -= days_in_month(year, month);
  }
  return 12;
}

int DateTime::day_of_month() const {
  int rest = day;
  for (int month = 1; month < 12 && rest > days_in_month(year, month); ++month) rest -= days_in_month(year, month);
  return rest;
}

int DateTime::weekday() const {
  const std::int64_t days = days_before_year(year) + day - 1 + 3;  // 1970-01-01 was a Thursday
  return static_cast<int>((days % 7 + 7) % 7) + 1;
}

int DateTime::iso_week() const {
  const int week = (day - weekday() + 10) / 7;
  if (week < 1) return weeks_in_year(year - 1);
  return week > weeks_in_year(year) ? 1 : week;
}

int DateTime::iso_week_year() const {
  const int week = (day - weekday() + 10) / 7;
  if (week < 1) return year - 1;
  return week > weeks_in_year(year) ? year + 1 : year;
}

void DateTime::add_days(std::int64_t days) {
  std::int64_t total = days_before_year(year) + day - 1 + days;
  total = std::clamp<std::int64_t>(total, days_before_year(1), days_before_year(1'000'000));
  year = static_cast<int>((total + 719'162) * 400 / 146'097) + 1;
  while (days_before_year(year) > total) --year;
  while (days_before_year(year + 1) <= total) ++year;
  day = static_cast<int>(total - days_before_year(year)) + 1;
}

void DateTime::add_seconds(std::int64_t seconds) {
  const std::int64_t total = second + seconds;
  std::int64_t days = total / kDay;
  std::int64_t rest = total % kDay;
  if (rest < 0) {
    rest += kDay;
    --days;
  }
  second = static_cast<int>(rest);
  if (days != 0) add_days(days);
}

void DateTime::add_years(std::int64_t years) {
  year = static_cast<int>(std::clamp<std::int64_t>(year + years, 1, 999'999));
  if (day > days_in_year(year)) add_days(0);
}

void DateTime::add_months(std::int64_t months) {
  const int wanted_day = day_of_month();
  const std::int64_t total = static_cast<std::int64_t>(year) * 12 + month() - 1 + months;
  const std::int64_t bounded = std::clamp<std::int64_t>(total, 12, std::int64_t{999'999} * 12);
  const int new_year = static_cast<int>(bounded / 12);
  const int new_month = static_cast<int>(bounded % 12) + 1;
  day = std::min(wanted_day, days_in_month(new_year, new_month));
  year = new_year;
  for (int m = 1; m < new_month; ++m) day += days_in_month(year, m);
}

void DateTime::add(const DateDuration& duration) {
  add_years(duration.years);
  add_months(duration.months);
  add_days(duration.days);
  add_seconds(duration.seconds);
}

std::string DateTime::text() const {
  const DateTime utc = from_epoch(to_epoch());
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}Z", utc.year, utc.month(), utc.day_of_month(),
                     utc.second / 3600, utc.second / 60 % 60, utc.second % 60);
}

std::optional<DateTime> parse_date_time(std::string_view text, const DateTime& now, int local_offset) {
  if (text.size() >= 5 && equal_ignoring_case(text.substr(0, 5), "epoch") &&
      (text.size() == 5 || text[5] == ' ' || text[5] == '/')) {
    return DateTime();
  }
  const bool marked_time = !text.empty() && text[0] == 'T';
  if (marked_time || (text.size() > 2 && text[2] == ':')) {
    DateTime date{now.year, now.day, 0, 0};
    if (!parse_time(text.substr(marked_time ? 1 : 0), local_offset, date)) return std::nullopt;
    return date;
  }
  auto date = parse_date(text);
  if (!date) return std::nullopt;
  const std::size_t end = text.find_first_not_of("0123456789-W");
  if (end != std::string_view::npos && (text[end] == ' ' || text[end] == 'T')) {
    if (!parse_time(text.substr(end + 1), local_offset, *date)) return std::nullopt;
  }
  return date;
}

std::optional<DateDuration> parse_duration(std::string_view text) {
  if (text.empty() || text[0] != 'P') return std::nullopt;
  DateDuration duration;
  bool in_time = false;
  bool any = false;
  std::size_t at = 1;
  while (at < text.size()) {
    if (text[at] == 'T') {
      in_time = true;
      ++at;
      continue;
    }
    const auto number = parse_integer(text.substr(at));
    constexpr std::int64_t kLimit = 1'000'000'000;
    if (!number || number->value > kLimit || number->value < -kLimit) return std::nullopt;
    at += number->length;
    if (at >= text.size()) return std::nullopt;
    switch (text[at++]) {
      case 'Y':
        duration.years += number->value;
        break;
      case 'M':
        (in_time ? duration.seconds : duration.months) += number->value * (in_time ? 60 : 1);
        break;
      case 'W':
        duration.days += number->value * 7;
        break;
      case 'D':
        duration.days += number->value;
        break;
      case 'H':
        duration.seconds += number->value * 3600;
        break;
      case 'S':
        duration.seconds += number->value;
        break;
      default:
        return std::nullopt;
    }
    any = true;
  }
  return any ? std::optional(duration) : std::nullopt;
}

}  // namespace simcluster::cib
