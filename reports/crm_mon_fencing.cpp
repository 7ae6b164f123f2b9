#include "reports/crm_mon_fencing.h"

#include <algorithm>
#include <ranges>

#include <fmt/core.h>

#include "engine/base/time_text.h"
#include "reports/text.h"

namespace simcluster::reports {

namespace {

FencingKind kind_of(const FencingRecord& record) {
  if (record.pending) return FencingKind::kPending;
  return record.succeeded ? FencingKind::kSucceeded : FencingKind::kFailed;
}

bool alike(const FencingRecord& a, const FencingRecord& b) {
  return a.target == b.target && a.action == b.action && kind_of(a) == kind_of(b) && a.delegate == b.delegate &&
         a.client == b.client && a.origin == b.origin;
}

std::string_view action_words(std::string_view action) {
  if (action == "off") return "turning off";
  if (action == "on") return "unfencing";
  return action == "reboot" ? "reboot" : "fencing";
}

std::string_view kind_word(FencingKind kind) {
  if (kind == FencingKind::kPending) return "pending";
  return kind == FencingKind::kFailed ? "failed" : "successful";
}

// Below level kSuccesses only the last of each kind is meant.
bool tells_last(const FencingWords& words) { return words.level == FencingLevel::kFailures; }

// "2021-03-30 14:40:10Z"; 2.0 writes the offset of UTC as of every other zone, after a blank.
std::string time_of(const FencingRecord& record, const FencingWords& words) {
  constexpr std::size_t kSeconds = 19;  // length of "2021-03-30 14:40:10"
  return date_text(record.completed).substr(0, kSeconds) + (words.old ? " +00:00" : "Z");
}

}  // namespace

std::string fencing_item(const FencingRecord& record, const FencingWords& words) {
  const FencingKind kind = kind_of(record);
  std::string text =
      fmt::format("{} of {} {}: ", words.old ? std::string_view(record.action) : action_words(record.action),
                  record.target, kind_word(kind));
  // What nobody did yet has no delegate to be told.
  if (!record.delegate.empty() || (words.old && !record.pending)) text += fmt::format("delegate={}, ", record.delegate);
  text += fmt::format("client={}, origin={}", record.client, record.origin);
  if (record.pending) return text;
  const std::string_view when = !tells_last(words) ? "completed" : record.succeeded ? "last-successful" : "last-failed";
  return text + fmt::format(", {}='{}'", when, time_of(record, words));
}

namespace {

std::string friendly_item(const FencingRecord& record, const FencingRecord* later, const FencingWords& words) {
  std::string text = fmt::format("{} of {} ", action_words(record.action), record.target);
  if (!record.delegate.empty()) text += fmt::format("by {} ", record.delegate);
  text += fmt::format("for {}@{}{} {}", record.client, record.origin, tells_last(words) ? " last" : "",
                      kind_word(kind_of(record)));
  if (!record.reason.empty()) text += fmt::format(" ({})", record.reason);
  if (!record.pending) text += fmt::format(" at {}", time_of(record, words));
  if (later != nullptr) text += fmt::format(" (a later attempt from {} succeeded)", later->origin);
  return text;
}

// Somebody has done later what this one failed to do.
const FencingRecord* success_after(const FencingRecord& record, std::span<const FencingRecord> history) {
  if (kind_of(record) != FencingKind::kFailed) return nullptr;
  const auto found = std::ranges::find_if(history, [&](const FencingRecord& other) {
    return other.succeeded && other.target == record.target && other.action == record.action &&
           other.completed > record.completed;
  });
  return found == history.end() ? nullptr : &*found;
}

}  // namespace

std::vector<std::string> fencing_items(std::span<const FencingRecord> history, FencingKind kind,
                                       const FencingWords& words) {
  std::vector<std::string> items;
  std::vector<const FencingRecord*> shown;
  for (const FencingRecord& record : std::ranges::reverse_view(history)) {
    if (kind_of(record) != kind) continue;
    const bool known = std::ranges::any_of(shown, [&](const FencingRecord* other) { return alike(*other, record); });
    if (known && words.level != FencingLevel::kEverything) continue;
    shown.push_back(&record);
    items.push_back(words.old || words.detail ? fencing_item(record, words)
                                              : friendly_item(record, success_after(record, history), words));
  }
  return items;
}

}  // namespace simcluster::reports
