#include "engine/base/time_text.h"

#include <array>
#include <cstdint>
#include <string_view>

#include <fmt/core.h>

namespace simcluster {

namespace {

struct Date {
  std::int64_t year;
  int month;
  int day;
};

Date date_of(std::int64_t days) {
  const std::int64_t z = days + 719468;
  const std::int64_t era = (z >= 0 ? z : z - 146096) / 146097;
  const std::int64_t day_of_era = z - era * 146097;
  const std::int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const std::int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t shifted_month = (5 * day_of_year + 2) / 153;
  const int day = static_cast<int>(day_of_year - (153 * shifted_month + 2) / 5 + 1);
  const int month = static_cast<int>(shifted_month < 10 ? shifted_month + 3 : shifted_month - 9);
  return {year_of_era + era * 400 + (month <= 2 ? 1 : 0), month, day};
}

}  // namespace

std::string log_time_text(Time at) {
  constexpr std::int64_t kDay = 86'400'000;
  const std::int64_t total = at.ns / 1'000'000;
  const std::int64_t days = total / kDay;
  const std::int64_t ms = total - days * kDay;
  const Date date = date_of(days);
  return fmt::format("{}-{:02}-{:02} {:02}:{:02}:{:02},{:03}", date.year, date.month, date.day, ms / 3'600'000,
                     ms / 60'000 % 60, ms / 1000 % 60, ms % 1000);
}

std::string ctime_text(Time at) {
  static constexpr std::array<std::string_view, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                               "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  constexpr std::int64_t kDay = 86400;
  const std::int64_t total = at.ns >= 0 ? at.unix_seconds() : (at.ns - 999'999'999) / 1'000'000'000;
  const std::int64_t days = (total >= 0 ? total : total - kDay + 1) / kDay;
  const std::int64_t second = total - days * kDay;
  const Date date = date_of(days);
  const std::int64_t weekday = ((days + 4) % 7 + 7) % 7;
  return fmt::format("{} {} {:>2} {:02}:{:02}:{:02} {}", kDays[static_cast<std::size_t>(weekday)],
                     kMonths[static_cast<std::size_t>(date.month - 1)], date.day, second / 3600, second / 60 % 60,
                     second % 60, date.year);
}

}  // namespace simcluster
