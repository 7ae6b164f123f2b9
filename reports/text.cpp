#include "reports/text.h"

#include <algorithm>

#include <fmt/core.h>

namespace simcluster::reports {

namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

std::string seconds_text(std::int64_t ns) {
  std::string text = fmt::format("{}.{:09}", ns / kSecond, ns % kSecond);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text + "s";
}

struct Civil {
  std::int64_t year;
  std::int64_t month;
  std::int64_t day;
};

// Gregorian date of a day counted from 1970-01-01.
Civil civil_from_days(std::int64_t days) {
  days += 719468;
  const std::int64_t era = (days >= 0 ? days : days - 146096) / 146097;
  const std::int64_t day_of_era = days - era * 146097;
  const std::int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const std::int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t shifted_month = (5 * day_of_year + 2) / 153;
  const std::int64_t month = shifted_month + (shifted_month < 10 ? 3 : -9);
  return {year_of_era + era * 400 + (month <= 2 ? 1 : 0), month, day_of_year - (153 * shifted_month + 2) / 5 + 1};
}

}  // namespace

std::string duration_text(Duration duration) {
  if (duration.ns < 0) return "-" + duration_text(-duration);
  if (duration.ns == 0) return "0s";
  if (duration.ns < 1'000) return fmt::format("{}ns", duration.ns);
  if (duration.ns < 1'000'000 && duration.ns % 1'000 == 0) return fmt::format("{}us", duration.ns / 1'000);
  if (duration.ns < kSecond && duration.ns % 1'000'000 == 0) return fmt::format("{}ms", duration.ns / 1'000'000);
  std::string text;
  std::int64_t rest = duration.ns;
  for (const auto& [unit, name] :
       {std::pair{86'400 * kSecond, "d"}, std::pair{3'600 * kSecond, "h"}, std::pair{60 * kSecond, "m"}}) {
    if (rest >= unit) text += fmt::format("{}{}", rest / unit, name);
    rest %= unit;
  }
  if (rest != 0) text += seconds_text(rest);
  return text;
}

std::string clock_text(Duration since_start) {
  const std::int64_t ms = since_start.ns / 1'000'000;
  const std::int64_t days = ms / 86'400'000;
  const std::int64_t rest = ms % 86'400'000;
  return fmt::format("{}{:02}:{:02}:{:02}.{:03}", days != 0 ? fmt::format("{}d ", days) : "", rest / 3'600'000,
                     rest / 60'000 % 60, rest / 1'000 % 60, rest % 1'000);
}

std::string date_text(Time at) {
  const std::int64_t seconds = at.unix_seconds();
  const Civil date = civil_from_days(seconds / 86'400);
  const std::int64_t rest = seconds % 86'400;
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02} UTC", date.year, date.month, date.day, rest / 3'600,
                     rest / 60 % 60, rest % 60);
}

std::size_t columns(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

}  // namespace simcluster::reports
