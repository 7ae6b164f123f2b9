#include "sim/scenario/values.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>
#include <vector>

#include <fmt/core.h>

namespace simcluster::sim {

namespace {

struct Unit {
  std::string_view name;
  std::int64_t ns;
};

constexpr std::array<Unit, 8> kUnits = {{{"ms", 1'000'000},
                                         {"us", 1'000},
                                         {"ns", 1},
                                         {"s", 1'000'000'000},
                                         {"m", 60'000'000'000},
                                         {"h", 3'600'000'000'000},
                                         {"d", 86'400'000'000'000},
                                         {"w", 604'800'000'000'000}}};

constexpr std::int64_t kLongest = std::int64_t{3650} * 86'400'000'000'000;  // ten years

std::string_view take_digits(std::string_view& text) {
  std::size_t length = 0;
  while (length < text.size() && text[length] >= '0' && text[length] <= '9') ++length;
  const auto digits = text.substr(0, length);
  text.remove_prefix(length);
  return digits;
}

const Unit* take_unit(std::string_view& text) {
  for (const Unit& unit : kUnits) {
    if (!text.starts_with(unit.name)) continue;
    // "m" must not take the beginning of "ms"; the table has the longer names first.
    text.remove_prefix(unit.name.size());
    return &unit;
  }
  return nullptr;
}

// whole.fraction times scale, exact; none when it does not fit.
std::optional<std::int64_t> scaled(std::string_view whole, std::string_view fraction, std::int64_t scale) {
  __extension__ using Wide = __int128;
  if (whole.size() > 15 || fraction.size() > 9) return std::nullopt;
  Wide value = 0;
  for (const char c : whole) value = value * 10 + (c - '0');
  value *= scale;
  Wide part = scale;
  for (const char c : fraction) {
    part /= 10;
    value += part * (c - '0');
  }
  if (value > kLongest) return std::nullopt;
  return static_cast<std::int64_t>(value);
}

std::optional<int> take_number(std::string_view& text, std::size_t digits, int low, int high) {
  if (text.size() < digits) return std::nullopt;
  int value = 0;
  for (const char c : text.substr(0, digits)) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  text.remove_prefix(digits);
  return value >= low && value <= high ? std::optional<int>(value) : std::nullopt;
}

bool take(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

// Days since 1970-01-01 of a date of the Gregorian calendar.
std::int64_t days_from_civil(std::int64_t year, std::int64_t month, std::int64_t day) {
  year -= month <= 2 ? 1 : 0;
  const std::int64_t era = year / 400;
  const std::int64_t year_of_era = year - era * 400;
  const std::int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const std::int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146097 + day_of_era - 719468;
}

int days_in_month(int year, int month) {
  static constexpr std::array<int, 12> kDays = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return month == 2 && leap ? 29 : kDays[static_cast<std::size_t>(month - 1)];
}

// Letters to insert, delete, change or swap with their neighbour.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) d[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) d[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i)
    for (std::size_t j = 1; j <= b.size(); ++j) {
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
    }
  return d[a.size()][b.size()];
}

}  // namespace

std::optional<Duration> parse_duration(std::string_view text) {
  if (text == "0") return Duration{};
  if (text.empty()) return std::nullopt;
  std::int64_t total = 0;
  while (!text.empty()) {
    const auto whole = take_digits(text);
    const auto fraction = take(text, '.') ? take_digits(text) : std::string_view{};
    if (whole.empty()) return std::nullopt;
    const Unit* unit = take_unit(text);
    if (unit == nullptr) return std::nullopt;
    const auto part = scaled(whole, fraction, unit->ns);
    if (!part || total > kLongest - *part) return std::nullopt;
    total += *part;
  }
  return Duration{total};
}

std::optional<Time> parse_instant(std::string_view text) {
  const auto year = take_number(text, 4, 1970, 2200);
  const bool dash1 = take(text, '-');
  const auto month = take_number(text, 2, 1, 12);
  const bool dash2 = take(text, '-');
  const auto day = take_number(text, 2, 1, 31);
  if (!year || !dash1 || !month || !dash2 || !day || *day > days_in_month(*year, *month)) return std::nullopt;
  std::int64_t at = days_from_civil(*year, *month, *day) * 86400;
  if (!text.empty()) {
    if (!take(text, ' ') && !take(text, 'T')) return std::nullopt;
    const auto hour = take_number(text, 2, 0, 23);
    const bool colon1 = take(text, ':');
    const auto minute = take_number(text, 2, 0, 59);
    if (!hour || !colon1 || !minute) return std::nullopt;
    at += *hour * 3600 + *minute * 60;
    if (take(text, ':')) {
      const auto second = take_number(text, 2, 0, 59);
      if (!second) return std::nullopt;
      at += *second;
    }
    if (!text.empty()) return std::nullopt;
  }
  return Time{at * 1'000'000'000};
}

std::optional<std::uint32_t> parse_share(std::string_view text) {
  if (text == "0") return 0;
  if (text.empty() || text.back() != '%') return std::nullopt;
  text.remove_suffix(1);
  const auto whole = take_digits(text);
  const auto fraction = take(text, '.') ? take_digits(text) : std::string_view{};
  if (whole.empty() || !text.empty()) return std::nullopt;
  const auto parts = scaled(whole, fraction, 10'000);
  if (!parts || *parts > 1'000'000) return std::nullopt;
  return static_cast<std::uint32_t>(*parts);
}

std::optional<AddressPrefix> parse_prefix(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto address = IpAddress::parse(text.substr(0, slash));
  const auto length = parse_integer(text.substr(slash + 1));
  if (!address || !length) return std::nullopt;
  const int longest = address->family == IpAddress::Family::kV4 ? 32 : 128;
  if (*length < 0 || *length > longest) return std::nullopt;
  return AddressPrefix{*address, static_cast<int>(*length)};
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string_view nearest_name(std::string_view word, std::span<const std::string_view> names) {
  std::string_view best;
  std::size_t best_distance = std::max<std::size_t>(1, word.size() / 3) + 1;
  if (word.size() > 64) return best;
  for (const auto name : names) {
    const std::size_t distance = edit_distance(word, name);
    if (distance >= best_distance) continue;
    best = name;
    best_distance = distance;
  }
  return best;
}

std::string did_you_mean(std::string_view word, std::span<const std::string_view> names) {
  const auto name = nearest_name(word, names);
  return name.empty() ? std::string{} : fmt::format("; did you mean \"{}\"?", name);
}

}  // namespace simcluster::sim
