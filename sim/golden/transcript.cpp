#include "sim/golden/transcript.h"

#include <algorithm>

#include <fmt/core.h>

#include "reports/story.h"
#include "reports/table.h"
#include "reports/text.h"

namespace simcluster::sim {

namespace {

using reports::clock_text;
using reports::duration_text;

std::string stack_text(const StackVersions& stack) {
  std::string text;
  for (std::size_t i = 0; i < kStackComponentCount; ++i) {
    const auto component = static_cast<StackComponent>(i);
    const bool as_ever = stack.of(component) == StackVersions().of(component);
    const bool always_told = component < StackComponent::kClusterGlue;
    if (as_ever && !always_told) continue;
    if (component == StackComponent::kCorosync && stack.heartbeat != StackVersions().heartbeat) continue;
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", stack_component_name(component), stack.of(component));
  }
  return text;
}

// To the millisecond: more is noise in a report.
std::string rounded(Duration duration) { return duration_text({duration.ns / 1'000'000 * 1'000'000}); }

std::string service_text(const ServiceMeasure& service) {
  const bool answers = service.service.address.specified();  // or only runs
  std::string name = service.service.resource;
  if (answers) name += fmt::format(" ({})", service.service.address.text());
  if (!service.first_up) return fmt::format("  {} never {}\n", name, answers ? "answered" : "ran");
  if (service.outages == 0)
    return fmt::format("  {} {} all the time {}\n", name, answers ? "answered" : "ran",
                       service.wanted ? "since its start" : "until it was taken out of the configuration");
  std::string_view end = answers ? "and does not answer at the end" : "and does not run at the end";
  if (service.up) end = answers ? "and answers" : "and runs";
  if (!service.wanted) end = "until it was taken out of the configuration";
  return fmt::format("  {} was down for {} in {} outage{}, {}\n", name, rounded(service.down), service.outages,
                     service.outages == 1 ? "" : "s", end);
}

}  // namespace

std::string run_name(const Scenario& scenario) {
  return scenario.variant.empty() ? scenario.name : fmt::format("{} / {}", scenario.name, scenario.variant);
}

std::string transcript_head(const Scenario& scenario, const RunOptions& options) {
  std::string text = run_name(scenario) + "\n";
  if (!scenario.title.empty()) text += scenario.title + "\n";
  if (!scenario.variant_title.empty()) text += scenario.variant_title + "\n";
  text +=
      fmt::format("{}\nseed {}, {} from {}\n\n", stack_text(scenario.stack), options.seed.value_or(scenario.world.seed),
                  duration_text(options.until.value_or(scenario.until)), reports::date_text(scenario.world.start));
  return text;
}

std::string transcript_tail(const RunResult& result) {
  std::string text = "\n";
  if (result.interrupted) return text + "interrupted\n";
  if (!result.expectations.empty()) text += "Expected\n";
  for (const auto& expectation : result.expectations)
    text += fmt::format("  {}  {}{}{}\n", expectation.met ? "yes" : "NO ", expectation.text,
                        expectation.met ? "" : ": ", expectation.detail);
  if (result.cut_short) text += "The run was cut short; expectations were not judged.\n";
  for (const auto& problem : result.problems) text += fmt::format("  NO   {}\n", problem.text());
  if (!result.services.empty()) text += "Services\n";
  for (const auto& service : result.services) text += service_text(service);
  return text;
}

std::vector<std::string> machine_names(const Scenario& scenario) {
  std::vector<std::string> names;
  for (const auto& machine : scenario.world.machines) names.push_back(machine.name);
  return names;
}

Result<RecordedRun> record(const Scenario& scenario, const RunOptions& options) {
  RecordedRun run;
  run.scenario = &scenario;
  run.transcript = transcript_head(scenario, options);
  reports::Story story(scenario.story, scenario.world.start, machine_names(scenario), false,
                       [&](std::string_view line) { run.transcript.append(line).append("\n"); });
  RunOptions with_story = options;
  with_story.listeners.push_back({&story, reports::story_level(scenario.story)});
  auto result = run_scenario(scenario, with_story);
  if (!result) return tl::unexpected(result.error());
  run.result = std::move(*result);
  run.transcript += transcript_tail(run.result);
  return run;
}

std::string outcome_text(const RunResult& result) {
  if (result.interrupted) return "interrupted";
  if (result.needless_recoveries() > 0) return "stopped for no reason";
  if (result.services.empty()) return "-";
  const auto any = [&](auto&& holds) { return std::any_of(result.services.begin(), result.services.end(), holds); };
  if (any([](const ServiceMeasure& s) { return s.wanted && !s.first_up; })) return "never started";
  if (any([](const ServiceMeasure& s) { return s.wanted && !s.up; })) return "lost";
  if (any([](const ServiceMeasure& s) { return s.outages > 0; })) return "recovered";
  return "served throughout";
}

namespace {

using reports::Align;
using reports::Column;
using Runs = std::vector<const RecordedRun*>;

std::string variant_name(const RecordedRun& run) {
  return run.scenario->variant.empty() ? run.scenario->name : run.scenario->variant;
}

// One line for each resource that was not always there; nothing when all were.
std::string downtime_table(const Runs& runs) {
  std::vector<std::vector<std::string>> rows;
  for (const RecordedRun* run : runs)
    for (const ServiceMeasure& service : run->result.services)
      if (service.outages > 0)
        rows.push_back({variant_name(*run), service.service.resource, rounded(service.down),
                        std::to_string(service.outages), rounded(service.longest),
                        service.up       ? "up"
                        : service.wanted ? "down"
                                         : "no longer configured"});
  if (rows.empty()) return {};
  const std::vector<Column> columns = {{"variant", Align::kLeft},   {"resource", Align::kLeft},
                                       {"downtime", Align::kRight}, {"outages", Align::kRight},
                                       {"longest", Align::kRight},  {"at the end", Align::kLeft}};
  return "\n" + reports::table_text(columns, rows);
}

}  // namespace

std::string variant_table(const Runs& runs) {
  // Without a cluster manager nothing is served and nobody is fenced.
  const bool managed = std::ranges::any_of(runs, [](const RecordedRun* run) { return !run->result.services.empty(); });
  const bool detected = managed || std::ranges::any_of(runs, [](const RecordedRun* run) {
                          return run->result.measures.detection.has_value();
                        });
  const auto since_fault = [](const std::optional<Duration>& measure) { return measure ? rounded(*measure) : "-"; };
  std::vector<std::vector<std::string>> rows;
  for (const RecordedRun* run : runs) {
    const RunResult& result = run->result;
    const auto first = result.first_false_failure();
    auto& row = rows.emplace_back();
    row = {variant_name(*run), first ? clock_text(*first) : "none", rounded(result.downtime())};
    if (detected) row.push_back(since_fault(result.measures.detection));
    if (managed) {
      row.push_back(since_fault(result.measures.fencing));
      row.push_back(since_fault(result.measures.service));
      row.push_back(std::to_string(result.measures.failovers));
      row.push_back(std::to_string(result.needless_recoveries()));
    }
    row.push_back(outcome_text(result));
    row.push_back(result.cut_short ? "not judged" : result.passed() ? "yes" : "NO");
  }
  std::vector<Column> columns = {
      {"variant", Align::kLeft}, {"first false failure", Align::kRight}, {"downtime", Align::kRight}};
  if (detected) columns.push_back({"fault to detection", Align::kRight});
  if (managed) {
    columns.push_back({"to fencing", Align::kRight});
    columns.push_back({"to service", Align::kRight});
    columns.push_back({"failovers", Align::kRight});
    columns.push_back({"needless recoveries", Align::kRight});
  }
  columns.push_back({"service", Align::kLeft});
  columns.push_back({"as expected", Align::kLeft});
  return reports::table_text(columns, rows) + downtime_table(runs);
}

}  // namespace simcluster::sim
