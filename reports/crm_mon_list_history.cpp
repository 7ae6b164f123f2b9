#include "reports/crm_mon_list_history.h"

#include <charconv>

#include <fmt/core.h>

#include "engine/base/time_text.h"
#include "reports/text.h"

namespace simcluster::reports {

namespace {

std::string unix_ctime(std::int64_t unix_seconds) { return ctime_text(Time{} + seconds(unix_seconds)); }

// "2021-03-30 14:38:38 +00:00"
std::string iso_text(std::int64_t unix_seconds) {
  std::string text = date_text(Time{} + seconds(unix_seconds));
  return text.replace(text.size() - 3, 3, "+00:00");
}

// "999ms", "1000ms", "1.500s", "60s", "1m30s", "60m", "2h": a unit is used for what is longer than it.
std::string readable_time(std::int64_t ms) {
  struct Unit {
    std::int64_t ms;
    char letter;
  };
  static constexpr Unit kUnits[] = {{86'400'000, 'd'}, {3'600'000, 'h'}, {60'000, 'm'}};
  std::string text;
  for (const Unit unit : kUnits) {
    if (ms <= unit.ms) continue;
    text += fmt::format("{}{}", ms / unit.ms, unit.letter);
    ms %= unit.ms;
  }
  if (ms > 1000) {
    text += std::to_string(ms / 1000);
    if (ms % 1000 != 0) text += fmt::format(".{:03}", ms % 1000);
    return text + "s";
  }
  if (ms > 0 || text.empty()) text += fmt::format("{}ms", ms);
  return text;
}

std::int64_t milliseconds_of(std::string_view text) {
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::string technical_text(const ClusterView& view, const ShownFailure& failure) {
  std::string text = fmt::format("{} on {} '{}' ({}): call={}, status='{}'", failure.key, failure.node,
                                 view.rc_text(failure.rc), failure.rc, failure.call, view.status_text(failure.status));
  if (!failure.reason.empty() || view.old_words()) {
    text += fmt::format(", exitreason='{}'", failure.reason.empty() ? "none" : failure.reason);
  }
  if (failure.last_change) {
    text += fmt::format(", last-rc-change='{}'",
                        view.old_words() ? iso_text(*failure.last_change) : unix_ctime(*failure.last_change));
  }
  if (!failure.queue_time.empty()) text += fmt::format(", queued={}ms", failure.queue_time);
  if (!failure.exec_time.empty()) text += fmt::format(", exec={}ms", failure.exec_time);
  return text;
}

std::string friendly_text(const ClusterView& view, const ShownFailure& failure) {
  std::string text(failure.resource);
  if (failure.interval > 0) text += fmt::format(" {}-interval", readable_time(failure.interval));
  const bool probe = failure.task == "monitor" && failure.interval == 0;
  text += fmt::format(" {} on {} ", probe ? "probe" : failure.task, failure.node);
  if (failure.status == 0) {
    text += fmt::format("returned '{}'", view.rc_text(failure.rc));
    if (!failure.reason.empty()) text += fmt::format(" ({})", failure.reason);
  } else {
    text += fmt::format("could not be executed ({}{}{})", view.status_text(failure.status),
                        failure.reason.empty() ? "" : ": ", failure.reason);
  }
  if (failure.last_change) text += fmt::format(" at {}", unix_ctime(*failure.last_change));
  const std::int64_t took = milliseconds_of(failure.exec_time);
  if (took > 0) text += fmt::format(" after {}", readable_time(took));
  return text;
}

}  // namespace

std::string history_text(const ClusterView& view, const ShownHistory& history) {
  if (!history.known) return fmt::format("{}: orphan", history.resource);
  std::string text =
      fmt::format("{}: migration-threshold={}", view.options().operations ? history.shown_name : history.resource,
                  history.migration_threshold);
  if (history.fail_count > 0) text += fmt::format(" fail-count={}", history.fail_count);
  if (history.last_failure > 0) text += fmt::format(" last-failure='{}'", unix_ctime(history.last_failure));
  return text;
}

std::string operation_text(const ClusterView& view, const ShownOperation& operation) {
  std::string details;
  if (operation.interval > 0) details += fmt::format(" interval=\"{}ms\"", operation.interval);
  if (view.options().timing) {
    if (operation.last_change > 0) details += fmt::format(" last-rc-change=\"{}\"", unix_ctime(operation.last_change));
    if (!operation.exec_time.empty()) details += fmt::format(" exec-time=\"{}ms\"", operation.exec_time);
    if (!operation.queue_time.empty()) details += fmt::format(" queue-time=\"{}ms\"", operation.queue_time);
    details += fmt::format(" rc={} ({})", operation.rc, view.rc_text(operation.rc));
  }
  return fmt::format("({}) {}{}{}", operation.call, operation.is_probe ? "probe" : operation.task,
                     details.empty() ? "" : ":", details);
}

std::string failure_text(const ClusterView& view, const ShownFailure& failure) {
  return view.old_words() || view.options().show_detail ? technical_text(view, failure) : friendly_text(view, failure);
}

}  // namespace simcluster::reports
