#include "reports/crm_mon_view.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "engine/cib/values.h"
#include "engine/scheduler/failcount.h"
#include "engine/scheduler/history.h"
#include "engine/scheduler/operation_key.h"
#include "engine/scheduler/stages.h"
#include "engine/scheduler/text.h"

namespace simcluster::reports {
namespace {

using scheduler::Model;
using scheduler::Node;
using scheduler::NodeId;
using scheduler::Resource;
using scheduler::ResourceId;
using scheduler::Role;

// AT-8.2; since 2.0 without probe_complete (S2 D-20.22).
bool is_hidden(std::string_view name, bool nested_lists) {
  static constexpr std::array<std::string_view, 6> kHidden = {"fail-count", "last-failure", "shutdown",
                                                              "terminate",  "standby",      "#"};
  if (name.starts_with("probe_complete")) return !nested_lists;
  return std::ranges::any_of(kHidden, [&](std::string_view prefix) { return name.starts_with(prefix); });
}

template <class T>
T number(std::string_view text, T fallback) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() ? value : fallback;
}

std::int64_t hosts_in(std::string_view list) {
  if (list.empty()) return 0;
  return std::ranges::count(list, ' ') + 1;
}

template <class Test>
bool any_below(const Model& model, const Resource& resource, const Test& test) {
  if (test(resource)) return true;
  return std::ranges::any_of(resource.children,
                             [&](ResourceId child) { return any_below(model, model.resource(child), test); });
}

void collect_active(const Model& model, const Resource& resource, std::vector<NodeId>& nodes) {
  if (!resource.children.empty()) {
    for (const ResourceId child : resource.children) collect_active(model, model.resource(child), nodes);
    return;
  }
  for (const NodeId node : resource.active) {
    if (std::ranges::find(nodes, node) == nodes.end()) nodes.push_back(node);
  }
}

// Measured with 2.1.5: without a feature set the names are old, too.
bool has_old_fail_counts(const Profile& profile, const cib::Document& configured) {
  if (!profile.failcount_per_operation) return true;
  return profile.failcount_names_by_feature_set &&
         cib::compare_versions(configured.root().value("crm_feature_set"), "3.0.13") < 0;
}

scheduler::Options scheduler_options(const CrmMonContext& context, const cib::Document& configured) {
  scheduler::Options options;
  options.now = context.now.unix_seconds();
  options.sanitized = false;
  options.old_fail_counts = has_old_fail_counts(context.profile, configured);
  return options;
}

}  // namespace

ClusterView::ClusterView(const cib::Document& configured, const cib::Document& cib, const CrmMonOptions& options,
                         const CrmMonContext& context)
    : configured_(configured),
      cib_(cib),
      options_(options),
      context_(context),
      schedule_(scheduler::unpack(cib, scheduler_options(context, configured))) {
  // Tickets come with the constraints that name them.
  if (options.bans || options.tickets) scheduler::unpack_constraints(*schedule_.model);
}

std::optional<std::string_view> ClusterView::property(std::string_view name) const {
  const cib::Element config = configured_.find_path("configuration/crm_config");
  for (const cib::Element& set : config.children()) {
    for (const cib::Element& pair : set.children("nvpair")) {
      if (pair.value("name") == name) return pair.attribute("value");
    }
  }
  return std::nullopt;
}

const Node* ClusterView::dc() const { return model().dc.valid() ? &model().node(model().dc) : nullptr; }

std::vector<NodeId> ClusterView::online_in_status_order() const {
  std::vector<NodeId> nodes;
  const cib::Element status = cib_.find_path("status");
  for (const cib::Element& state : status.children("node_state")) {
    const NodeId id = scheduler::find_node_by_id(model(), state.id());
    if (id.valid() && model().node(id).online) nodes.push_back(id);
  }
  return nodes;
}

// AT-8.2, S2 D-20.22: what a ping resource that runs there says about its attribute.
std::string ClusterView::connectivity(const Node& node, std::string_view name, std::string_view value) const {
  for (const ResourceId id : node.running) {
    const Resource& resource = model().resource(id);
    if (!scheduler::equal_ignoring_case(resource.type, "ping") &&
        !scheduler::equal_ignoring_case(resource.type, "pingd")) {
      continue;
    }
    const scheduler::Pairs& parameters = scheduler::resource_parameters(*schedule_.model, resource, node.self);
    if (!scheduler::equal_ignoring_case(parameters.get("name").value_or("pingd"), name)) continue;
    std::int64_t multiplier = 1;
    scheduler::parse_leading_integer(parameters.get("multiplier").value_or("1"), multiplier);
    std::int64_t reached = 0;
    if (!scheduler::parse_leading_integer(value, reached)) reached = 0;
    const std::int64_t expected = hosts_in(parameters.get("host_list").value_or("")) * multiplier;
    if (reached <= 0) return "Connectivity is lost";
    if (reached < expected) return "Connectivity is degraded (Expected=" + std::to_string(expected) + ")";
    return {};
  }
  return {};
}

std::vector<ShownAttribute> ClusterView::attributes(const Node& node) const {
  std::vector<ShownAttribute> shown;
  node.attributes.for_each([&](const auto& entry) {
    if (!is_hidden(entry.key, context_.profile.crm_mon_nested_lists)) shown.push_back({entry.key, entry.value, {}});
  });
  std::ranges::sort(shown, {}, &ShownAttribute::name);
  for (ShownAttribute& attribute : shown) {
    attribute.connectivity = connectivity(node, attribute.name, attribute.value);
  }
  return shown;
}

std::vector<cib::Element> ClusterView::sorted_entries(const cib::Element& resource_history) const {
  std::vector<cib::Element> entries;
  for (const scheduler::ResourceHistory& unpacked : model().resource_histories) {
    if (!(unpacked.xml == resource_history)) continue;
    for (std::uint32_t i = 0; i < unpacked.count; ++i) entries.push_back(model().history[unpacked.first + i].xml);
    return entries;
  }
  for (const cib::Element& xml : resource_history.children("lrm_rsc_op")) entries.push_back(xml);
  return entries;
}

std::vector<ShownOperation> ClusterView::operations(const cib::Element& resource_history) const {
  std::vector<ShownOperation> shown;
  for (const cib::Element& xml : sorted_entries(resource_history)) {
    ShownOperation operation;
    operation.task = xml.value("operation");
    operation.call = number(xml.value("call-id"), 0);
    operation.interval = number(xml.value("interval"), std::uint32_t{0});
    operation.rc = number(xml.value("rc-code"), 0);
    operation.last_change = number(xml.value("last-rc-change"), std::int64_t{0});
    operation.exec_time = xml.value("exec-time");
    operation.queue_time = xml.value("queue-time");
    operation.is_probe = operation.task == "monitor" && operation.interval == 0;
    if (operation.task == "notify" || (operation.is_probe && operation.rc == 7)) continue;
    shown.push_back(operation);
  }
  return shown;
}

std::vector<ShownHistory> ClusterView::history(const Node& node) const {
  std::vector<ShownHistory> shown;
  const cib::Element status = cib_.find_path("status");
  for (const cib::Element& state : status.children("node_state")) {
    if (!scheduler::equal_ignoring_case(state.id(), node.id)) continue;
    for (const cib::Element& xml : state.first_child("lrm").first_child("lrm_resources").children("lrm_resource")) {
      ShownHistory one;
      one.resource = xml.id();
      one.shown_name = one.resource;
      one.operations = operations(xml);
      const ResourceId id = scheduler::find_resource(model(), xml.id());
      one.known = id.valid();
      if (one.known) {
        Resource& resource = schedule_.model->resource(id);
        const scheduler::FailCount failures = scheduler::fail_count(*schedule_.model, resource, node, {});
        one.shown_name = name_of(resource);
        one.migration_threshold = resource.migration_threshold;
        one.fail_count = failures.count;
        one.last_failure = failures.last_failure;
      }
      shown.push_back(std::move(one));
    }
  }
  return shown;
}

namespace {

void name_operation(ShownFailure& failure) {
  const auto key = scheduler::split_operation_key(failure.key);
  if (!key) return;
  failure.resource = key->resource;
  failure.task = key->task;
  failure.interval = key->interval;
}

void read_details(const cib::Element& entry, ShownFailure& failure) {
  failure.call = entry.value("call-id", "unknown");
  failure.reason = entry.value("exit-reason");
  failure.queue_time = entry.value("queue-time");
  failure.exec_time = entry.value("exec-time");
}

const Node* node_named(const Model& model, std::string_view name) {
  const auto it = std::ranges::find(model.nodes, name, &Node::name);
  return it == model.nodes.end() ? nullptr : &*it;
}

}  // namespace

// CM-14.11: until 1.1.13 failures of nodes that are stopping or gone are not listed.
bool ClusterView::hides_failures_of(const Node& node) const {
  const bool leaving = node.shutdown || !node.online;
  return context_.profile.crm_mon_no_leaving_failures && leaving;
}

// CM-14.12: 1.1.14 lists what the history of a node that has left still holds.
void ClusterView::add_stale_failures(std::vector<ShownFailure>& shown) const {
  const cib::Element status = cib_.root().first_child("status");
  for (const cib::Element state : status.children("node_state")) {
    const Node* node = node_named(model(), state.value("uname"));
    if (node == nullptr || node->online || node->shutdown) continue;
    const cib::Element resources = state.first_child("lrm").first_child("lrm_resources");
    if (!resources) continue;
    for (const cib::Element resource : resources.children("lrm_resource")) {
      for (const cib::Element entry : resource.children("lrm_rsc_op")) {
        if (!entry.id().ends_with("_last_failure_0")) continue;
        ShownFailure one;
        one.key = entry.value("operation_key", entry.id());
        name_operation(one);
        one.node = state.value("uname");
        one.rc = number(entry.value("rc-code"), 0);
        one.status = std::max(number(entry.value("op-status"), 0), 0);
        read_details(entry, one);
        if (const auto at = number<std::int64_t>(entry.value("last-rc-change"), 0); at > 0) one.last_change = at;
        const bool known = std::ranges::any_of(
            shown, [&](const ShownFailure& other) { return other.key == one.key && other.node == one.node; });
        if (!known) shown.push_back(one);
      }
    }
  }
}

std::vector<ShownFailure> ClusterView::failures() const {
  std::vector<ShownFailure> shown;
  for (const scheduler::FailedAction& failed : model().failed_actions) {
    const scheduler::HistoryEntry& entry = model().history_entry(failed.entry);
    if (hides_failures_of(model().node(failed.node))) continue;
    ShownFailure one;
    one.key = entry.key;
    name_operation(one);
    one.node = model().node(failed.node).name;
    one.rc = entry.rc;
    one.status = std::max(entry.status, 0);
    read_details(entry.xml, one);
    if (entry.last_change > 0) one.last_change = entry.last_change;
    one.masked_probe = scheduler::is_maskable_probe_failure(entry);
    shown.push_back(one);
  }
  if (context_.profile.crm_mon_stale_failures) add_stale_failures(shown);
  return shown;
}

bool ClusterView::has_mixed_versions() const {
  if (old_words()) return false;
  std::optional<std::string_view> first;
  for (const Node& node : model().nodes) {
    if (!node.online || node.is_remote_variant()) continue;
    if (first && *first != node.feature_set) return true;
    first = node.feature_set;
  }
  return false;
}

scheduler::ClusterReport ClusterView::report() const {
  return scheduler::report_cluster(*schedule_.model, {true, true, true});
}

// AT-8.2, S2 D-20.16.
CloneInstances ClusterView::instances(const Resource& clone) const {
  CloneInstances result;
  for (const ResourceId id : clone.children) {
    const Resource& instance = model().resource(id);
    const bool nested = context_.profile.crm_mon_nested_lists;
    if (clone.unique || (nested && (options_.show_detail || !instance.pending_action.empty()))) {
      result.in_full.push_back(id);
      continue;
    }
    if (!scheduler::is_partially_active(model(), instance)) {
      if (!instance.removed) result.inactive.push_back(id);
      continue;
    }
    std::vector<NodeId> nodes;
    collect_active(model(), instance, nodes);
    const bool special = any_below(model(), instance,
                                   [](const Resource& r) { return r.removed || !r.managed || r.blocked || r.failed; });
    const bool simple = !special && scheduler::is_fully_active(model(), instance) && nodes.size() == 1 &&
                        (model().node(nodes.front()).online || !model().node(nodes.front()).unclean);
    if (!simple) {
      result.in_full.push_back(id);
      continue;
    }
    const bool promoted = scheduler::collective_role(model(), instance, true) > Role::kUnpromoted;
    (promoted ? result.promoted : result.started).push_back(nodes.front());
  }
  return result;
}

std::vector<NodeId> ClusterView::stopped_nodes(const Resource& clone, const CloneInstances& instances) const {
  std::vector<NodeId> stopped;
  const std::size_t counted = instances.promoted.size() + instances.started.size();
  if (clone.unique || clone.clone->clone_max <= static_cast<int>(counted)) return stopped;
  const bool use_known = clone.allowed.empty();
  for (const NodeId id : model().node_order) {
    const bool listed = use_known ? clone.known_on.contains(id) : clone.allowed.contains(id);
    if (listed && std::ranges::find(clone.active, id) == clone.active.end()) stopped.push_back(id);
  }
  return stopped;
}

std::string ClusterView::simple_cluster_text() const {
  std::string warnings;
  int online = 0;
  int standby = 0;
  int maintenance = 0;
  const auto warn = [&](const std::string& text) { warnings.append(warnings.empty() ? "" : " ").append(text); };
  if (dc() == nullptr) warnings = "No DC,";
  for (const NodeId id : model().node_order) {
    const Node& node = model().node(id);
    if (!node.online) {
      warn("offline node: " + std::string(node.name));
    } else {
      ++(node.standby ? standby : node.maintenance ? maintenance : online);
    }
  }
  if (warnings.ends_with(',')) warnings.pop_back();
  if (!warnings.empty()) return "CLUSTER WARN: " + warnings + "\n";
  std::string text = "CLUSTER OK: " + counted(online, "node", "nodes") + " online";
  if (standby > 0) text += ", " + counted(standby, "standby node", "standby nodes");
  if (maintenance > 0) text += ", " + counted(maintenance, "maintenance node", "maintenance nodes");
  return text + ", " + counted(model().counts.total, "resource instance", "resource instances") + " configured\n";
}

std::string ClusterView::node_list(const std::vector<NodeId>& nodes, bool sorted) const {
  std::vector<std::string_view> names;
  names.reserve(nodes.size());
  for (const NodeId id : nodes) names.push_back(model().node(id).name);
  if (sorted) {
    std::ranges::stable_sort(
        names, [](std::string_view a, std::string_view b) { return scheduler::compare_node_names(a, b) < 0; });
  }
  std::string text = "[";
  for (const std::string_view name : names) text.append(" ").append(name);
  return text + " ]";
}

std::string_view ClusterView::role_text(const Resource& resource) const {
  Role role = resource.original_role;
  if (role == Role::kStarted && model().resource(resource.top).promotable) role = Role::kUnpromoted;
  if (!old_words()) return scheduler::role_name(role);
  if (role == Role::kPromoted) return "Master";
  if (role == Role::kUnpromoted) return "Slave";
  return scheduler::role_name(role);
}

std::string ClusterView::agent_text(const Resource& resource) const {
  std::string text(resource.agent_class);
  if (!resource.provider.empty()) text.append(old_words() ? "::" : ":").append(resource.provider);
  return text.append(":").append(resource.type);
}

std::string_view ClusterView::limiting_target_role(const Resource& resource) const {
  const std::string_view* text = resource.meta.find("target-role");
  if (text == nullptr) return {};
  const Role role = scheduler::parse_role(*text);
  if (role == Role::kStopped) return *text;
  if (role == Role::kUnpromoted && model().resource(resource.top).promotable) return *text;
  return {};
}

std::string_view ClusterView::care_word(const Resource& resource) const {
  return resource.maintenance && context_.profile.crm_mon_maintenance_flag ? "maintenance" : "unmanaged";
}

std::string_view ClusterView::health_text(const Node& node) const {
  const scheduler::ClusterOptions& options = model().options;
  if (options.health_strategy == scheduler::HealthStrategy::kNone) return {};
  bool red = false;
  bool yellow = false;
  node.attributes.for_each([&](const auto& entry) {
    if (!entry.key.starts_with("#health")) return;
    if (scheduler::equal_ignoring_case(entry.value, "red")) {
      red = true;
    } else if (scheduler::equal_ignoring_case(entry.value, "yellow")) {
      yellow = true;
    } else if (const auto score = scheduler::parse_score(entry.value, options.health)) {
      if (*score <= options.health.red) red = true;
      if (*score <= options.health.yellow && options.health.yellow != options.health.green) yellow = true;
    }
  });
  return red ? " (health is RED)" : yellow ? " (health is YELLOW)" : "";
}

std::string_view ClusterView::name_of(const Resource& resource) const {
  return resource.unique ? resource.id : resource.xml_id;
}

const Node* ClusterView::shown_node(const Resource& resource) const {
  const NodeId id = scheduler::current_node(model(), resource);
  return id.valid() ? &model().node(id) : nullptr;
}

bool ClusterView::shown_at_all(const Resource& resource) const {
  if (resource.removed && !scheduler::is_fully_active(model(), resource)) return false;
  return shown_inside(resource);
}

bool ClusterView::shown_inside(const Resource& resource) const {
  if (resource.internal && !options_.show_detail) return false;
  return options_.inactive || scheduler::is_partially_active(model(), resource);
}

std::string_view ClusterView::rc_text(int rc) const { return reports::rc_text(rc, old_words()); }

std::string_view rc_text(int rc, bool old) {
  switch (rc) {
    case 0:
      return "ok";
    case 1:
      return old ? "unknown error" : "error";
    case 2:
      return "invalid parameter";
    case 3:
      return "unimplemented feature";
    case 4:
      return "insufficient privileges";
    case 5:
      return "not installed";
    case 6:
      return "not configured";
    case 7:
      return "not running";
    case 8:
      return old ? "master" : "promoted";
    case 9:
      return old ? "master (failed)" : "promoted (failed)";
    case 190:
      return "OCF_DEGRADED";
    case 191:
      return old ? "OCF_DEGRADED_MASTER" : "promoted (degraded)";
    case 194:
      return old ? "OCF_SIGNAL" : "unknown";
    case 195:
      return old ? "OCF_NOT_SUPPORTED" : "unknown";
    case 196:
      return old ? "OCF_PENDING" : "unknown";
    case 197:
      return old ? "OCF_CANCELLED" : "unknown";
    case 198:
      return old ? "OCF_TIMEOUT" : "unknown";
    case 199:
      return old ? "OCF_OTHER_ERROR" : "unknown";
    default:
      return "unknown";
  }
}

// The words up to 2.1 (CM-8.19); measured with 2.1.5.
std::string_view ClusterView::status_text(int status) const {
  switch (status) {
    case -1:
      return "pending";
    case 0:
      return "complete";
    case 1:
      return "Cancelled";
    case 2:
      return "Timed Out";
    case 3:
      return "NOT SUPPORTED";
    default:
      // The rest reads as in crm_simulate.
      return status >= 4 && status <= 11 ? scheduler::exec_status_text(status) : "UNKNOWN!";
  }
}

std::string counted(int number, std::string_view singular, std::string_view plural) {
  return std::to_string(number) + " " + std::string(number == 1 ? singular : plural);
}

}  // namespace simcluster::reports
