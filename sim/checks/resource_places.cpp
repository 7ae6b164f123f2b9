#include "sim/checks/resource_places.h"

namespace simcluster::sim {

bool is_done(const TraceEvent& event, std::string_view operation) {
  return event.kind == TraceKind::kOperationEnd && field_text(event, "operation") == operation &&
         field_number(event, "rc") == 0 && field_number(event, "status") == 0;
}

bool loses_power(const TraceEvent& event) {
  return event.kind == TraceKind::kNodeBoot || event.kind == TraceKind::kNodeReset ||
         (event.kind == TraceKind::kNodeStop && field_text(event, "what") == "power off");
}

std::set<std::string> without_address(const std::vector<std::string>& resources,
                                      const std::vector<WatchedService>& services) {
  std::set<std::string> left(resources.begin(), resources.end());
  for (const WatchedService& service : services) left.erase(service.resource);
  return left;
}

void ResourcePlaces::on_event(const TraceEvent& event) {
  if (loses_power(event)) {
    for (auto& [resource, places] : places_) places.erase(event.node);
  } else if (is_done(event, "start")) {
    places_[field_text(event, "resource")].emplace(event.node, event.at);
  } else if (is_done(event, "stop")) {
    places_[field_text(event, "resource")].erase(event.node);
  }
}

const ResourcePlaces::Places& ResourcePlaces::of(const std::string& resource) const {
  static const Places kNowhere;
  const auto it = places_.find(resource);
  return it == places_.end() ? kNowhere : it->second;
}

}  // namespace simcluster::sim
