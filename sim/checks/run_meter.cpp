#include "sim/checks/run_meter.h"

#include <algorithm>

#include "sim/checks/resource_places.h"

namespace simcluster::sim {

void RunMeter::note(std::optional<Duration>& measure, Time now) {
  if (fault_ && !measure) measure = now - *fault_;
}

void RunMeter::on_event(const TraceEvent& event) {
  switch (event.kind) {
    case TraceKind::kFault:
      if (!fault_) fault_ = event.at;
      return;
    case TraceKind::kOperationFailed:
    case TraceKind::kMembershipChange:
    case TraceKind::kFencingRequest:
      note(measures_.detection, event.at);
      return;
    case TraceKind::kAttribute: {
      // Those of the cluster itself tell nothing of a fault.
      const std::string name = field_text(event, "name");
      if (name != "shutdown" && !name.starts_with('#')) note(measures_.detection, event.at);
      return;
    }
    case TraceKind::kFencingResult:
      if (field_number(event, "ok") != 0 && field_text(event, "operation") != "on") note(measures_.fencing, event.at);
      return;
    default:
      break;
  }
  if (!is_done(event, "start")) return;
  const std::string resource = field_text(event, "resource");
  if (!resources_.contains(resource)) return;
  const auto [home, first] = homes_.emplace(resource, event.node);
  if (!first && home->second != event.node) ++measures_.failovers;
  home->second = event.node;
}

void RunMeter::on_services(const std::vector<ServiceMeasure>& services, Time now) {
  if (!fault_ || measures_.service) return;
  const bool all_up =
      std::ranges::all_of(services, [](const ServiceMeasure& s) { return s.up || !s.first_up || !s.wanted; });
  if (all_up && interrupted_) note(measures_.service, now);
  interrupted_ = !all_up;
}

}  // namespace simcluster::sim
