#include "sim/checks/run_meter.h"

#include "sim/checks/resource_places.h"

namespace simcluster::sim {

void RunMeter::note(std::optional<Duration>& measure, const TraceEvent& event) {
  if (fault_ && !measure) measure = event.at - *fault_;
}

void RunMeter::on_event(const TraceEvent& event) {
  switch (event.kind) {
    case TraceKind::kFault:
      if (!fault_) fault_ = event.at;
      return;
    case TraceKind::kOperationFailed:
    case TraceKind::kMembershipChange:
    case TraceKind::kFencingRequest:
      note(measures_.detection, event);
      return;
    case TraceKind::kAttribute: {
      // Those of the cluster itself tell nothing of a fault.
      const std::string name = field_text(event, "name");
      if (name != "shutdown" && !name.starts_with('#')) note(measures_.detection, event);
      return;
    }
    case TraceKind::kFencingResult:
      if (field_number(event, "ok") != 0) note(measures_.fencing, event);
      return;
    default:
      break;
  }
  if (!is_done(event, "start")) return;
  const std::string resource = field_text(event, "resource");
  if (!resources_.contains(resource)) return;
  note(measures_.service, event);
  const auto [home, first] = homes_.emplace(resource, event.node);
  if (!first && home->second != event.node) ++measures_.failovers;
  home->second = event.node;
}

}  // namespace simcluster::sim
