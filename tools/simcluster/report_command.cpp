#include <optional>
#include <string>
#include <vector>

#include <fmt/core.h>

#include "reports/atomic_file.h"
#include "sim/scenario/cluster_report.h"
#include "sim/scenario/loader.h"
#include "sim/scenario/runner.h"
#include "sim/world/world.h"
#include "tools/simcluster/command.h"
#include "tools/simcluster/options.h"

namespace simcluster::tools {

namespace {

struct ReportArguments {
  std::optional<Duration> from;
  std::optional<Duration> to;
  std::string variant;
  std::vector<std::string> rest;
};

// The last part of a path: the folder that the archive unpacks to.
std::string base_name(const std::string& path) { return path.substr(path.rfind('/') + 1); }

Result<const sim::Scenario*> chosen(const sim::ScenarioFile& file, const std::string& variant) {
  for (const sim::Scenario& scenario : file.variants)
    if (variant.empty() || scenario.variant == variant) return &scenario;
  return fail(fmt::format("there is no variant \"{}\"", variant), {file.path, 0, 0});
}

Result<std::string> collect(const sim::Scenario& scenario, const ReportArguments& given, const std::string& command) {
  const Time start = scenario.world.start;
  const Time from = start + given.from.value_or(Duration{});
  const Time to = start + given.to.value_or(scenario.until);
  const sim::ReportRequest request{base_name(given.rest.back()), command, from, to, NodeIndex()};
  Result<std::string> packed{std::string()};
  sim::RunOptions options;
  options.interrupted = interrupted;
  options.records = true;
  options.until = to - start;
  options.started = [&](sim::World& world) {
    world.at(to, [&] { packed = sim::packed_report(sim::collect_report(world, request), to); });
  };
  if (const auto run = sim::run_scenario(scenario, options); !run) return tl::unexpected(run.error());
  return packed;
}

}  // namespace

// AT-9.7
int report_command(const Arguments& arguments) {
  ReportArguments given;
  OptionTable table(
      "report [OPTION...] SCENARIO DEST",
      "Runs a scenario and packs into DEST.tar.bz2 what hb_report or crm report collect from the nodes of a cluster: "
      "logs of the time that is asked for, the CIB, crm_mon, inputs of the scheduler, configuration files.");
  table.duration("from", "TIME", "since the start of the scenario, such as 90s; its start when absent", given.from);
  table.duration("to", "TIME", "until then; the scenario's end when absent", given.to);
  table.text("variant", "NAME", "this variant; the first one when absent", given.variant);
  table.rest("SCENARIO DEST", true, given.rest);
  const auto parsed = table.parse(arguments);
  if (!parsed) return usage_error("report", parsed.error());
  if (!*parsed) return kAsExpected;
  if (given.rest.size() != 2) return usage_error("report", Error{"a scenario and a destination are expected", {}});
  if (given.from && given.to && *given.to < *given.from)
    return usage_error("report", Error{"--to is earlier than --from", {}});
  watch_for_interrupt();
  const auto file = sim::load_scenario(given.rest.front());
  if (!file) return input_error(file.error());
  const auto scenario = chosen(*file, given.variant);
  if (!scenario) return input_error(scenario.error());
  std::string command = "simcluster report";
  for (const std::string& argument : arguments) command += " " + argument;
  const auto archive = collect(**scenario, given, command);
  if (!archive) return input_error(archive.error());
  if (interrupted()) return kInterrupted;
  const std::string path = given.rest.back() + ".tar.bz2";
  if (auto written = reports::write_file_atomically(path, *archive); !written) return input_error(written.error());
  return kAsExpected;
}

}  // namespace simcluster::tools
