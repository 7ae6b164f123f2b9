#include "tools/clusterd/restart_watch.h"

#include <algorithm>
#include <charconv>
#include <ctime>

#include <fmt/core.h>

#include "engine/cib/cluster_property.h"
#include "engine/cib/values.h"
#include "engine/fencer/fencer.h"

namespace simcluster::clusterd {

namespace {

constexpr Duration kLook = seconds(5);
constexpr Duration kAgain = seconds(60);  // between two requests for the same fencing

}  // namespace

RestartWatch::RestartWatch(EventLoop& loop, node::Node& node, Log log)
    : loop_(loop), node_(node), log_(std::move(log)), timer_(loop.start_timer(kLook, *this, 0)) {}

RestartWatch::~RestartWatch() { loop_.cancel_timer(timer_); }

void RestartWatch::on_timer(std::uint64_t) {
  timer_ = loop_.start_timer(kLook, *this, 0);
  if (node_.is_dc() && node_.has_quorum()) look();
}

void RestartWatch::look() {
  const auto victim = cib::find_property(node_.cib(), cib::kRestartingNode);
  const auto until = cib::find_property(node_.cib(), cib::kRestartUntil);
  if (!victim || !until) return;
  std::int64_t end = 0;
  std::from_chars(until->value.data(), until->value.data() + until->value.size(), end);
  if (now() >= Time{} + seconds(end)) see_to(victim->value, Time{} + seconds(end));
}

void RestartWatch::see_to(const std::string& victim, Time until) {
  if (is_back(victim) || was_fenced(victim, until)) {
    log_(LogPriority::kWarning,
         fmt::format("the restart of {} was not ended by who began it; {} ends", victim, cib::kMaintenanceMode));
    return end_mode();
  }
  if (asked_ != Time{} && now() - asked_ < kAgain) return;
  asked_ = now();
  const auto fencing = cib::find_property(node_.cib(), "stonith-enabled");
  if (fencing && !cib::is_true(fencing->value))
    return log_(LogPriority::kError,
                fmt::format("{} has not come back from its restart and cannot be fenced; {} stays: make sure that its "
                            "resources do not run, then delete the property",
                            victim, cib::kMaintenanceMode));
  log_(LogPriority::kError, fmt::format("{} has not come back from its restart; it is fenced", victim));
  if (const auto asked = node_.stonith_admin("--reboot " + victim); !asked)
    log_(LogPriority::kError, asked.error().message);
}

bool RestartWatch::is_back(std::string_view victim) const {
  const std::vector<std::string> members = node_.members();
  if (std::find(members.begin(), members.end(), victim) == members.end()) return false;
  for (const auto& state : node_.cib().find_path("status").children())
    if (state.value("uname") == victim) return state.value("join") == "member";
  return false;
}

bool RestartWatch::was_fenced(std::string_view victim, Time since) const {
  const auto history = node_.fencing_history();
  return std::any_of(history.begin(), history.end(), [&](const fencer::HistoryEntry& entry) {
    return entry.target == victim && entry.succeeded && !entry.pending && entry.completed >= since;
  });
}

void RestartWatch::end_mode() {
  const auto before = cib::find_property(node_.cib(), cib::kRestartBefore);
  const auto mode = cib::find_property(node_.cib(), cib::kMaintenanceMode);
  if (before && mode && mode->value != before->value) {
    const auto done = node_.crm(fmt::format("configure property {}={}", cib::kMaintenanceMode, before->value));
    if (!done) log_(LogPriority::kError, done.error().message);
    return;  // the rest when it has arrived
  }
  if (!before) remove(cib::kMaintenanceMode);
  for (const std::string_view name : {cib::kRestartBefore, cib::kRestartUntil, cib::kRestartingNode}) remove(name);
}

void RestartWatch::remove(std::string_view name) {
  const auto found = cib::find_property(node_.cib(), name);
  if (!found) return;
  const auto done =
      node_.change_cib(node::CibChange::kDelete, "crm_config", fmt::format("<nvpair id=\"{}\"/>", found->id));
  if (!done) log_(LogPriority::kError, done.error().message);
}

Time RestartWatch::now() const { return Time{} + seconds(std::time(nullptr)); }

}  // namespace simcluster::clusterd
