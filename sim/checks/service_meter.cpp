#include "sim/checks/service_meter.h"

#include <algorithm>

namespace simcluster::sim {

ServiceMeter::ServiceMeter(const std::vector<WatchedService>& services) : down_since_(services.size()) {
  for (const auto& service : services) measures_.push_back({service, {}, {}, 0, {}, false});
}

void ServiceMeter::settle(const Truth& truth, Time now) {
  for (std::size_t i = 0; i < measures_.size(); ++i) {
    ServiceMeasure& measure = measures_[i];
    const auto places = truth.places(measure.service.address);
    const bool up = std::any_of(places.begin(), places.end(), [](const Truth::Place& place) { return place.carrier; });
    if (up == measure.up) continue;
    measure.up = up;
    if (!up) {
      ++measure.outages;
      down_since_[i] = now;
    } else if (measure.first_up) {
      end_outage(i, now);
    } else {
      measure.first_up = now;
    }
  }
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
