// How the cluster reads single values: booleans, integers, scores, intervals, versions (S1 section 2). ASCII and
// locale-independent.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace simcluster::cib {

constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
bool equal_ignoring_case(std::string_view a, std::string_view b);
// Negative, 0 or positive; bytes compared in lower case.
int compare_ignoring_case(std::string_view a, std::string_view b);

// true on yes y 1 / false off no n 0, in any case; else nothing (S1 C-2.1).
std::optional<bool> parse_bool(std::string_view text);
// Missing and invalid count as false.
inline bool is_true(std::optional<std::string_view> text) { return text && parse_bool(*text).value_or(false); }

// A leading decimal integer with optional blanks and sign; what follows is ignored (S1 C-2.2).
struct Integer {
  std::int64_t value = 0;     // clipped to 64 bits
  bool out_of_range = false;  // it was clipped
  std::size_t length = 0;     // characters read
};
std::optional<Integer> parse_integer(std::string_view text);

inline constexpr std::int32_t kInfinity = 1'000'000;

// Sum that saturates; -INFINITY wins over INFINITY. Not associative (S1 C-2.5).
constexpr std::int32_t add_scores(std::int32_t a, std::int32_t b) {
  if (a <= -kInfinity || b <= -kInfinity) return -kInfinity;
  if (a >= kInfinity || b >= kInfinity) return kInfinity;
  const std::int32_t sum = a + b;
  return sum > kInfinity ? kInfinity : sum < -kInfinity ? -kInfinity : sum;
}

// What the words red, yellow and green are worth; all 0 without a health strategy (S1 C-5.7).
struct HealthWords {
  std::int32_t red = 0;
  std::int32_t yellow = 0;
  std::int32_t green = 0;
};

// S1 C-2.4; nothing when the text is not a score.
std::optional<std::int32_t> parse_score(std::string_view text, const HealthWords& health = {});
// "INFINITY", "-INFINITY" or the number.
std::string score_text(std::int32_t score);

// "10s", "90", "1min", "250ms", "PT5M" in milliseconds; nothing when invalid or negative (S1 C-2.6).
std::optional<std::uint32_t> parse_interval(std::string_view text);
// The same without ISO 8601 durations: operation timeouts and start delays.
std::optional<std::uint32_t> parse_timeout(std::string_view text);
// 10000 -> "10s", 90000 -> "1m30s", 250 -> "250ms", 1500 -> "1.500s" (S1 C-2.7).
std::string readable_interval(std::uint64_t milliseconds);

// A leading floating-point number as C's strtod reads it in the C locale; nothing when there is none or it is out of
// range (S1 C-2.11).
std::optional<double> parse_number(std::string_view text);

// Numbers between dots, compared one by one; unreadable text counts as "0" (S1 C-2.10).
int compare_versions(std::string_view a, std::string_view b);

}  // namespace simcluster::cib
