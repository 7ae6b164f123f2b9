#include "sim/checks/manager_judges.h"

#include <algorithm>

#include <fmt/core.h>

namespace simcluster::sim {

namespace {

// The longest dc-deadtime (CM-13.15) and the joins after it.
constexpr Duration kElection = seconds(90);
// Every operation of a transition may take its time-out and cluster-delay; a minute each, and the transition after it.
constexpr Duration kSettling = minutes(4);
constexpr Duration kBetweenLooks = seconds(1);

bool sits_still(const Truth::Manager& manager) { return manager.state == "S_IDLE" || manager.state == "S_NOT_DC"; }

// From outside.
bool is_disturbance(const TraceEvent& event) {
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
      return true;
    default:
      return false;
  }
}

}  // namespace

// --- quiet periods ---

void QuietJudge::on_event(const Truth& truth, const TraceEvent& event, bool) {
  if (is_disturbance(event)) {
    close_period();
    last_ = event.at;
    next_look_ = last_ + patience_;
    well_ = false;
    return;
  }
  if (!well_ && event.at - last_ >= patience_ && event.at >= next_look_) look(truth, event.at);
}

void QuietJudge::on_end(const Truth& truth, Time now) {
  if (now - last_ >= patience_) look(truth, now);
  close_period();
}

void QuietJudge::look(const Truth& truth, Time now) {
  complaints_ = examine(truth, now);
  well_ = complaints_.empty();
  next_look_ = now + kBetweenLooks;
}

void QuietJudge::close_period() {
  for (const Finding& complaint : complaints_) found(complaint.at, complaint.node, complaint.text);
  complaints_.clear();
}

// --- what they look at ---

EqualReplicas::EqualReplicas() : QuietJudge(kElection) {}

std::vector<Finding> EqualReplicas::examine(const Truth& truth, Time now) const {
  std::vector<Finding> wrong;
  const std::vector<Truth::Manager> managers = truth.managers();
  for (std::size_t i = 0; i < managers.size(); ++i)
    for (std::size_t j = 0; j < i; ++j) {
      const Truth::Manager& a = managers[j];
      const Truth::Manager& b = managers[i];
      if (a.members != b.members || !sits_still(a) || !sits_still(b) || a.cib == b.cib) continue;
      wrong.push_back({now, b.machine,
                       fmt::format("the CIB of {} is another one than that of {}", truth.machine_name(b.machine),
                                   truth.machine_name(a.machine))});
    }
  return wrong;
}

OneDc::OneDc() : QuietJudge(kElection) {}

std::vector<Finding> OneDc::examine(const Truth& truth, Time now) const {
  std::vector<Finding> wrong;
  const std::vector<Truth::Manager> managers = truth.managers();
  for (const Truth::Manager& manager : managers) {
    const auto leads = [&](const Truth::Manager& other) { return other.members == manager.members && other.is_dc; };
    const auto count = std::count_if(managers.begin(), managers.end(), leads);
    if (count != 1) {
      wrong.push_back({now, manager.machine,
                       fmt::format("the partition of {} has {} DCs", truth.machine_name(manager.machine), count)});
      continue;
    }
    const auto dc = std::find_if(managers.begin(), managers.end(), leads);
    if (manager.dc != truth.machine_name(dc->machine))
      wrong.push_back({now, manager.machine,
                       fmt::format("{} takes \"{}\" for the DC, which is {}", truth.machine_name(manager.machine),
                                   manager.dc, truth.machine_name(dc->machine))});
  }
  return wrong;
}

Progress::Progress() : QuietJudge(kSettling) {}

std::vector<Finding> Progress::examine(const Truth& truth, Time now) const {
  std::vector<Finding> wrong;
  for (const Truth::Manager& manager : truth.managers())
    if (!sits_still(manager))
      wrong.push_back({now, manager.machine,
                       fmt::format("{} is in {}, {} minutes after the last disturbance",
                                   truth.machine_name(manager.machine), manager.state, kSettling.seconds() / 60)});
  return wrong;
}

}  // namespace simcluster::sim
