#include "sim/checks/resource_judges.h"

#include <fmt/core.h>

namespace simcluster::sim {

void TwoActiveResources::on_event(const Truth& truth, const TraceEvent& event, bool) {
  places_.on_event(event);
  if (!is_done(event, "start")) return;
  const std::string resource = field_text(event, "resource");
  if (!resources_.contains(resource)) return;
  for (const auto& [machine, since] : places_.of(resource))
    if (machine != event.node)
      found(event.at, event.node,
            fmt::format("{} is started on {} and still runs on {}", resource, truth.machine_name(event.node),
                        truth.machine_name(machine)));
}

void StartBeforeFencing::on_event(const Truth& truth, const TraceEvent& event, bool) {
  if (event.kind == TraceKind::kFencingRequest && field_text(event, "operation") != "on")
    fencing_.insert(field_text(event, "target"));
  if (loses_power(event)) fencing_.erase(truth.machine_name(event.node));
  places_.on_event(event);
  if (!is_done(event, "start")) return;
  const std::string resource = field_text(event, "resource");
  if (!resources_.contains(resource)) return;
  for (const auto& [machine, since] : places_.of(resource))
    if (machine != event.node && fencing_.contains(truth.machine_name(machine)))
      found(event.at, event.node,
            fmt::format("{} is started although {}, where it runs, is to be fenced and has not been switched off",
                        resource, truth.machine_name(machine)));
}

void StartBeforeUnfencing::on_event(const Truth& truth, const TraceEvent& event, bool) {
  if (event.kind == TraceKind::kFencingResult && field_number(event, "ok") != 0) {
    const std::string target = field_text(event, "target");
    if (field_text(event, "operation") == "on") {
      unfenced_.emplace(target, event.at);
    } else {
      unfenced_.erase(target);
    }
  }
  // It lasts no longer than the node.
  if (event.kind == TraceKind::kNodeReset || event.kind == TraceKind::kNodeBoot || event.kind == TraceKind::kNodeStop ||
      event.kind == TraceKind::kNodeCrash)
    unfenced_.erase(truth.machine_name(event.node));
  const std::string resource = is_done(event, "start") ? field_text(event, "resource") : std::string();
  if (!resources_.contains(resource)) return;
  const std::string node = truth.machine_name(event.node);
  const auto since = unfenced_.find(node);
  const Time began = event.at - milliseconds(field_number(event, "exec_ms"));
  if (since == unfenced_.end() || since->second > began)
    found(event.at, event.node, fmt::format("{} is started although {} has not been unfenced", resource, node));
}

void OrderInReality::on_event(const Truth&, const TraceEvent& event, bool) {
  const bool start = is_done(event, "start");
  const bool stop = is_done(event, "stop");
  const std::string resource = start || stop ? field_text(event, "resource") : std::string();
  for (const WatchedPair& order : orders_) {
    if (start && resource == order.second) {
      const Time began = event.at - milliseconds(field_number(event, "exec_ms"));
      bool runs = false;
      for (const auto& [machine, since] : places_.of(order.first)) runs = runs || since <= began;
      if (!runs) found(event.at, event.node, fmt::format("{} is started and {} does not run", resource, order.first));
    }
    if (stop && resource == order.first && places_.of(order.first).contains(event.node) &&
        places_.of(order.second).contains(event.node))
      found(event.at, event.node, fmt::format("{} is stopped and {} still runs", resource, order.second));
  }
  places_.on_event(event);
}

void ColocationInReality::on_event(const Truth&, const TraceEvent& event, bool) {
  places_.on_event(event);
  if (!is_done(event, "start")) return;
  const std::string resource = field_text(event, "resource");
  for (const WatchedPair& pair : pairs_)
    if (resource == pair.first && !places_.of(pair.second).contains(event.node))
      found(event.at, event.node, fmt::format("{} is started where {} does not run", resource, pair.second));
}

}  // namespace simcluster::sim
