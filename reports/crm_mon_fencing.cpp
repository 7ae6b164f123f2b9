#include "reports/crm_mon_fencing.h"

#include <algorithm>
#include <ranges>

#include <fmt/format.h>

#include "engine/base/time_text.h"
#include "reports/text.h"

namespace simcluster::reports {

namespace {

bool same_kind(const FencingRecord& a, const FencingRecord& b) {
  return a.target == b.target && a.action == b.action && a.succeeded == b.succeeded && a.delegate == b.delegate &&
         a.client == b.client && a.origin == b.origin;
}

std::string_view action_words(std::string_view action) {
  if (action == "off") return "turning off";
  if (action == "on") return "unfencing";
  return action == "reboot" ? "reboot" : "fencing";
}

std::string technical_item(const FencingRecord& record, std::string_view when) {
  return fmt::format("{} of {} failed: delegate={}, client={}, origin={}, last-failed='{}'", record.action,
                     record.target, record.delegate, record.client, record.origin, when);
}

std::string friendly_item(const FencingRecord& record, const FencingRecord* later, std::string_view when) {
  std::string text = fmt::format("{} of {} ", action_words(record.action), record.target);
  if (!record.delegate.empty()) text += fmt::format("by {} ", record.delegate);
  text += fmt::format("for {}@{} last failed", record.client, record.origin);
  if (!record.reason.empty()) text += fmt::format(" ({})", record.reason);
  text += fmt::format(" at {}", when);
  if (later != nullptr) text += fmt::format(" (a later attempt from {} succeeded)", later->origin);
  return text;
}

std::string iso_text(Time at) {
  std::string text = date_text(at);
  return text.replace(text.size() - 3, 3, "+00:00");
}

}  // namespace

std::vector<std::string> failed_fencing_items(std::span<const FencingRecord> history, bool technical, bool iso_dates) {
  std::vector<std::string> items;
  std::vector<const FencingRecord*> shown;
  for (const FencingRecord& record : std::ranges::reverse_view(history)) {
    if (record.succeeded) continue;
    const bool known =
        std::ranges::any_of(shown, [&](const FencingRecord* other) { return same_kind(*other, record); });
    if (known) continue;
    shown.push_back(&record);
    const auto later = std::ranges::find_if(history, [&](const FencingRecord& other) {
      return other.succeeded && other.target == record.target && other.action == record.action &&
             other.completed > record.completed;
    });
    const std::string when = iso_dates ? iso_text(record.completed) : ctime_text(record.completed);
    items.push_back(technical ? technical_item(record, when)
                              : friendly_item(record, later == history.end() ? nullptr : &*later, when));
  }
  return items;
}

}  // namespace simcluster::reports
