#include "engine/scheduler/display_details.h"

#include <vector>

#include "engine/cib/dates.h"
#include "engine/scheduler/status_report.h"
#include "engine/scheduler/text.h"

namespace simcluster::scheduler {

std::string utc_text(std::int64_t seconds) { return cib::DateTime::from_epoch(seconds).text(); }

namespace {

std::string two_digits(int value, char fill) {
  std::string text = std::to_string(value);
  if (text.size() < 2) text.insert(text.begin(), fill);
  return text;
}

}  // namespace

std::string local_time_text(const Model& model, std::int64_t seconds) {
  static constexpr std::string_view kDays[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
  static constexpr std::string_view kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                 "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const cib::DateTime when = cib::DateTime::from_epoch(seconds, local_offset(model, seconds));
  std::string text(kDays[when.weekday() - 1]);
  text += ' ';
  text += kMonths[when.month() - 1];
  text += ' ' + two_digits(when.day_of_month(), ' ') + ' ' + two_digits(when.second / 3600, '0') + ':' +
          two_digits(when.second / 60 % 60, '0') + ':' + two_digits(when.second % 60, '0') + ' ' +
          std::to_string(when.year);
  return text;
}

namespace {

std::string attribute_line(const AttributeReport& attribute) {
  std::string line(attribute.name);
  if (line.size() < 32) line.resize(32, ' ');
  line += "\t: ";
  std::string padded(attribute.value);
  if (padded.size() < 10) padded.resize(10, ' ');
  line += padded;
  if (!attribute.expected) return line;
  std::int64_t reached = 0;
  if (!parse_leading_integer(attribute.value, reached)) reached = 0;
  if (reached <= 0) {
    line += "\t: Connectivity is lost";
  } else if (reached < *attribute.expected) {
    line += "\t: Connectivity is degraded (Expected=" + std::to_string(*attribute.expected) + ")";
  }
  return line;
}

}  // namespace

void write_node_attributes(Model& model, TextList& list, std::string& out) {
  const std::vector<NodeAttributes> nodes = report_attributes(model);
  if (nodes.empty()) return;
  out += '\n';
  list.begin("Node Attributes");
  for (const NodeAttributes& node : nodes) {
    list.begin("Node: " + std::string(node.node));
    for (const AttributeReport& attribute : node.attributes) list.item(attribute_line(attribute));
    list.end();
  }
  list.end();
}

void write_migration_summary(Model& model, TextList& list, std::string& out) {
  const std::vector<NodeFailures> nodes = report_failure_counts(model);
  if (nodes.empty()) return;
  out += '\n';
  list.begin("Migration Summary");
  for (const NodeFailures& node : nodes) {
    if (node.resources.empty()) continue;
    list.begin("Node: " + std::string(node.node));
    for (const FailureCount& failures : node.resources) {
      std::string line = std::string(failures.resource) +
                         ": migration-threshold=" + std::to_string(failures.migration_threshold) +
                         " fail-count=" + std::to_string(failures.count);
      if (failures.last_failure > 0) line += " last-failure='" + local_time_text(model, failures.last_failure) + "'";
      list.item(line);
    }
    list.end();
  }
  list.end();
}

void write_failed_actions(Model& model, TextList& list, std::string& out) {
  const std::vector<FailureReport> failures = report_failures(model);
  if (failures.empty()) return;
  out += '\n';
  list.begin("Failed Resource Actions");
  for (const FailureReport& failed : failures) {
    std::string line(failed.key);
    line += " on ";
    line += failed.node;
    line += " '";
    line += failed.exit_text;
    line += "' (" + std::to_string(failed.rc) + "): call=";
    line += failed.call;
    line += ", status='";
    line += failed.status;
    line += '\'';
    if (failed.exit_reason && !failed.exit_reason->empty()) {
      line += ", exitreason='";
      line += *failed.exit_reason;
      line += '\'';
    }
    if (failed.last_change >= 0) line += ", last-rc-change='" + local_time_text(model, failed.last_change) + "'";
    if (failed.queued) line += ", queued=" + std::string(*failed.queued) + "ms";
    if (failed.took) line += ", exec=" + std::string(*failed.took) + "ms";
    list.item(line);
  }
  list.end();
}

}  // namespace simcluster::scheduler
