#include "engine/controller/counting.h"

#include <algorithm>
#include <charconv>

namespace simcluster::controller {

namespace {

std::int64_t score_of(std::string_view text) {
  if (text == "INFINITY" || text == "+INFINITY") return kMostCounted;
  if (text == "-INFINITY") return -kMostCounted;
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return std::clamp(value, -kMostCounted, kMostCounted);
}

}  // namespace

std::optional<std::int64_t> counted_up(std::string_view name, std::string_view given, std::string_view old) {
  if (!given.starts_with(name)) return std::nullopt;
  const std::string_view rest = given.substr(name.size());
  std::int64_t step = 0;
  if (rest.starts_with("++")) {
    step = 1;
  } else if (rest.starts_with("+=")) {
    step = score_of(rest.substr(2));
  } else {
    return std::nullopt;
  }
  return std::clamp(score_of(old) + step, -kMostCounted, kMostCounted);
}

}  // namespace simcluster::controller
