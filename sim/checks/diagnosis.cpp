#include "sim/checks/diagnosis.h"

#include <fmt/core.h>

namespace simcluster::sim {

namespace {
constexpr std::string_view kLoopback = "2130706433";  // 127.0.0.1, which nodes share by design (M IF-5)
}

void Diagnosis::on_event(const Truth& truth, const TraceEvent& event) {
  if (event.kind != TraceKind::kMembershipChange) return;
  const std::string self = field_text(event, "self");
  if (self.empty() || self == kLoopback) return;
  const auto [owner, is_first] = owners_.emplace(self, event.node);
  if (is_first || owner->second == event.node || !told_.insert(event.node).second) return;
  remarks_.emplace_back(event.node, fmt::format("{} has the node id {}, and so has {}", truth.machine_name(event.node),
                                                self, truth.machine_name(owner->second)));
}

}  // namespace simcluster::sim
