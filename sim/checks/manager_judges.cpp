#include "sim/checks/manager_judges.h"

#include <algorithm>

#include <fmt/format.h>

namespace simcluster::sim {

namespace {

// The longest dc-deadtime (CM-13.15) and the joins after it.
constexpr Duration kElection = seconds(90);
// Every operation of a transition may take its time-out and cluster-delay; a minute each, and the transition after it.
constexpr Duration kSettling = minutes(4);

bool sits_still(const Truth::Manager& manager) { return manager.state == "S_IDLE" || manager.state == "S_NOT_DC"; }

}  // namespace

void Quiet::on_event(const TraceEvent& event) {
  switch (event.kind) {
    case TraceKind::kFault:
    case TraceKind::kOperator:
    case TraceKind::kNodeBoot:
    case TraceKind::kNodeReset:
    case TraceKind::kNodeCrash:
    case TraceKind::kNodeStop:
    case TraceKind::kMembershipChange:
    case TraceKind::kCarrierLost:
    case TraceKind::kCarrierFound:
      last_ = event.at;
      return;
    default:
      return;
  }
}

void EqualReplicas::on_event(const Truth&, const TraceEvent& event, bool) { quiet_.on_event(event); }

void EqualReplicas::on_end(const Truth& truth, Time now) {
  if (!quiet_.lasts(now, kElection)) return;
  const std::vector<Truth::Manager> managers = truth.managers();
  for (std::size_t i = 0; i < managers.size(); ++i)
    for (std::size_t j = 0; j < i; ++j) {
      const Truth::Manager& a = managers[j];
      const Truth::Manager& b = managers[i];
      if (a.members != b.members || !sits_still(a) || !sits_still(b) || a.cib == b.cib) continue;
      found(now, b.machine,
            fmt::format("the CIB of {} is another one than that of {}", truth.machine_name(b.machine),
                        truth.machine_name(a.machine)));
    }
}

void OneDc::on_event(const Truth&, const TraceEvent& event, bool) { quiet_.on_event(event); }

void OneDc::on_end(const Truth& truth, Time now) {
  if (!quiet_.lasts(now, kElection)) return;
  const std::vector<Truth::Manager> managers = truth.managers();
  for (const Truth::Manager& manager : managers) {
    const auto leads = [&](const Truth::Manager& other) { return other.members == manager.members && other.is_dc; };
    const auto count = std::count_if(managers.begin(), managers.end(), leads);
    if (count != 1) {
      found(now, manager.machine,
            fmt::format("the partition of {} has {} DCs", truth.machine_name(manager.machine), count));
      continue;
    }
    const auto dc = std::find_if(managers.begin(), managers.end(), leads);
    if (manager.dc != truth.machine_name(dc->machine))
      found(now, manager.machine,
            fmt::format("{} takes \"{}\" for the DC, which is {}", truth.machine_name(manager.machine), manager.dc,
                        truth.machine_name(dc->machine)));
  }
}

void Progress::on_event(const Truth&, const TraceEvent& event, bool) { quiet_.on_event(event); }

void Progress::on_end(const Truth& truth, Time now) {
  if (!quiet_.lasts(now, kSettling)) return;
  for (const Truth::Manager& manager : truth.managers())
    if (!sits_still(manager))
      found(now, manager.machine,
            fmt::format("{} is in {}, {} minutes after the last disturbance", truth.machine_name(manager.machine),
                        manager.state, kSettling.seconds() / 60));
}

}  // namespace simcluster::sim
