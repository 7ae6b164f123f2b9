// What crm_simulate -s and -U tell while resources are being placed (S3 section 14).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/scheduler/scores.h"

namespace simcluster::scheduler {

// One line. Texts are those of the model. kPlain is information that belongs in between (S1 C-18.8a): no list item, and
// its text is `label`. kBundleCapacity is the capacity of a bundle node, which only the XML output tells.
struct ScoreLine {
  enum class Kind : std::uint8_t { kNode, kPromotion, kCapacity, kBundleCapacity, kUtilization, kPlain };

  Kind kind = Kind::kNode;
  std::string_view label;     // which stage tells; of capacities "Original" or "Remaining"
  std::string_view resource;  // empty for capacities
  std::string_view node;      // empty: the promotion score of an inactive instance
  Score score = 0;
  std::vector<std::pair<std::string_view, std::string_view>> values;  // of capacities and utilization
};

// The line of the text output, without indentation (S3 ).
std::string score_line_text(const ScoreLine& line);

}  // namespace simcluster::scheduler
