#include "sim/checks/service_meter.h"

#include <algorithm>
#include <utility>

#include "sim/checks/resource_places.h"

namespace simcluster::sim {

namespace {

bool has_address(const ServiceMeasure& measure) { return measure.service.address.specified(); }

bool is_recurring_monitor(const TraceEvent& event) {
  return field_text(event, "operation") == "monitor" && field_number(event, "interval") > 0;
}

}  // namespace

ServiceMeter::ServiceMeter(const std::vector<WatchedService>& services, const std::vector<std::string>& resources) {
  on_configuration(services, resources, Time{});
}

void ServiceMeter::on_configuration(const std::vector<WatchedService>& services,
                                    const std::vector<std::string>& resources, Time now) {
  std::vector<bool> before;
  for (ServiceMeasure& measure : measures_) before.push_back(std::exchange(measure.wanted, false));
  for (const auto& service : services) want(service);
  for (const auto& resource : resources) {
    const bool served =
        std::ranges::any_of(services, [&](const WatchedService& service) { return service.resource == resource; });
    if (!served) want({resource, IpAddress()});
  }
  for (std::size_t i = 0; i < before.size(); ++i) {
    if (before[i] == measures_[i].wanted) continue;
    if (counts_[i] && !measures_[i].up) end_outage(i, now);
    counts_[i] = false;
    if (measures_[i].wanted && measures_[i].up) begin(i, now);
  }
}

void ServiceMeter::want(const WatchedService& service) {
  const auto known = std::ranges::find_if(measures_, [&](const ServiceMeasure& measure) {
    return measure.service.resource == service.resource && measure.service.address == service.address;
  });
  if (known != measures_.end()) {
    known->wanted = true;
    return;
  }
  measures_.push_back({service, {}, {}, 0, {}, false, true});
  counts_.push_back(false);
  down_since_.emplace_back();
  places_.emplace_back();
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
  if (counts_[index] && up) end_outage(index, now);
  if (counts_[index] && !up) {
    ++measure.outages;
    down_since_[index] = now;
  }
  if (measure.wanted && up) begin(index, now);
  return true;
}

void ServiceMeter::begin(std::size_t index, Time now) {
  counts_[index] = true;
  if (!measures_[index].first_up) measures_[index].first_up = now;
}

void ServiceMeter::finish(Time now) {
  for (std::size_t i = 0; i < measures_.size(); ++i)
    if (counts_[i] && !measures_[i].up) end_outage(i, now);
}

void ServiceMeter::end_outage(std::size_t index, Time now) {
  const Duration outage = now - down_since_[index];
  measures_[index].down += outage;
  measures_[index].longest = std::max(measures_[index].longest, outage);
}

}  // namespace simcluster::sim
