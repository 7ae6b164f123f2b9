#include "engine/scheduler/text.h"

#include <algorithm>
#include <limits>

#include "engine/scheduler/scores.h"

namespace simcluster::scheduler {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// Compares two runs of digits as numbers of any length.
int compare_numbers(std::string_view a, std::string_view b) {
  const std::string_view a_all = a;
  const std::string_view b_all = b;
  while (a.size() > 1 && a.front() == '0') a.remove_prefix(1);
  while (b.size() > 1 && b.front() == '0') b.remove_prefix(1);
  if (a.size() != b.size()) return a.size() < b.size() ? -1 : 1;
  if (const int order = a.compare(b); order != 0) return order;
  if (a_all.size() != b_all.size()) return a_all.size() < b_all.size() ? -1 : 1;
  return 0;
}

std::string_view digits_at(std::string_view text, std::size_t at) {
  std::size_t end = at;
  while (end < text.size() && is_digit(text[end])) ++end;
  return text.substr(at, end - at);
}

}  // namespace

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return lower(x) == lower(y); });
}

std::string lower_case(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), lower);
  return result;
}

int compare_node_names(std::string_view a, std::string_view b) {
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < a.size() && j < b.size()) {
    if (is_digit(a[i]) && is_digit(b[j])) {
      const std::string_view x = digits_at(a, i);
      const std::string_view y = digits_at(b, j);
      if (const int order = compare_numbers(x, y); order != 0) return order;
      i += x.size();
      j += y.size();
      continue;
    }
    const auto x = static_cast<unsigned char>(lower(a[i]));
    const auto y = static_cast<unsigned char>(lower(b[j]));
    if (x != y) return x < y ? -1 : 1;
    ++i;
    ++j;
  }
  if (i < a.size()) return 1;
  return j < b.size() ? -1 : 0;
}

bool parse_leading_integer(std::string_view text, std::int64_t& value) {
  constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
  std::size_t i = 0;
  while (i < text.size() && is_blank(text[i])) ++i;
  bool negative = false;
  if (i < text.size() && (text[i] == '+' || text[i] == '-')) negative = text[i++] == '-';
  if (i >= text.size() || !is_digit(text[i])) return false;
  std::int64_t result = 0;
  for (; i < text.size() && is_digit(text[i]); ++i) {
    const int digit = text[i] - '0';
    if (result > (kMax - digit) / 10) {
      value = negative ? std::numeric_limits<std::int64_t>::min() : kMax;
      return true;
    }
    result = result * 10 + digit;
  }
  value = negative ? -result : result;
  return true;
}

std::string_view base_name(std::string_view id) {
  std::size_t end = id.size();
  while (end > 0 && is_digit(id[end - 1])) --end;
  if (end == id.size() || end == 0 || id[end - 1] != ':') return id;
  return id.substr(0, end - 1);
}

std::string readable_interval(std::uint32_t milliseconds) {
  if (milliseconds == 0) return "0s";
  std::string text;
  const auto take = [&](std::uint32_t unit, char letter) {
    if (milliseconds < unit) return;
    text += std::to_string(milliseconds / unit);
    text += letter;
    milliseconds %= unit;
  };
  take(24 * 3600 * 1000, 'd');
  take(3600 * 1000, 'h');
  take(60 * 1000, 'm');
  if (milliseconds >= 1000) {
    text += std::to_string(milliseconds / 1000);
    if (const std::uint32_t rest = milliseconds % 1000; rest != 0) {
      const std::string digits = std::to_string(rest);
      text += '.' + std::string(3 - digits.size(), '0') + digits;
    }
    text += 's';
  } else if (milliseconds > 0) {
    text += std::to_string(milliseconds) + "ms";
  }
  return text;
}

std::string readable_score(std::int32_t score) {
  if (score >= kInfinity) return "INFINITY";
  if (score <= -kInfinity) return "-INFINITY";
  return std::to_string(score);
}

}  // namespace simcluster::scheduler
