#include "engine/scheduler/scores.h"

#include <algorithm>

#include "engine/scheduler/text.h"

namespace simcluster::scheduler {

std::optional<Score> parse_score(std::string_view text, const HealthScores& health) {
  if (text == "-INFINITY") return -kInfinity;
  if (text == "INFINITY" || text == "+INFINITY") return kInfinity;
  if (equal_ignoring_case(text, "red")) return health.red;
  if (equal_ignoring_case(text, "yellow")) return health.yellow;
  if (equal_ignoring_case(text, "green")) return health.green;
  std::int64_t value = 0;
  if (!parse_leading_integer(text, value)) return std::nullopt;
  return static_cast<Score>(std::clamp<std::int64_t>(value, -kInfinity, kInfinity));
}

}  // namespace simcluster::scheduler
