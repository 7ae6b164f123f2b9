#include "engine/scheduler/history_sort.h"

#include <algorithm>
#include <limits>

#include "engine/scheduler/merge_sort.h"
#include "engine/scheduler/status_index.h"
#include "engine/scheduler/text.h"

namespace simcluster::scheduler {

namespace {

// Takes an integer and the separator behind it off the front.
bool take_integer(std::string_view& text, char separator, int& value) {
  const std::size_t end = text.find(separator);
  if (end == std::string_view::npos) return false;
  std::int64_t number = 0;
  if (!parse_leading_integer(text.substr(0, end), number)) return false;
  value = static_cast<int>(
      std::clamp<std::int64_t>(number, std::numeric_limits<int>::min(), std::numeric_limits<int>::max()));
  text.remove_prefix(end + 1);
  return true;
}

HistoryTask parse_history_task(std::string_view text) {
  if (text == "monitor") return HistoryTask::kMonitor;
  if (text == "start") return HistoryTask::kStart;
  if (text == "stop") return HistoryTask::kStop;
  if (text == "promote") return HistoryTask::kPromote;
  if (text == "demote") return HistoryTask::kDemote;
  if (text == "migrate_to") return HistoryTask::kMigrateTo;
  if (text == "migrate_from") return HistoryTask::kMigrateFrom;
  if (text == "asyncmon") return HistoryTask::kAsyncMonitor;
  return HistoryTask::kOther;
}

int integer_attribute(std::string_view text, int missing) {
  std::int64_t value = 0;
  if (!parse_leading_integer(text, value)) return missing;
  if (value < std::numeric_limits<int>::min() || value > std::numeric_limits<int>::max()) return missing;
  return static_cast<int>(value);
}

// A start-like task of that counts only when nothing better is there.
bool is_clone_start(HistoryTask task) { return task == HistoryTask::kPromote || task == HistoryTask::kDemote; }

// S2 O-10.2 step 6: one of the two is pending.
int compare_with_pending(const HistoryEntry& a, const HistoryEntry& b) {
  TransitionKey x;
  TransitionKey y;
  if (!parse_transition_magic(a.xml.value(cib::names::kTransitionMagic), x) ||
      !parse_transition_magic(b.xml.value(cib::names::kTransitionMagic), y)) {
    return 0;
  }
  if (!equal_ignoring_case(x.uuid, y.uuid) || x.transition == y.transition) {
    if (b.call_id == -1) return -1;
    return a.call_id == -1 ? 1 : 0;
  }
  if ((x.transition >= 0 && x.transition < y.transition) || y.transition == -1) return -1;
  if ((y.transition >= 0 && x.transition > y.transition) || x.transition == -1) return 1;
  return 0;
}

}  // namespace

bool parse_transition_key(std::string_view text, TransitionKey& key) {
  if (!take_integer(text, ':', key.action) || !take_integer(text, ':', key.transition) ||
      !take_integer(text, ':', key.target_rc) || text.empty()) {
    return false;
  }
  key.uuid = text;
  return true;
}

bool parse_transition_magic(std::string_view text, TransitionKey& key) {
  int status = 0;
  int rc = 0;
  return take_integer(text, ':', status) && take_integer(text, ';', rc) && parse_transition_key(text, key);
}

HistoryEntry read_history_entry(const cib::Element& element) {
  using cib::NameNumber;
  HistoryEntry entry;
  entry.xml = element;
  for (const cib::Attribute attribute : element.attributes()) {
    const std::string_view value = attribute.value;
    std::int64_t number = 0;
    switch (static_cast<NameNumber>(attribute.name_id.value)) {
      case NameNumber::kId:
        entry.id = value;
        break;
      case NameNumber::kOperation:
        entry.operation = value;
        entry.task = parse_history_task(value);
        break;
      case NameNumber::kOperationKey:
        entry.key = value;
        break;
      case NameNumber::kCallId:
        entry.call_id = integer_attribute(value, -1);
        break;
      case NameNumber::kRcCode:
        entry.rc = integer_attribute(value, -1);
        break;
      case NameNumber::kOpStatus:
        entry.status = integer_attribute(value, -2);
        break;
      case NameNumber::kInterval:
        if (parse_leading_integer(value, number) && number >= 0 && number <= 0xffffffff) {
          entry.interval = static_cast<std::uint32_t>(number);
        }
        break;
      case NameNumber::kLastRcChange:
        if (parse_leading_integer(value, number)) entry.last_change = number;
        break;
      case NameNumber::kTransitionKey:
        if (TransitionKey key; parse_transition_key(value, key)) entry.expected = key.target_rc;
        break;
      default:
        break;
    }
  }
  if (entry.key.empty()) entry.key = entry.id;
  return entry;
}

int compare_history(const HistoryEntry& a, const HistoryEntry& b) {
  const auto a_node = a.xml.attribute(cib::names::kOnNode);
  const auto b_node = b.xml.attribute(cib::names::kOnNode);
  const bool same_node = a_node.has_value() == b_node.has_value() && (!a_node || equal_ignoring_case(*a_node, *b_node));
  if (same_node && a.id == b.id) return 0;
  if (a.call_id == -1 && b.call_id == -1) return 0;
  if (same_node && a.call_id >= 0 && a.call_id < b.call_id) return -1;
  if (same_node && b.call_id >= 0 && a.call_id > b.call_id) return 1;
  if (a.call_id >= 0 && b.call_id >= 0 && (!same_node || a.call_id == b.call_id)) {
    if (a.last_change >= 0 && a.last_change < b.last_change) return -1;
    if (b.last_change >= 0 && a.last_change > b.last_change) return 1;
    return 0;
  }
  return compare_with_pending(a, b);
}

std::vector<HistoryEntry> sorted_history(const cib::Element& lrm_resource) {
  std::vector<HistoryEntry> entries;
  for (const cib::Element& child : lrm_resource.children(cib::names::kLrmRscOp)) {
    entries.push_back(read_history_entry(child));
  }
  std::reverse(entries.begin(), entries.end());
  merge_sort(entries, compare_history);
  return entries;
}

StartStop start_stop_indexes(std::span<const HistoryEntry> entries) {
  StartStop result;
  int implied_monitor = -1;
  int implied_clone = -1;
  for (int i = 0; i < static_cast<int>(entries.size()); ++i) {
    const HistoryEntry& entry = entries[static_cast<std::size_t>(i)];
    if (entry.task == HistoryTask::kStop && entry.status == 0) {
      result.stop = i;
    } else if (entry.task == HistoryTask::kStart || entry.task == HistoryTask::kMigrateFrom) {
      result.start = i;
    } else if (entry.task == HistoryTask::kMonitor && implied_monitor <= result.stop) {
      if (entry.rc == kOcfSuccess || entry.rc == kOcfRunningPromoted) implied_monitor = i;
    } else if (is_clone_start(entry.task)) {
      implied_clone = i;
    }
  }
  if (result.start == -1) result.start = implied_clone != -1 ? implied_clone : implied_monitor;
  return result;
}

}  // namespace simcluster::scheduler
