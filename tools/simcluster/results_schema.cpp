#include "tools/simcluster/results_schema.h"

#include <initializer_list>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>
#include <vector>

namespace simcluster::tools {

namespace {

using Json = nlohmann::ordered_json;
using Property = std::pair<std::string_view, Json>;
using Properties = std::vector<Property>;

Json type(std::string_view name) { return {{"type", name}}; }
Json text() { return type("string"); }
Json whole() { return type("integer"); }
Json flag() { return type("boolean"); }
Json list_of(Json items) { return {{"type", "array"}, {"items", std::move(items)}}; }
Json map_of(Json values) { return {{"type", "object"}, {"additionalProperties", std::move(values)}}; }
Json one_of(std::initializer_list<std::string_view> words) { return {{"enum", words}}; }
Json defined(std::string_view name) { return {{"$ref", "#/$defs/" + std::string(name)}}; }

// An object with these keys and no others. A name with a question mark behind it is that of a key that may be absent.
Json object(const Properties& properties) {
  Json known = Json::object();
  Json required = Json::array();
  for (const auto& [name, schema] : properties) {
    const bool optional = name.ends_with('?');
    const std::string key(name.substr(0, name.size() - (optional ? 1 : 0)));
    known[key] = schema;
    if (!optional) required.push_back(key);
  }
  return {{"type", "object"}, {"properties", known}, {"required", required}, {"additionalProperties", false}};
}

// An object whose `kind` (or other `key`) says what else it has.
Json variant(std::string_view key, std::initializer_list<std::pair<std::string_view, Properties>> kinds) {
  Json alternatives = Json::array();
  for (const auto& [kind, properties] : kinds) {
    Json alternative = object(properties);
    alternative["properties"][std::string(key)] = {{"const", kind}};
    alternative["required"].push_back(key);
    alternatives.push_back(std::move(alternative));
  }
  return {{"oneOf", std::move(alternatives)}};
}

// ---- replay ----

// What groups, clones and bundles have in common, and `more`.
Properties collective(const Properties& more) {
  Properties all = {{"id", text()},      {"target_role?", text()}, {"active", flag()},
                    {"managed", flag()}, {"maintenance", flag()},  {"failed", flag()}};
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

Json status_definitions() {
  return {
      {"node", object({{"name", text()},
                       {"id", text()},
                       {"type", one_of({"member", "remote"})},
                       {"status", text()},
                       {"online", flag()},
                       {"standby", flag()},
                       {"standby_on_fail", flag()},
                       {"maintenance", flag()},
                       {"pending", flag()},
                       {"unclean", flag()},
                       {"shutdown", flag()},
                       {"expected_up", flag()},
                       {"dc", flag()},
                       {"health", one_of({"red", "yellow", "green"})},
                       {"resources_running", whole()},
                       {"feature_set?", text()},
                       {"resource?", text()}})},
      {"resource",
       variant("kind", {{"primitive",
                         {{"id", text()},
                          {"agent?", text()},
                          {"role?", text()},
                          {"target_role?", text()},
                          {"active", flag()},
                          {"managed", flag()},
                          {"maintenance", flag()},
                          {"failed", flag()},
                          {"removed", flag()},
                          {"blocked", flag()},
                          {"failure_ignored", flag()},
                          {"pending?", text()},
                          {"locked_to?", text()},
                          {"nodes", list_of(object({{"name", text()}, {"id", text()}, {"online", flag()}}))}}},
                        {"group", collective({{"disabled", flag()}, {"children", list_of(defined("resource"))}})},
                        {"clone", collective({{"disabled", flag()},
                                              {"promotable", flag()},
                                              {"unique", flag()},
                                              {"children", list_of(defined("resource"))}})},
                        {"bundle", collective({{"unique", flag()},
                                               {"technology?", text()},
                                               {"image?", text()},
                                               {"children", list_of(defined("resource"))}})},
                        {"replica", {{"id", text()}, {"children", list_of(defined("resource"))}}}})},
      {"cluster",
       object({{"maintenance_mode", flag()},
               {"quorum", flag()},
               {"resource_instances", object({{"total", whole()}, {"disabled", whole()}, {"blocked", whole()}})},
               {"nodes", list_of(defined("node"))},
               {"resources", list_of(defined("resource"))},
               {"node_attributes?",
                list_of(object(
                    {{"node", text()},
                     {"attributes", list_of(object({{"name", text()}, {"value", text()}, {"expected?", whole()}}))}}))},
               {"fail_counts?", list_of(object({{"node", text()},
                                                {"resource", text()},
                                                {"fail_count", whole()},
                                                {"migration_threshold", whole()},
                                                {"last_failure?", whole()}}))},
               {"failures?", list_of(object({{"operation_key", text()},
                                             {"node", text()},
                                             {"task", text()},
                                             {"interval_ms", whole()},
                                             {"exit_code", whole()},
                                             {"exit_text", text()},
                                             {"status", text()},
                                             {"call", text()},
                                             {"exit_reason?", text()},
                                             {"last_change?", whole()},
                                             {"queued_ms?", text()},
                                             {"exec_ms?", text()}}))}})},
  };
}

Json explanation_definitions() {
  const Json step = object({{"rule", text()},
                            {"text", text()},
                            {"id?", text()},
                            {"resource?", text()},
                            {"score", whole()},
                            {"replaces", flag()},
                            {"total", whole()}});
  const Json node = object({{"node", text()},
                            {"allowed", flag()},
                            {"score?", whole()},
                            {"chosen", flag()},
                            {"unusable", list_of(text())},
                            {"steps", list_of(step)}});
  return {
      {"explanation",
       object({{"resource", text()},
               {"title", text()},
               {"facts", list_of(text())},
               {"nodes", list_of(node)},
               {"choice?", text()},
               {"changes", list_of(text())},
               {"actions", list_of(object({{"action", text()}, {"runnable", flag()}, {"because", list_of(text())}}))},
               {"parts", list_of(defined("explanation"))}})}};
}

Json graph_schema() {
  const Json action = object({{"id", whole()},
                              {"kind", one_of({"resource", "pseudo", "cluster"})},
                              {"operation", text()},
                              {"operation_key", text()},
                              {"node?", text()},
                              {"node_id?", text()},
                              {"router_node?", text()},
                              {"resource?", text()},
                              {"attributes?", map_of(text())},
                              {"downed?", list_of(text())}});
  return object(
      {{"transition_id", whole()},
       {"synapses",
        list_of(object({{"id", whole()}, {"priority", whole()}, {"action", action}, {"inputs", list_of(whole())}}))}});
}

Json modifications_schema() {
  return list_of(variant("kind", {{"quorum", {{"value", text()}}},
                                  {"watchdog", {{"value", text()}}},
                                  {"node", {{"action", text()}, {"node", text()}}},
                                  {"ticket", {{"action", text()}, {"ticket", text()}}},
                                  {"operation", {{"specification", text()}}},
                                  {"attribute", {{"name", text()}, {"value", text()}, {"node_id", text()}}}}));
}

Json transition_schema() {
  return list_of(variant(
      "kind", {{"pseudo", {{"operation_key", text()}, {"node?", text()}}},
               {"resource", {{"resource", text()}, {"operation", text()}, {"node", text()}, {"interval_ms", whole()}}},
               {"fencing", {{"action", text()}, {"node", text()}}},
               {"cluster", {{"task", text()}, {"node", text()}, {"resource?", text()}}},
               {"attribute", {{"name", text()}, {"value", text()}, {"node_id", text()}}}}));
}

Json actions_schema() {
  return object({{"nodes", list_of(object({{"task", text()}, {"node", text()}, {"reason?", text()}}))},
                 {"resources", list_of(object({{"action", text()},
                                               {"resource", text()},
                                               {"role", text()},
                                               {"next_role", text()},
                                               {"source?", text()},
                                               {"destination?", text()},
                                               {"reason?", text()},
                                               {"blocked", flag()}}))}});
}

Json command(std::string_view name) { return {{"const", name}}; }

Json replay_schema() {
  return object(
      {{"simcluster", text()},
       {"command", command("replay")},
       {"request", text()},
       {"messages?", list_of(text())},
       {"effective_time?", whole()},
       {"cluster?", defined("cluster")},
       {"modifications?", modifications_schema()},
       {"scores?", list_of(object({{"stage", text()}, {"resource", text()}, {"node", text()}, {"score", whole()}}))},
       {"promotion_scores?", list_of(object({{"resource", text()}, {"node?", text()}, {"score", whole()}}))},
       {"capacities?", list_of(object({{"when", text()}, {"node", text()}, {"values", map_of(text())}}))},
       {"utilization?", list_of(object({{"resource", text()}, {"node", text()}, {"values", map_of(text())}}))},
       {"actions?", actions_schema()},
       {"why?", list_of(defined("explanation"))},
       {"graph?", graph_schema()},
       {"transition?", transition_schema()},
       {"revised_cluster?", defined("cluster")},
       {"timings?", list_of(object({{"file", text()}, {"seconds", type("number")}}))},
       {"stands_in_for?", text()},
       {"status", object({{"code", whole()}, {"message", text()}, {"errors", list_of(text())}})}});
}

// ---- scenarios ----

Json run_schema() {
  const Json place = object({{"file", text()}, {"line?", whole()}, {"column?", whole()}});
  const Json expectation = object({{"text", text()}, {"met", flag()}, {"detail?", text()}, {"place", place}});
  const Json finding = object({{"at_ms", whole()}, {"node?", text()}, {"text", text()}});
  const Json service = object({{"resource", text()},
                               {"address?", text()},
                               {"up", flag()},
                               {"configured", flag()},
                               {"outages", whole()},
                               {"down_ms", whole()},
                               {"longest_outage_ms", whole()},
                               {"first_up_ms?", whole()}});
  return object({{"file", text()},
                 {"scenario", text()},
                 {"variant?", text()},
                 {"as_expected", flag()},
                 {"message?", text()},
                 {"details?", text()},
                 {"compared", flag()},
                 {"seed", whole()},
                 {"trace_hash", text()},
                 {"events", whole()},
                 {"length_ms", whole()},
                 {"outcome", text()},
                 {"first_false_failure_ms?", whole()},
                 {"downtime_ms", whole()},
                 {"measures", object({{"fault_to_detection_ms?", whole()},
                                      {"fault_to_fencing_ms?", whole()},
                                      {"fault_to_service_ms?", whole()},
                                      {"failovers", whole()},
                                      {"needless_recoveries", whole()}})},
                 {"expectations", list_of(expectation)},
                 {"judges", list_of(object({{"name", text()}, {"findings", list_of(finding)}}))},
                 {"services", list_of(service)},
                 {"problems", list_of(text())}});
}

Json runs_schema(std::string_view name) {
  return object({{"simcluster", text()},
                 {"command", command(name)},
                 {"runs", list_of(defined("run"))},
                 {"other_failures", list_of(text())},
                 {"status", object({{"code", whole()}})}});
}

Json list_schema() {
  const Json variant_of_file = object({{"name", text()}, {"title", text()}});
  return object(
      {{"simcluster", text()},
       {"command", command("list")},
       {"scenarios",
        list_of(
            object({{"file", text()}, {"name", text()}, {"title", text()}, {"variants", list_of(variant_of_file)}}))}});
}

Json record_schema() {
  return object({{"run", whole()},
                 {"recorded_at", text()},
                 {"scenario", text()},
                 {"variant?", text()},
                 {"seed", whole()},
                 {"version", text()},
                 {"trace_hash", text()},
                 {"verdict", text()},
                 {"length_ms", whole()},
                 {"downtime_ms", whole()},
                 {"first_false_failure_ms?", whole()},
                 {"took_ms", whole()}});
}

Json history_schema() {
  return object({{"simcluster", text()}, {"command", command("history")}, {"runs", list_of(defined("record"))}});
}

Json comparison_schema() {
  return object({{"simcluster", text()},
                 {"command", command("history")},
                 {"comparisons",
                  list_of(object({{"change", text()}, {"before?", defined("record")}, {"now", defined("record")}}))}});
}

// ---- the other subcommands ----

Json soak_schema() {
  const Json finding = object({{"at_ms", whole()}, {"node", text()}, {"judge", text()}, {"text", text()}});
  const Json run = object({{"seed", whole()},
                           {"command", text()},
                           {"as_expected", flag()},
                           {"message?", text()},
                           {"stack?", text()},
                           {"nodes?", whole()},
                           {"length_ms?", whole()},
                           {"events?", whole()},
                           {"faults?", whole()},
                           {"rings?", whole()},
                           {"delivered?", whole()},
                           {"findings?", list_of(finding)}});
  return object({{"simcluster", text()},
                 {"command", command("soak")},
                 {"runs", list_of(run)},
                 {"status", object({{"code", whole()}})}});
}

Json twin_schema() {
  const Json row = object({{"done", text()},
                           {"nodes", text()},
                           {"real", text()},
                           {"simulated", text()},
                           {"real_time", text()},
                           {"simulated_time", text()},
                           {"bound", text()},
                           {"as_real", flag()},
                           {"verdict", text()}});
  const Json scenario = object({{"scenario", text()},
                                {"commands?", text()},
                                {"recording?", text()},
                                {"skipped?", text()},
                                {"as_real?", flag()},
                                {"rows?", list_of(row)},
                                {"remarks?", list_of(text())}});
  return object({{"simcluster", text()},
                 {"command", command("twin")},
                 {"scenarios", list_of(scenario)},
                 {"status", object({{"code", whole()}})}});
}

Json crm_mon_schema() {
  return object({{"simcluster", text()},
                 {"command", command("crm_mon")},
                 {"effective_time", whole()},
                 {"cluster", defined("cluster")},
                 {"status", object({{"code", whole()}})}});
}

Json completion_schema() {
  return object(
      {{"simcluster", text()}, {"command", command("completion")}, {"shell", one_of({"bash"})}, {"script", text()}});
}

}  // namespace

std::string results_schema() {
  Json definitions = status_definitions();
  definitions.update(explanation_definitions());
  definitions["run"] = run_schema();
  definitions["record"] = record_schema();
  const Json schema = {{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                       {"title", "What simcluster prints with --output-as=json"},
                       {"oneOf",
                        {replay_schema(), runs_schema("run"), runs_schema("check"), list_schema(), history_schema(),
                         comparison_schema(), soak_schema(), twin_schema(), crm_mon_schema(), completion_schema()}},
                       {"$defs", std::move(definitions)}};
  return schema.dump(2) + "\n";
}

}  // namespace simcluster::tools
