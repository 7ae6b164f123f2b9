#include "engine/cib/values.h"

#include <charconv>
#include <limits>

#include <fmt/format.h>

#include "engine/cib/dates.h"

namespace simcluster::cib {
namespace {

constexpr bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_letter(char c) { return lower(c) >= 'a' && lower(c) <= 'z'; }

std::size_t skip_blanks(std::string_view text, std::size_t at = 0) {
  while (at < text.size() && is_blank(text[at])) ++at;
  return at;
}

bool has_prefix_ignoring_case(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() && equal_ignoring_case(text.substr(0, prefix.size()), prefix);
}

// Multiplier and divisor of an interval's unit; multiplier 0 for an unknown one (S1 C-2.6 step 3).
struct Unit {
  std::int64_t multiply = 0;
  std::int64_t divide = 1;
};

Unit unit_of(std::string_view text) {
  if (text.empty() || lower(text[0]) == 's') return {1000, 1};
  if (has_prefix_ignoring_case(text, "ms")) return {1, 1};
  if (has_prefix_ignoring_case(text, "us")) return {1, 1000};
  if (lower(text[0]) == 'm') return {60'000, 1};
  if (lower(text[0]) == 'h') return {3'600'000, 1};
  return {};
}

}  // namespace

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

int compare_ignoring_case(std::string_view a, std::string_view b) {
  for (std::size_t i = 0; i < a.size() && i < b.size(); ++i) {
    const int difference = static_cast<unsigned char>(lower(a[i])) - static_cast<unsigned char>(lower(b[i]));
    if (difference != 0) return difference;
  }
  return a.size() < b.size() ? -1 : a.size() > b.size() ? 1 : 0;
}

std::optional<bool> parse_bool(std::string_view text) {
  for (const std::string_view word : {"true", "on", "yes", "y", "1"}) {
    if (equal_ignoring_case(text, word)) return true;
  }
  for (const std::string_view word : {"false", "off", "no", "n", "0"}) {
    if (equal_ignoring_case(text, word)) return false;
  }
  return std::nullopt;
}

std::optional<Integer> parse_integer(std::string_view text) {
  std::size_t at = skip_blanks(text);
  bool negative = false;
  if (at < text.size() && (text[at] == '-' || text[at] == '+')) negative = text[at++] == '-';
  if (at == text.size() || !is_digit(text[at])) return std::nullopt;
  constexpr std::uint64_t kLimit = std::uint64_t{1} << 63;  // magnitude of the smallest
  const std::uint64_t largest = negative ? kLimit : kLimit - 1;
  Integer result;
  std::uint64_t magnitude = 0;
  for (; at < text.size() && is_digit(text[at]); ++at) {
    const auto digit = static_cast<std::uint64_t>(text[at] - '0');
    if (magnitude > (largest - digit) / 10) result.out_of_range = true;
    if (!result.out_of_range) magnitude = magnitude * 10 + digit;
  }
  if (result.out_of_range) magnitude = largest;
  result.value = negative ? static_cast<std::int64_t>(~magnitude + 1) : static_cast<std::int64_t>(magnitude);
  result.length = at;
  return result;
}

std::optional<std::int32_t> parse_score(std::string_view text, const HealthWords& health) {
  if (text == "-INFINITY") return -kInfinity;
  if (text == "INFINITY" || text == "+INFINITY") return kInfinity;
  if (!text.empty() && is_letter(text[0])) {
    if (equal_ignoring_case(text, "red")) return health.red;
    if (equal_ignoring_case(text, "yellow")) return health.yellow;
    if (equal_ignoring_case(text, "green")) return health.green;
  }
  const auto number = parse_integer(text);
  if (!number) return std::nullopt;
  if (number->value >= kInfinity) return kInfinity;
  if (number->value <= -kInfinity) return -kInfinity;
  return static_cast<std::int32_t>(number->value);
}

std::string score_text(std::int32_t score) {
  if (score >= kInfinity) return "INFINITY";
  if (score <= -kInfinity) return "-INFINITY";
  return fmt::format_int(score).str();
}

std::optional<std::uint32_t> parse_timeout(std::string_view text) {
  constexpr std::int64_t kLargest = std::numeric_limits<std::uint32_t>::max();
  const auto number = parse_integer(text);
  if (!number) return std::nullopt;
  std::size_t at = number->length;
  while (at < text.size() && (is_digit(text[at]) || text[at] == '.')) ++at;
  const Unit unit = unit_of(text.substr(skip_blanks(text, at)));
  if (unit.multiply == 0 || number->value < 0) return std::nullopt;
  if (number->value > kLargest * unit.divide / unit.multiply) return static_cast<std::uint32_t>(kLargest);
  return static_cast<std::uint32_t>(number->value * unit.multiply / unit.divide);
}

std::optional<std::uint32_t> parse_interval(std::string_view text) {
  if (text.empty() || text[0] != 'P') return text.empty() ? std::optional<std::uint32_t>(0) : parse_timeout(text);
  const auto duration = parse_duration(text);
  if (!duration || duration->total_seconds() < 0) return std::nullopt;
  constexpr std::int64_t kLargestSeconds = 4'294'967;
  return static_cast<std::uint32_t>(std::min(duration->total_seconds(), kLargestSeconds) * 1000);
}

std::string readable_interval(std::uint64_t milliseconds) {
  if (milliseconds == 0) return "0s";
  std::string text;
  const auto part = [&](std::uint64_t size, char unit) {
    if (milliseconds < size) return;
    text += fmt::format("{}{}", milliseconds / size, unit);
    milliseconds %= size;
  };
  part(86'400'000, 'd');
  part(3'600'000, 'h');
  part(60'000, 'm');
  if (milliseconds >= 1000) {
    text += fmt::format("{}", milliseconds / 1000);
    if (milliseconds % 1000 != 0) text += fmt::format(".{:03}", milliseconds % 1000);
    text += 's';
  } else if (milliseconds > 0) {
    text += fmt::format("{}ms", milliseconds);
  }
  return text;
}

std::optional<double> parse_number(std::string_view text) {
  std::size_t at = skip_blanks(text);
  bool negative = false;
  if (at < text.size() && (text[at] == '-' || text[at] == '+')) negative = text[at++] == '-';
  if (at == text.size() || text[at] == '-') return std::nullopt;
  std::chars_format format = std::chars_format::general;
  if (text.size() > at + 2 && text[at] == '0' && lower(text[at + 1]) == 'x') {
    at += 2;
    format = std::chars_format::hex;
  }
  double value = 0;
  const auto read = std::from_chars(text.data() + at, text.data() + text.size(), value, format);
  if (read.ec != std::errc()) {
    if (format == std::chars_format::hex && read.ec == std::errc::invalid_argument) return 0.0;  // "0x": the zero
    return std::nullopt;
  }
  return negative ? -value : value;
}

int compare_versions(std::string_view a, std::string_view b) {
  std::size_t at[2] = {skip_blanks(a), skip_blanks(b)};
  const std::string_view text[2] = {a, b};
  bool more[2] = {true, true};
  while (more[0] || more[1]) {
    std::uint64_t part[2] = {0, 0};
    for (int side = 0; side < 2; ++side) {
      std::size_t& i = at[side];
      const std::string_view t = text[side];
      if (!more[side] || i >= t.size() || !is_digit(t[i])) {
        more[side] = false;
        continue;
      }
      for (; i < t.size() && is_digit(t[i]); ++i) part[side] = part[side] * 10 + static_cast<std::uint64_t>(t[i] - '0');
      more[side] = i < t.size() && t[i] == '.';
      if (more[side]) ++i;
    }
    if (part[0] != part[1]) return part[0] < part[1] ? -1 : 1;
  }
  return 0;
}

}  // namespace simcluster::cib
