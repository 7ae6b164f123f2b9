// Finding events in a trace.
#pragma once

#include <cstdint>

#include "sim/scenario/model.h"

namespace simcluster::sim {

class World;

// Counts the events that fit a pattern.
class PatternMatcher {
 public:
  // `pattern` and `world` must outlive the matcher.
  PatternMatcher(const EventPattern& pattern, const World& world);

  // True for the n-th event that fits, and for no other.
  bool hit(const TraceEvent& event);
  // True for every event that fits.
  bool fits(const TraceEvent& event) const;

 private:
  const EventPattern& pattern_;
  NodeIndex node_;
  std::int64_t seen_ = 0;
};

// "operation.failed on node01 with resource=vip01": for reports.
std::string pattern_text(const EventPattern& pattern);

}  // namespace simcluster::sim
