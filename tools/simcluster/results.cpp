#include "tools/simcluster/results.h"

#include <nlohmann/json.hpp>

#include <fmt/core.h>

#include "tools/simcluster/json_result.h"
#include "tools/simcluster/records.h"

namespace simcluster::tools {

namespace {

using Json = nlohmann::ordered_json;

Json place_json(const SourcePlace& place) {
  Json json = {{"file", place.file}};
  if (place.line > 0) json["line"] = place.line;
  if (place.column > 0) json["column"] = place.column;
  return json;
}

Json expectations_json(const sim::RunResult& result) {
  Json list = Json::array();
  for (const auto& expectation : result.expectations) {
    Json item = {{"text", expectation.text}, {"met", expectation.met}};
    if (!expectation.detail.empty()) item["detail"] = expectation.detail;
    item["place"] = place_json(expectation.place);
    list.push_back(std::move(item));
  }
  return list;
}

Json judges_json(const sim::Scenario& scenario, const sim::RunResult& result) {
  const std::vector<std::string> names = sim::machine_names(scenario);
  Json list = Json::array();
  for (const auto& judge : result.judges) {
    Json findings = Json::array();
    for (const auto& finding : judge.findings) {
      Json item = {{"at_ms", (finding.at - result.start).milliseconds()}};
      if (finding.node.valid() && finding.node.index() < names.size()) item["node"] = names[finding.node.index()];
      item["text"] = finding.text;
      findings.push_back(std::move(item));
    }
    list.push_back({{"name", judge.name}, {"findings", std::move(findings)}});
  }
  return list;
}

Json services_json(const sim::RunResult& result) {
  Json list = Json::array();
  for (const auto& measure : result.services) {
    Json item = {{"resource", measure.service.resource}};
    if (measure.service.address.specified()) item["address"] = measure.service.address.text();
    item["up"] = measure.up;
    item["configured"] = measure.wanted;
    item["outages"] = measure.outages;
    item["down_ms"] = measure.down.milliseconds();
    item["longest_outage_ms"] = measure.longest.milliseconds();
    if (measure.first_up) item["first_up_ms"] = (*measure.first_up - result.start).milliseconds();
    list.push_back(std::move(item));
  }
  return list;
}

// Times since the first fault.
Json measures_json(const sim::RunResult& result) {
  Json json = Json::object();
  const auto add = [&](const char* name, const std::optional<Duration>& measure) {
    if (measure) json[name] = measure->milliseconds();
  };
  add("fault_to_detection_ms", result.measures.detection);
  add("fault_to_fencing_ms", result.measures.fencing);
  add("fault_to_service_ms", result.measures.service);
  json["failovers"] = result.measures.failovers;
  json["needless_recoveries"] = result.needless_recoveries();
  return json;
}

Json outcome_json(const RunOutcome& outcome) {
  const sim::RecordedRun& run = *outcome.run;
  Json json = {{"file", outcome.file}, {"scenario", run.scenario->name}};
  if (!run.scenario->variant.empty()) json["variant"] = run.scenario->variant;
  json["as_expected"] = outcome.message.empty();
  if (!outcome.message.empty()) json["message"] = outcome.message;
  if (!outcome.details.empty()) json["details"] = outcome.details;
  json["compared"] = outcome.compared;
  json["seed"] = run.result.seed;
  json["trace_hash"] = hash_hex(run.result.hash);
  json["events"] = run.result.events;
  json["length_ms"] = run.result.length.milliseconds();
  json["outcome"] = sim::outcome_text(run.result);
  if (const auto first = run.result.first_false_failure()) json["first_false_failure_ms"] = first->milliseconds();
  json["downtime_ms"] = run.result.downtime().milliseconds();
  json["measures"] = measures_json(run.result);
  json["expectations"] = expectations_json(run.result);
  json["judges"] = judges_json(*run.scenario, run.result);
  json["services"] = services_json(run.result);
  json["problems"] = Json::array();
  for (const auto& problem : run.result.problems) json["problems"].push_back(problem.text());
  return json;
}

Json record_json(const reports::RunRecord& run) {
  Json json = {{"run", run.id}, {"recorded_at", run.recorded_at}, {"scenario", run.scenario}};
  if (!run.variant.empty()) json["variant"] = run.variant;
  json["seed"] = run.seed;
  json["version"] = run.engine_version;
  json["trace_hash"] = run.trace_hash;
  json["verdict"] = run.verdict;
  json["length_ms"] = run.virtual_ms;
  json["downtime_ms"] = run.downtime_ms;
  if (run.first_false_failure_ms) json["first_false_failure_ms"] = *run.first_false_failure_ms;
  json["took_ms"] = run.wall_ms;
  return json;
}

Json soak_json(const SoakOutcome& run) {
  Json json = {{"seed", run.seed}, {"command", run.command}};
  json["as_expected"] = run.result && run.result->findings.empty();
  if (!run.message.empty()) json["message"] = run.message;
  if (!run.result) return json;
  const sim::SoakResult& result = *run.result;
  json["stack"] = result.stack;
  json["nodes"] = result.nodes;
  json["length_ms"] = result.length.milliseconds();
  json["events"] = result.events;
  json["faults"] = result.faults;
  json["rings"] = result.rings;
  json["delivered"] = result.delivered;
  json["findings"] = Json::array();
  for (const auto& finding : result.findings) {
    json["findings"].push_back({{"at_ms", finding.at.milliseconds()},
                                {"node", finding.node},
                                {"judge", finding.judge},
                                {"text", finding.text}});
  }
  return json;
}

Json twin_json(const TwinOutcome& outcome) {
  Json json = {{"scenario", outcome.scenario}};
  if (!outcome.commands.empty()) json["commands"] = outcome.commands;
  if (!outcome.recording.empty()) json["recording"] = outcome.recording;
  if (!outcome.skipped.empty()) json["skipped"] = outcome.skipped;
  if (!outcome.comparison) return json;
  json["as_real"] = outcome.comparison->good;
  json["rows"] = Json::array();
  for (const twin::Row& row : outcome.comparison->rows) {
    json["rows"].push_back({{"done", row.done},
                            {"nodes", row.nodes},
                            {"real", row.real},
                            {"simulated", row.simulated},
                            {"real_time", row.real_time},
                            {"simulated_time", row.simulated_time},
                            {"bound", row.bound},
                            {"as_real", row.good},
                            {"verdict", row.verdict}});
  }
  json["remarks"] = outcome.comparison->remarks;
  return json;
}

}  // namespace

Result<bool> wants_json(const std::string& format) {
  if (format == "json") return true;
  if (format == "text") return false;
  return fail(fmt::format("--output-as takes text or json, not \"{}\"", format));
}

std::string run_results(const std::string& command, const std::vector<RunOutcome>& runs,
                        const std::vector<std::string>& other_failures, int status) {
  Json json = begin_result<Json>(command);
  json["runs"] = Json::array();
  for (const auto& run : runs) json["runs"].push_back(outcome_json(run));
  json["other_failures"] = other_failures;
  json["status"] = {{"code", status}};
  return result_text(json);
}

std::string list_results(const std::vector<sim::ScenarioFile>& files) {
  Json json = begin_result<Json>("list");
  json["scenarios"] = Json::array();
  for (const auto& file : files) {
    Json variants = Json::array();
    for (const auto& scenario : file.variants) {
      if (!scenario.variant.empty()) {
        variants.push_back({{"name", scenario.variant}, {"title", scenario.variant_title}});
      }
    }
    json["scenarios"].push_back(
        {{"file", file.path}, {"name", file.name}, {"title", file.title}, {"variants", std::move(variants)}});
  }
  return result_text(json);
}

std::string history_results(const std::vector<reports::RunRecord>& runs) {
  Json json = begin_result<Json>("history");
  json["runs"] = Json::array();
  for (const auto& run : runs) json["runs"].push_back(record_json(run));
  return result_text(json);
}

std::string comparison_results(const std::vector<reports::History::Pair>& pairs,
                               const std::vector<std::string>& changes) {
  Json json = begin_result<Json>("history");
  json["comparisons"] = Json::array();
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    Json item = {{"change", changes[i]}};
    if (pairs[i].before) item["before"] = record_json(*pairs[i].before);
    item["now"] = record_json(pairs[i].now);
    json["comparisons"].push_back(std::move(item));
  }
  return result_text(json);
}

std::string soak_results(const std::vector<SoakOutcome>& runs, int status) {
  Json json = begin_result<Json>("soak");
  json["runs"] = Json::array();
  for (const auto& run : runs) json["runs"].push_back(soak_json(run));
  json["status"] = {{"code", status}};
  return result_text(json);
}

std::string twin_results(const std::vector<TwinOutcome>& scenarios, int status) {
  Json json = begin_result<Json>("twin");
  json["scenarios"] = Json::array();
  for (const auto& scenario : scenarios) json["scenarios"].push_back(twin_json(scenario));
  json["status"] = {{"code", status}};
  return result_text(json);
}

std::string completion_results(const std::string& script) {
  Json json = begin_result<Json>("completion");
  json["shell"] = "bash";
  json["script"] = script;
  return result_text(json);
}

}  // namespace simcluster::tools
