#include "sim/checks/service_meter.h"

#include <algorithm>

#include "sim/checks/resource_places.h"

namespace simcluster::sim {

namespace {

bool has_address(const ServiceMeasure& measure) { return measure.service.address.specified(); }

bool is_recurring_monitor(const TraceEvent& event) {
  return field_text(event, "operation") == "monitor" && field_number(event, "interval") > 0;
}

}  // namespace

ServiceMeter::ServiceMeter(const std::vector<WatchedService>& services, const std::vector<std::string>& resources) {
  for (const auto& service : services) measures_.push_back({service, {}, {}, 0, {}, false});
  for (const auto& resource : resources) {
    const bool served =
        std::ranges::any_of(services, [&](const WatchedService& service) { return service.resource == resource; });
    if (!served) measures_.push_back({{resource, IpAddress()}, {}, {}, 0, {}, false});
  }
  down_since_.resize(measures_.size());
  places_.resize(measures_.size());
}

bool ServiceMeter::on_event(const TraceEvent& event) {
  const bool powerless = loses_power(event);
  const bool starts = is_done(event, "start") || (is_done(event, "monitor") && is_recurring_monitor(event));
  const bool ends =
      is_done(event, "stop") || (event.kind == TraceKind::kOperationFailed && is_recurring_monitor(event));
  if (!powerless && !starts && !ends) return false;
  bool changed = false;
  const std::string resource = powerless ? std::string() : field_text(event, "resource");
  for (std::size_t i = 0; i < measures_.size(); ++i) {
    if (has_address(measures_[i]) || (!powerless && measures_[i].service.resource != resource)) continue;
    if (starts)
      places_[i].insert(event.node);
    else
      places_[i].erase(event.node);
    changed = note(i, !places_[i].empty(), event.at) || changed;
  }
  return changed;
}

void ServiceMeter::settle(const Truth& truth, Time now) {
  for (std::size_t i = 0; i < measures_.size(); ++i) {
    if (!has_address(measures_[i])) continue;
    const auto places = truth.places(measures_[i].service.address);
    note(i, std::ranges::any_of(places, &Truth::Place::answers), now);
  }
}

bool ServiceMeter::note(std::size_t index, bool up, Time now) {
  ServiceMeasure& measure = measures_[index];
  if (up == measure.up) return false;
  measure.up = up;
  if (!up) {
    ++measure.outages;
    down_since_[index] = now;
  } else if (measure.first_up) {
    end_outage(index, now);
  } else {
    measure.first_up = now;
  }
  return true;
}

void ServiceMeter::finish(Time now) {
  for (std::size_t i = 0; i < measures_.size(); ++i)
    if (measures_[i].first_up && !measures_[i].up) end_outage(i, now);
}

void ServiceMeter::end_outage(std::size_t index, Time now) {
  const Duration outage = now - down_since_[index];
  measures_[index].down += outage;
  measures_[index].longest = std::max(measures_[index].longest, outage);
}

}  // namespace simcluster::sim
