#include "engine/scheduler/display_details.h"

#include <algorithm>
#include <vector>

#include "engine/cib/dates.h"
#include "engine/scheduler/failcount.h"
#include "engine/scheduler/operation_key.h"
#include "engine/scheduler/text.h"

namespace simcluster::scheduler {

std::string utc_text(std::int64_t seconds) { return cib::DateTime::from_epoch(seconds).text(); }

namespace {

using namespace cib::names;

std::string two_digits(int value, char fill) {
  std::string text = std::to_string(value);
  if (text.size() < 2) text.insert(text.begin(), fill);
  return text;
}

// "Fri Mar  2 05:46:25 2012", in UTC (S2 D-20.25).
std::string ctime_text(std::int64_t seconds) {
  static constexpr std::string_view kDays[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
  static constexpr std::string_view kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                 "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const cib::DateTime when = cib::DateTime::from_epoch(seconds);
  std::string text(kDays[when.weekday() - 1]);
  text += ' ';
  text += kMonths[when.month() - 1];
  text += ' ' + two_digits(when.day_of_month(), ' ') + ' ' + two_digits(when.second / 3600, '0') + ':' +
          two_digits(when.second / 60 % 60, '0') + ':' + two_digits(when.second % 60, '0') + ' ' +
          std::to_string(when.year);
  return text;
}

bool is_hidden_attribute(std::string_view name) {
  for (const std::string_view prefix : {"fail-count", "last-failure", "shutdown", "terminate", "standby", "#"}) {
    if (name.starts_with(prefix)) return true;
  }
  return false;
}

std::int64_t integer_or(std::optional<std::string_view> text, std::int64_t missing) {
  std::int64_t value = 0;
  return text && parse_leading_integer(*text, value) ? value : missing;
}

// The parameters of a ping resource active on the node that writes this attribute (S2 D-20.22).
const Pairs* ping_parameters(Model& model, const Node& node, std::string_view attribute) {
  for (const ResourceId id : node.running) {
    const Resource& resource = model.resource(id);
    if (!equal_ignoring_case(resource.type, "ping") && !equal_ignoring_case(resource.type, "pingd")) continue;
    const Pairs& parameters = resource_parameters(model, resource, NodeId::none());
    if (equal_ignoring_case(parameters.get("name").value_or("pingd"), attribute)) return &parameters;
  }
  return nullptr;
}

std::int64_t expected_connectivity(const Pairs& parameters) {
  const auto hosts = parameters.get("host_list");
  const std::int64_t count = hosts ? 1 + std::count(hosts->begin(), hosts->end(), ' ') : 0;
  return count * integer_or(parameters.get("multiplier"), 1);
}

std::string attribute_line(Model& model, const Node& node, std::string_view name, std::string_view value) {
  std::string line(name);
  if (line.size() < 32) line.resize(32, ' ');
  line += "\t: ";
  std::string padded(value);
  if (padded.size() < 10) padded.resize(10, ' ');
  line += padded;
  const Pairs* parameters = ping_parameters(model, node, name);
  if (parameters == nullptr) return line;
  const std::int64_t reached = integer_or(value, 0);
  const std::int64_t expected = expected_connectivity(*parameters);
  if (reached <= 0) {
    line += "\t: Connectivity is lost";
  } else if (reached < expected) {
    line += "\t: Connectivity is degraded (Expected=" + std::to_string(expected) + ")";
  }
  return line;
}

}  // namespace

void write_node_attributes(Model& model, TextList& list, std::string& out) {
  bool begun = false;
  for (const NodeId id : model.node_order) {
    const Node& node = model.node(id);
    if (!node.online) continue;
    std::vector<std::pair<std::string_view, std::string_view>> shown;
    node.attributes.for_each([&](const AttributeTable::Entry& entry) {
      if (!is_hidden_attribute(entry.key)) shown.emplace_back(entry.key, entry.value);
    });
    if (shown.empty()) continue;
    if (!begun) {
      out += '\n';
      list.begin("Node Attributes");
      begun = true;
    }
    std::sort(shown.begin(), shown.end());
    list.begin("Node: " + std::string(node.name));
    for (const auto& [name, value] : shown) list.item(attribute_line(model, node, name, value));
    list.end();
  }
  if (begun) list.end();
}

void write_migration_summary(Model& model, TextList& list, std::string& out) {
  bool begun = false;
  const cib::Element status = model.cib->find_unique(kStatus);
  for (const cib::Element& state : status.children(kNodeState)) {
    const NodeId id = find_node_by_id(model, state.id());
    if (!id.valid() || !model.node(id).online) continue;
    if (!begun) {
      out += '\n';
      list.begin("Migration Summary");
      begun = true;
    }
    const Node& node = model.node(id);
    bool node_begun = false;
    for (const cib::Element& history : state.first_child(kLrm).first_child(kLrmResources).children(kLrmResource)) {
      const ResourceId resource_id = find_resource(model, history.id());
      if (!resource_id.valid()) continue;
      Resource& resource = model.resource(resource_id);
      const FailCount failures = fail_count(model, resource, node, {});
      if (failures.count <= 0) continue;
      if (!node_begun) list.begin("Node: " + std::string(node.name));
      node_begun = true;
      std::string line = std::string(history.id()) +
                         ": migration-threshold=" + std::to_string(resource.migration_threshold) +
                         " fail-count=" + std::to_string(failures.count);
      if (failures.last_failure > 0) line += " last-failure='" + ctime_text(failures.last_failure) + "'";
      list.item(line);
    }
    if (node_begun) list.end();
  }
  if (begun) list.end();
}

void write_failed_actions(Model& model, TextList& list, std::string& out) {
  bool begun = false;
  for (const FailedAction& failed : model.failed_actions) {
    const HistoryEntry& entry = model.history_entry(failed.entry);
    if (is_maskable_probe_failure(entry) || !split_operation_key(entry.key)) continue;
    if (!begun) {
      out += '\n';
      list.begin("Failed Resource Actions");
      begun = true;
    }
    std::string line(entry.key);
    line += " on ";
    line += model.node(failed.node).name;
    line += " '";
    line += exit_status_text(entry.rc);
    line += "' (" + std::to_string(entry.rc) + "): call=";
    line += entry.xml.value(kCallId, "unknown");
    line += ", status='";
    line += exec_status_text(std::max(entry.status, 0));
    line += '\'';
    if (const std::string_view reason = entry.xml.value(kExitReason); !reason.empty()) {
      line += ", exitreason='";
      line += reason;
      line += '\'';
    }
    if (entry.last_change >= 0) line += ", last-rc-change='" + ctime_text(entry.last_change) + "'";
    if (const auto queued = entry.xml.attribute(kQueueTime)) line += ", queued=" + std::string(*queued) + "ms";
    if (const auto took = entry.xml.attribute(kExecTime)) line += ", exec=" + std::string(*took) + "ms";
    list.item(line);
  }
  if (begun) list.end();
}

}  // namespace simcluster::scheduler
