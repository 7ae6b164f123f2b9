// Small comparisons of texts that many rules share.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace simcluster::scheduler {

// ASCII only, whatever the locale.
constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
bool equal_ignoring_case(std::string_view a, std::string_view b);
std::string lower_case(std::string_view text);

// The order of node names: case-insensitive, runs of digits as numbers (S2 V-1.8). Negative: a is smaller.
int compare_node_names(std::string_view a, std::string_view b);

// A leading decimal integer with optional blanks and sign; what follows is ignored; clipped to 64 bits (S1 C-2.2).
bool parse_leading_integer(std::string_view text, std::int64_t& value);

// A history id without a trailing ":<digits>" (S2 M-9.3).
std::string_view base_name(std::string_view id);

// 10000 -> "10s", 90000 -> "1m30s", 250 -> "250ms" (S1 C-2.7).
std::string readable_interval(std::uint32_t milliseconds);
// What every comparison of a duration with times uses: 1 for less than a second, else rounded half up (S2 V-1.6).
constexpr std::int64_t whole_seconds(std::uint32_t milliseconds) {
  return milliseconds > 0 && milliseconds < 1000 ? 1 : (std::int64_t{milliseconds} + 500) / 1000;
}
// "INFINITY", "-INFINITY" or the number (S3 ).
std::string readable_score(std::int32_t score);

}  // namespace simcluster::scheduler
