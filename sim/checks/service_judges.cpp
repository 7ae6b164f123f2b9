#include "sim/checks/service_judges.h"

#include <algorithm>

#include <fmt/core.h>

namespace simcluster::sim {

namespace {

// "192.168.4.200/24" is about 192.168.4.200.
std::string address_of(const TraceEvent& event) {
  const std::string text = field_text(event, "address");
  return text.substr(0, text.find('/'));
}

bool is_trouble(TraceKind kind) {
  switch (kind) {
    case TraceKind::kFault:
    case TraceKind::kOperator:
    case TraceKind::kNodeReset:
    case TraceKind::kNodeCrash:
    case TraceKind::kNodeStop:
    case TraceKind::kInterfaceDown:
    case TraceKind::kCarrierLost:
      return true;
    default:
      return false;
  }
}

bool failed_monitor(const TraceEvent& event) {
  return event.kind == TraceKind::kOperationEnd && field_text(event, "operation") == "monitor" &&
         field_number(event, "interval") > 0 && field_number(event, "rc") != 0;
}

}  // namespace

TwoActives::TwoActives(std::vector<WatchedService> services) : services_(std::move(services)) {}

void TwoActives::on_settled(const Truth& truth, Time now) {
  for (const WatchedService& service : services_) {
    const auto places = truth.places(service.address);
    if (places.size() < 2) {
      doubled_.erase(service.address);
    } else if (doubled_.insert(service.address).second) {
      found(now, places[1].machine,
            fmt::format("{} is up on {} and on {}", service.address.text(), truth.machine_name(places[0].machine),
                        truth.machine_name(places[1].machine)));
    }
  }
}

FalseFailure::FalseFailure(std::vector<WatchedService> services) : services_(std::move(services)) {}

void FalseFailure::on_event(const Truth& truth, const TraceEvent& event, bool) {
  const bool moved = event.kind == TraceKind::kAddressAdded || event.kind == TraceKind::kAddressRemoved;
  const bool failed = failed_monitor(event);
  if (moved) changed_[address_of(event)] = event.at;
  if (!failed) return;
  for (const WatchedService& service : services_) {
    if (field_text(event, "resource") != service.resource) continue;
    const Time began = event.at - milliseconds(field_number(event, "exec_ms") + 1);
    const auto places = truth.places(service.address);
    const bool there = std::any_of(places.begin(), places.end(), [&](const Truth::Place& place) {
      return place.machine == event.node && place.carrier;
    });
    const auto changed = changed_.find(service.address.text());
    if (there && (changed == changed_.end() || changed->second < began))
      found(event.at, event.node,
            fmt::format("the monitor of {} says rc={}, but {} was up all the time", service.resource,
                        field_number(event, "rc"), service.address.text()));
  }
}

namespace {

// Not what the cluster writes down for itself.
bool tells_of_the_world(std::string_view attribute) {
  return attribute != "shutdown" && !attribute.starts_with('#') && !attribute.starts_with("last-failure");
}

}  // namespace

void Causes::on_event(const TraceEvent& event, bool caused) {
  if (caused || is_trouble(event.kind)) fault_ = event.at;
  switch (event.kind) {
    case TraceKind::kOperationFailed:
      if (const auto timeout = failure_timeouts_.find(field_text(event, "resource"));
          timeout != failure_timeouts_.end())
        forgotten_.push_back(event.at + timeout->second);
      known_ = true;
      return;
    case TraceKind::kOperator:
    case TraceKind::kNodeBoot:
    case TraceKind::kMembershipChange:
    case TraceKind::kFencingResult:
      known_ = true;
      return;
    case TraceKind::kAttribute:
      known_ = known_ || tells_of_the_world(field_text(event, "name"));
      return;
    case TraceKind::kControllerState:
      if (field_text(event, "to") != "S_IDLE") return;
      rested_ = event.at;
      std::erase_if(forgotten_, [&](Time at) { return at <= rested_; });
      if (!known_) return;
      known_ = false;
      fault_.reset();
      return;
    default:
      return;
  }
}

void Causes::on_configuration(const WatchedConfiguration& configuration) {
  time_conditions_ = configuration.time_conditions;
  failure_timeouts_ = configuration.failure_timeouts;
  known_ = true;
}

void Causes::deceived() {
  known_ = false;
  fault_.reset();
}

bool Causes::explain(Time now) const {
  if (known_ || (fault_ && now - *fault_ < kUnnoticed)) return true;
  if (std::ranges::any_of(forgotten_, [&](Time at) { return at <= now; })) return true;
  return time_conditions_ && time_conditions_(rested_) != time_conditions_(now);
}

NeedlessRecovery::NeedlessRecovery(std::vector<WatchedService> services, const WatchedConfiguration& configuration)
    : services_(services),
      resources_(without_address(configuration.single, services)),
      failures_(std::move(services)),
      causes_(configuration) {}

void NeedlessRecovery::on_configuration(const Watch& watch) {
  services_ = watch.services;
  resources_ = without_address(watch.configuration.single, watch.services);
  failures_.on_configuration(watch);
  causes_.on_configuration(watch.configuration);
}

void NeedlessRecovery::on_event(const Truth& truth, const TraceEvent& event, bool caused) {
  failures_.on_event(truth, event, caused);
  const bool deceived = failures_.findings().size() > false_ones_;
  false_ones_ = failures_.findings().size();
  const bool same_failure =
      event.kind == TraceKind::kOperationFailed && false_ones_ > 0 && failures_.findings().back().at == event.at;
  if (deceived || same_failure) {
    causes_.deceived();
  } else {
    causes_.on_event(event, caused);
  }
  if (is_done(event, "stop")) on_stop(event);
  places_.on_event(event);
  if (event.kind != TraceKind::kAddressRemoved || caused || causes_.explain(event.at)) return;
  for (const auto& service : services_)
    if (address_of(event) == service.address.text())
      found(event.at, event.node,
            fmt::format("the cluster took {} away though it was healthy and nobody had asked", service.address.text()));
}

void NeedlessRecovery::on_stop(const TraceEvent& event) {
  const std::string resource = field_text(event, "resource");
  if (!resources_.contains(resource) || !places_.of(resource).contains(event.node)) return;
  if (!causes_.explain(event.at))
    found(event.at, event.node,
          fmt::format("the cluster stopped {} though it was healthy and nobody had asked", resource));
}

}  // namespace simcluster::sim
