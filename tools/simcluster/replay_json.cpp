// The JSON output of `replay` and `crm_mon`; docs/json.md tells its shape.
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "engine/scheduler/graph.h"
#include "engine/scheduler/scheduler.h"
#include "engine/scheduler/status_report.h"
#include "engine/scheduler/summary.h"
#include "engine/scheduler/text.h"
#include "tools/simcluster/explanation_json.h"
#include "tools/simcluster/json_result.h"
#include "tools/simcluster/replay_output.h"
#include "tools/simcluster/results.h"

namespace simcluster::tools {

namespace {

using Json = nlohmann::ordered_json;
using scheduler::ResourceReport;

void set_text(Json& object, const char* key, std::string_view value) {
  if (!value.empty()) object[key] = value;
}
void set_flag(Json& object, const char* key, bool value) { object[key] = value; }

Json node_json(const scheduler::NodeReport& node) {
  Json json = {
      {"name", node.name}, {"id", node.id}, {"type", node.remote ? "remote" : "member"}, {"status", node.status}};
  set_flag(json, "online", node.online);
  set_flag(json, "standby", node.standby);
  set_flag(json, "standby_on_fail", node.fail_standby);
  set_flag(json, "maintenance", node.maintenance);
  set_flag(json, "pending", node.pending);
  set_flag(json, "unclean", node.unclean);
  set_flag(json, "shutdown", node.shutdown);
  set_flag(json, "expected_up", node.expected_up);
  set_flag(json, "dc", node.dc);
  json["health"] = node.health < 0 ? "red" : node.health == 0 ? "yellow" : "green";
  json["resources_running"] = node.running;
  set_text(json, "feature_set", node.feature_set);
  set_text(json, "resource", node.launcher);
  return json;
}

std::string_view kind_name(ResourceReport::Kind kind) {
  switch (kind) {
    case ResourceReport::Kind::kPrimitive:
      return "primitive";
    case ResourceReport::Kind::kGroup:
      return "group";
    case ResourceReport::Kind::kClone:
      return "clone";
    case ResourceReport::Kind::kBundle:
      return "bundle";
    case ResourceReport::Kind::kReplica:
      return "replica";
  }
  return {};
}

Json resource_json(const ResourceReport& resource) {
  Json json = {{"kind", kind_name(resource.kind)}, {"id", resource.id}};
  set_text(json, "agent", resource.agent);
  set_text(json, "role", resource.role);
  set_text(json, "target_role", resource.target_role);
  if (resource.kind != ResourceReport::Kind::kReplica) {
    set_flag(json, "active", resource.active);
    set_flag(json, "managed", resource.managed);
    set_flag(json, "maintenance", resource.maintenance);
    set_flag(json, "failed", resource.failed);
  }
  if (resource.kind == ResourceReport::Kind::kPrimitive) {
    set_flag(json, "removed", resource.removed);
    set_flag(json, "blocked", resource.blocked);
    set_flag(json, "failure_ignored", resource.failure_ignored);
    set_text(json, "pending", resource.pending);
    set_text(json, "locked_to", resource.locked_to);
    json["nodes"] = Json::array();
    for (const scheduler::ActiveNode& node : resource.nodes) {
      json["nodes"].push_back({{"name", node.name}, {"id", node.id}, {"online", node.online}});
    }
    return json;
  }
  if (resource.kind == ResourceReport::Kind::kGroup || resource.kind == ResourceReport::Kind::kClone) {
    set_flag(json, "disabled", resource.disabled);
  }
  if (resource.kind == ResourceReport::Kind::kClone) set_flag(json, "promotable", resource.promotable);
  if (resource.kind == ResourceReport::Kind::kClone || resource.kind == ResourceReport::Kind::kBundle) {
    set_flag(json, "unique", resource.unique);
  }
  set_text(json, "technology", resource.technology);
  set_text(json, "image", resource.image);
  json["children"] = Json::array();
  for (const ResourceReport& child : resource.children) json["children"].push_back(resource_json(child));
  return json;
}

Json attributes_json(const std::vector<scheduler::NodeAttributes>& nodes) {
  Json json = Json::array();
  for (const scheduler::NodeAttributes& node : nodes) {
    Json list = Json::array();
    for (const scheduler::AttributeReport& attribute : node.attributes) {
      Json item = {{"name", attribute.name}, {"value", attribute.value}};
      if (attribute.expected) item["expected"] = *attribute.expected;
      list.push_back(std::move(item));
    }
    json.push_back({{"node", node.node}, {"attributes", std::move(list)}});
  }
  return json;
}

Json failure_counts_json(const std::vector<scheduler::NodeFailures>& nodes) {
  Json json = Json::array();
  for (const scheduler::NodeFailures& node : nodes) {
    for (const scheduler::FailureCount& failures : node.resources) {
      Json item = {{"node", node.node},
                   {"resource", failures.resource},
                   {"fail_count", failures.count},
                   {"migration_threshold", failures.migration_threshold}};
      if (failures.last_failure > 0) item["last_failure"] = failures.last_failure;
      json.push_back(std::move(item));
    }
  }
  return json;
}

Json failure_json(const scheduler::FailureReport& failed) {
  Json json = {{"operation_key", failed.key},    {"node", failed.node},    {"task", failed.task},
               {"interval_ms", failed.interval}, {"exit_code", failed.rc}, {"exit_text", failed.exit_text},
               {"status", failed.status},        {"call", failed.call}};
  set_text(json, "exit_reason", failed.exit_reason.value_or(""));
  if (failed.last_change >= 0) json["last_change"] = failed.last_change;
  if (failed.queued) json["queued_ms"] = *failed.queued;
  if (failed.took) json["exec_ms"] = *failed.took;
  return json;
}

Json cluster_json(scheduler::Model& model, const scheduler::DisplayOptions& options) {
  const scheduler::ClusterReport report = scheduler::report_cluster(model, options);
  Json json = {
      {"maintenance_mode", model.options.maintenance_mode},
      {"quorum", model.options.quorate},
      {"resource_instances",
       {{"total", model.counts.total}, {"disabled", model.counts.disabled}, {"blocked", model.counts.blocked}}},
      {"nodes", Json::array()},
      {"resources", Json::array()}};
  for (const scheduler::NodeReport& node : report.nodes) json["nodes"].push_back(node_json(node));
  for (const ResourceReport& resource : report.resources) json["resources"].push_back(resource_json(resource));
  if (options.node_attributes) json["node_attributes"] = attributes_json(report.attributes);
  if (options.failures) {
    json["fail_counts"] = failure_counts_json(report.failure_counts);
    json["failures"] = Json::array();
    for (const scheduler::FailureReport& failed : report.failures) json["failures"].push_back(failure_json(failed));
  }
  return json;
}

Json values_json(const scheduler::ScoreLine& line) {
  Json values = Json::object();
  for (const auto& [name, value] : line.values) values[std::string(name)] = value;
  return values;
}

Json injected_json(const scheduler::InjectedAttribute& attribute) {
  return {{"kind", "attribute"}, {"name", attribute.name}, {"value", attribute.value}, {"node_id", attribute.node_id}};
}

std::string_view kind_name(scheduler::GraphActionKind kind) {
  switch (kind) {
    case scheduler::GraphActionKind::kResource:
      return "resource";
    case scheduler::GraphActionKind::kPseudo:
      return "pseudo";
    case scheduler::GraphActionKind::kCluster:
      return "cluster";
  }
  return {};
}

Json action_json(const scheduler::GraphAction& action) {
  Json json = {{"id", action.id},
               {"kind", kind_name(action.kind)},
               {"operation", action.operation},
               {"operation_key", action.operation_key}};
  set_text(json, "node", action.node);
  set_text(json, "node_id", action.node_id);
  set_text(json, "router_node", action.router_node);
  if (action.primitive) set_text(json, "resource", action.primitive->id);
  Json attributes = Json::object();
  for (const auto& [name, value] : action.attributes) attributes[std::string(name)] = value;
  if (!attributes.empty()) json["attributes"] = std::move(attributes);
  if (!action.downed.empty()) json["downed"] = action.downed;
  return json;
}

class JsonOutput : public ReplayOutput {
 public:
  explicit JsonOutput(const std::string& request) : result_(begin_result<Json>("replay")) {
    result_["request"] = request;
  }

  void plain(std::string_view line) override { result_["messages"].push_back(line); }
  bool keep_error(const std::string& text) override {
    errors_.push_back(text);
    return true;
  }

  void current_status(scheduler::Model& model, const scheduler::DisplayOptions& options) override {
    result_["effective_time"] = model.now;
    result_["cluster"] = cluster_json(model, options);
  }
  void revised_status(scheduler::Model& model, const scheduler::DisplayOptions& options) override {
    result_["revised_cluster"] = cluster_json(model, options);
  }

  void begin_modifications(const scheduler::Injections&) override { result_["modifications"] = Json::array(); }
  void modification(const scheduler::InjectedItem& item) override {
    using Kind = scheduler::InjectedItem::Kind;
    Json& list = result_["modifications"];
    switch (item.kind) {
      case Kind::kQuorum:
        list.push_back({{"kind", "quorum"}, {"value", item.subject}});
        break;
      case Kind::kWatchdog:
        list.push_back({{"kind", "watchdog"}, {"value", item.subject}});
        break;
      case Kind::kNode:
        list.push_back({{"kind", "node"}, {"action", scheduler::lower_case(item.action)}, {"node", item.subject}});
        break;
      case Kind::kTicket:
        list.push_back({{"kind", "ticket"}, {"action", scheduler::lower_case(item.action)}, {"ticket", item.subject}});
        break;
      case Kind::kOperation:
        list.push_back({{"kind", "operation"}, {"specification", item.subject}});
        break;
      case Kind::kAttribute:
        list.push_back(injected_json(*item.attribute));
        break;
      case Kind::kError:
        break;
    }
  }
  void end_modifications() override {}

  void scores(const scheduler::Model& model, bool scores, bool utilization) override {
    Json node_scores = Json::array();
    Json promotion_scores = Json::array();
    Json capacities = Json::array();
    Json demands = Json::array();
    for (const scheduler::ScoreLine& line : model.score_lines) {
      using Kind = scheduler::ScoreLine::Kind;
      if (line.kind == Kind::kNode) {
        node_scores.push_back(
            {{"stage", line.label}, {"resource", line.resource}, {"node", line.node}, {"score", line.score}});
      } else if (line.kind == Kind::kPromotion) {
        Json item = {{"resource", line.resource}, {"score", line.score}};
        set_text(item, "node", line.node);
        promotion_scores.push_back(std::move(item));
      } else if (line.kind == Kind::kCapacity) {
        capacities.push_back(
            {{"when", scheduler::lower_case(line.label)}, {"node", line.node}, {"values", values_json(line)}});
      } else if (line.kind == Kind::kUtilization) {
        demands.push_back({{"resource", line.resource}, {"node", line.node}, {"values", values_json(line)}});
      } else if (line.kind == Kind::kPlain) {
        plain(line.label);
      }
    }
    if (scores) {
      result_["scores"] = std::move(node_scores);
      result_["promotion_scores"] = std::move(promotion_scores);
    }
    if (utilization) {
      result_["capacities"] = std::move(capacities);
      result_["utilization"] = std::move(demands);
    }
  }

  void summary(const scheduler::Schedule& schedule) override {
    const scheduler::TransitionChanges changes = scheduler::transition_changes(*schedule.model);
    Json nodes = Json::array();
    for (const scheduler::NodeChange& change : changes.nodes) {
      Json item = {{"task", change.task}, {"node", change.node}};
      set_text(item, "reason", change.reason);
      nodes.push_back(std::move(item));
    }
    Json resources = Json::array();
    for (const scheduler::ResourceChange& change : changes.resources) {
      resources.push_back(change_json(schedule.state(), change));
    }
    result_["actions"] = {{"nodes", std::move(nodes)}, {"resources", std::move(resources)}};
    graph(*schedule.state().graph);
  }

  void explanations(const std::vector<scheduler::Explanation>& explanations) override {
    result_["why"] = Json::parse(explanation_json(explanations));
  }

  void begin_transition() override { result_["transition"] = Json::array(); }
  void step(const scheduler::SimulatedStep& step) override {
    using Kind = scheduler::SimulatedStep::Kind;
    Json& list = result_["transition"];
    Json item;
    switch (step.kind) {
      case Kind::kPseudo:
        item = {{"kind", "pseudo"}, {"operation_key", step.task}};
        set_text(item, "node", step.node);
        break;
      case Kind::kResource:
        item = {{"kind", "resource"},
                {"resource", step.resource},
                {"operation", step.task},
                {"node", step.node},
                {"interval_ms", step.interval}};
        break;
      case Kind::kFencing:
        item = {{"kind", "fencing"}, {"action", step.task}, {"node", step.node}};
        break;
      case Kind::kCluster:
        item = {{"kind", "cluster"}, {"task", step.task}, {"node", step.node}};
        set_text(item, "resource", step.resource);
        break;
      case Kind::kInjectedAttribute:
        item = injected_json(*step.attribute);
        break;
      case Kind::kPlain:
        plain(step.text);
        return;
      case Kind::kError:
        return;
    }
    list.push_back(std::move(item));
  }
  void end_transition() override {}

  void begin_timings() override { result_["timings"] = Json::array(); }
  void timing(const std::string& file, double seconds) override {
    result_["timings"].push_back({{"file", file}, {"seconds", seconds}});
  }
  void end_timings() override {}

  void version() override { result_["stands_in_for"] = "Pacemaker 3.0.2"; }

  void finish(int status) override {
    result_["status"] = {{"code", status}, {"message", scheduler::exit_status_text(status)}, {"errors", errors_}};
    out_ += result_text(result_);
  }

 private:
  static Json change_json(const scheduler::Model& model, const scheduler::ResourceChange& change) {
    Json item = {{"action", scheduler::lower_case(change.change)},
                 {"resource", change.resource},
                 {"role", scheduler::role_name(change.role)},
                 {"next_role", scheduler::role_name(change.next_role)}};
    if (change.origin.valid()) item["source"] = model.node(change.origin).name;
    if (change.destination.valid()) item["destination"] = model.node(change.destination).name;
    set_text(item, "reason", change.reason);
    set_flag(item, "blocked", !change.runnable);
    return item;
  }

  void graph(const scheduler::Graph& graph) {
    Json synapses = Json::array();
    for (std::size_t i = 0; i < graph.synapses.size(); ++i) {
      const scheduler::Synapse& synapse = graph.synapses[i];
      Json inputs = Json::array();
      for (const std::uint32_t input : synapse.inputs) inputs.push_back(graph.actions[input].id);
      synapses.push_back({{"id", i},
                          {"priority", synapse.priority},
                          {"action", action_json(graph.actions[synapse.action])},
                          {"inputs", std::move(inputs)}});
    }
    result_["graph"] = {{"transition_id", graph.transition_id}, {"synapses", std::move(synapses)}};
  }

  Json result_;
  std::vector<std::string> errors_;
};

}  // namespace

std::unique_ptr<ReplayOutput> make_json_output(const std::string& request) {
  return std::make_unique<JsonOutput>(request);
}

std::string crm_mon_results(const cib::Document& cib, const reports::CrmMonOptions& options, std::int64_t now) {
  scheduler::Options unpacking;
  unpacking.now = now;
  const scheduler::Schedule schedule = scheduler::unpack(cib, unpacking);
  scheduler::DisplayOptions shown;
  shown.node_attributes = options.node_attributes;
  shown.failures = options.fail_counts || options.operations;
  Json json = begin_result<Json>("crm_mon");
  json["effective_time"] = now;
  json["cluster"] = cluster_json(*schedule.model, shown);
  json["status"] = {{"code", 0}};
  return result_text(json);
}

}  // namespace simcluster::tools
