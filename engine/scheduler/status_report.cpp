#include "engine/scheduler/status_report.h"

#include <algorithm>

#include "engine/scheduler/failcount.h"
#include "engine/scheduler/lookups.h"
#include "engine/scheduler/operation_key.h"
#include "engine/scheduler/resource_report.h"
#include "engine/scheduler/text.h"

namespace simcluster::scheduler {

namespace {

using namespace cib::names;

// What nodes have that are too old to tell their feature set.
constexpr std::string_view kUnknownFeatureSet = "<3.15.1";

NodeReport report_node(const Model& model, const Node& node) {
  NodeReport report;
  report.name = node.name;
  report.id = node.id;
  report.online = node.online;
  report.standby = node.standby;
  report.fail_standby = node.fail_standby;
  report.maintenance = node.maintenance;
  report.pending = node.pending;
  report.unclean = node.unclean;
  report.health = health_sign(model, node);
  report.remote = node.is_remote_variant();
  if (node.online && !report.remote) {
    report.feature_set = node.feature_set.empty() ? kUnknownFeatureSet : node.feature_set;
  }
  report.shutdown = node.shutdown;
  report.expected_up = node.expected_up;
  report.dc = model.dc == node.self;
  report.running = node.running.size();
  if (is_guest(model, node)) report.launcher = model.resource(model.resource(node.connection).launcher).id;
  report.status = node_status_text(node);
  return report;
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

std::vector<FailureCount> failure_counts_of(Model& model, const cib::Element& state, const Node& node) {
  std::vector<FailureCount> counts;
  for (const cib::Element& history : state.first_child(kLrm).first_child(kLrmResources).children(kLrmResource)) {
    const ResourceId id = find_resource(model, history.id());
    if (!id.valid()) continue;
    Resource& resource = model.resource(id);
    const FailCount failures = fail_count(model, resource, node, {});
    if (failures.count <= 0) continue;
    counts.push_back({history.id(), resource.migration_threshold, failures.count, failures.last_failure});
  }
  return counts;
}

}  // namespace

std::vector<NodeAttributes> report_attributes(Model& model) {
  std::vector<NodeAttributes> nodes;
  for (const NodeId id : model.node_order) {
    const Node& node = model.node(id);
    if (!node.online) continue;
    NodeAttributes shown{node.name, {}};
    node.attributes.for_each([&](const AttributeTable::Entry& entry) {
      if (!is_hidden_attribute(entry.key)) shown.attributes.push_back({entry.key, entry.value, std::nullopt});
    });
    if (shown.attributes.empty()) continue;
    std::sort(shown.attributes.begin(), shown.attributes.end(),
              [](const AttributeReport& a, const AttributeReport& b) { return a.name < b.name; });
    for (AttributeReport& attribute : shown.attributes) {
      if (const Pairs* ping = ping_parameters(model, node, attribute.name)) {
        attribute.expected = expected_connectivity(*ping);
      }
    }
    nodes.push_back(std::move(shown));
  }
  return nodes;
}

std::vector<NodeFailures> report_failure_counts(Model& model) {
  std::vector<NodeFailures> nodes;
  const cib::Element status = model.cib->find_unique(kStatus);
  for (const cib::Element& state : status.children(kNodeState)) {
    const NodeId id = find_node_by_id(model, state.id());
    if (!id.valid() || !model.node(id).online) continue;
    const Node& node = model.node(id);
    nodes.push_back({node.name, failure_counts_of(model, state, node)});
  }
  return nodes;
}

std::vector<FailureReport> report_failures(const Model& model) {
  std::vector<FailureReport> failures;
  for (const FailedAction& failed : model.failed_actions) {
    const HistoryEntry& entry = model.history_entry(failed.entry);
    if (is_maskable_probe_failure(entry) || !split_operation_key(entry.key)) continue;
    FailureReport report;
    report.key = entry.key;
    report.keyed = !entry.xml.value(kOperationKey).empty();
    report.node = model.node(failed.node).name;
    report.exit_text = exit_status_text(entry.rc);
    report.exit_reason = entry.xml.attribute(kExitReason);
    report.rc = entry.rc;
    report.call = entry.xml.value(kCallId, "unknown");
    report.status = exec_status_text(std::max(entry.status, 0));
    report.last_change = entry.last_change;
    report.queued = entry.xml.attribute(kQueueTime);
    report.took = entry.xml.attribute(kExecTime);
    report.interval = entry.interval;
    report.task = entry.operation;
    failures.push_back(report);
  }
  return failures;
}

ClusterReport report_cluster(Model& model, const DisplayOptions& options) {
  ClusterReport report;
  for (const NodeId id : model.node_order) report.nodes.push_back(report_node(model, model.node(id)));
  for (const ResourceId id : model.top_level) {
    const Resource& resource = model.resource(id);
    if (resource.removed && !is_fully_active(model, resource)) continue;
    report_resource(model, resource, options.show_pending, report.resources);
  }
  if (options.node_attributes) report.attributes = report_attributes(model);
  if (options.failures) {
    report.failure_counts = report_failure_counts(model);
    report.failures = report_failures(model);
  }
  return report;
}

}  // namespace simcluster::scheduler
