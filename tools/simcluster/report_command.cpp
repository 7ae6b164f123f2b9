#include <optional>

#include <fmt/format.h>

#include "engine/base/time_text.h"
#include "engine/cib/compressed_output.h"
#include "engine/cib/document.h"
#include "engine/node/node.h"
#include "reports/atomic_file.h"
#include "reports/ustar.h"
#include "sim/scenario/loader.h"
#include "sim/scenario/runner.h"
#include "sim/scenario/screen.h"
#include "sim/world/world.h"
#include "tools/simcluster/command.h"
#include "tools/simcluster/log_files.h"
#include "tools/simcluster/options.h"

namespace simcluster::tools {

namespace {

struct ReportArguments {
  std::optional<Duration> from;
  std::optional<Duration> to;
  std::string variant;
  std::vector<std::string> rest;
};

using Files = std::map<std::string, std::string>;

// The last part of a path: the folder that the archive unpacks to.
std::string base_name(const std::string& path) { return path.substr(path.rfind('/') + 1); }

// What a machine of the cluster tells of itself at the end of the window (AT-9.7).
void collect_machine(const sim::World& world, sim::Machine& machine, const sim::MachineSpec& spec,
                     const std::string& folder, Files& files) {
  const std::string conf = spec.profile.heartbeat_stack ? "ha.cf" : "corosync.conf";
  files[folder + conf] = spec.corosync_conf;
  files[folder + "sysinfo.txt"] = fmt::format(
      "Platform: Linux\nKernel release: {}\npacemaker version: {}\ncorosync version: {}\n"
      "resource-agents version: {}\n",
      spec.profile.versions.kernel, spec.profile.versions.pacemaker, spec.profile.versions.corosync,
      spec.profile.versions.resource_agents);
  const node::Node* node = machine.node();
  files[folder + (node != nullptr ? "RUNNING" : "STOPPED")] = "";
  if (node == nullptr) return;
  files[folder + "cib.xml"] = cib::write_document(node->cib());
  if (const auto screen = sim::screen_text(world, machine, "crm_mon -1")) files[folder + "crm_mon.txt"] = *screen;
}

// Lines of all logs that operators look for first: errors and what is critical.
std::string analysis(const Files& logs) {
  std::string text = "Errors and warnings found in the logs:\n";
  for (const auto& [path, content] : logs) {
    if (!path.ends_with("/messages")) continue;
    std::size_t begin = 0;
    while (begin < content.size()) {
      const std::size_t end = std::min(content.find('\n', begin), content.size());
      const std::string_view line = std::string_view(content).substr(begin, end - begin);
      begin = end + 1;
      for (const std::string_view word : {"ERROR", "error:", "CRIT", "crit:", "emerg:"})
        if (line.find(word) != std::string_view::npos) {
          text.append(line).append("\n");
          break;
        }
    }
  }
  return text;
}

// What happened, by the readable logs of all machines.
std::string events(const Files& logs) {
  std::string text;
  for (const auto& [path, content] : logs)
    if (path.ends_with("/pm_logconv.out")) text += content;
  return text;
}

Result<const sim::Scenario*> chosen(const sim::ScenarioFile& file, const std::string& variant) {
  for (const sim::Scenario& scenario : file.variants)
    if (variant.empty() || scenario.variant == variant) return &scenario;
  return fail(fmt::format("there is no variant \"{}\"", variant), {file.path, 0, 0});
}

Result<std::string> collect(const sim::Scenario& scenario, const ReportArguments& given) {
  const Time start = scenario.world.start;
  const Time from = start + given.from.value_or(Duration{});
  const Time to = start + given.to.value_or(scenario.until);
  const std::string top = base_name(given.rest.back()) + "/";
  LogFiles logs(scenario, from, to);
  Files files;
  sim::RunOptions options;
  options.interrupted = interrupted;
  options.listeners.push_back({&logs, LogFiles::level()});
  options.until = to - start;
  options.started = [&](sim::World& world) {
    world.at(to, [&] {
      for (std::size_t i = 0; i < world.machine_count(); ++i) {
        const sim::MachineSpec& spec = scenario.world.machines[i];
        if (spec.corosync_conf.empty()) continue;  // no node of the cluster
        collect_machine(world, world.machine(NodeIndex(static_cast<NodeIndex::rep>(i))), spec, top + spec.name + "/",
                        files);
      }
    });
  };
  const auto run = sim::run_scenario(scenario, options);
  if (!run) return tl::unexpected(run.error());
  for (const auto& [path, text] : logs.texts()) files[top + path] = text;
  files[top + "analysis.txt"] = analysis(logs.texts());
  files[top + "events.txt"] = events(logs.texts());
  files[top + "description.txt"] =
      fmt::format("{}\nfrom {} to {} UTC\n", scenario.title, ctime_text(from), ctime_text(to));
  std::string members;
  for (const sim::MachineSpec& spec : scenario.world.machines)
    if (files.contains(top + spec.name + "/cib.xml")) members += spec.name + "\n";
  files[top + "members.txt"] = members;
  return reports::ustar_archive(files, to);
}

}  // namespace

// AT-9.7
int report_command(const Arguments& arguments) {
  ReportArguments given;
  OptionTable table("report [OPTION...] SCENARIO DEST",
                    "Runs a scenario and packs into DEST.tar.bz2 what crm_report collects from the nodes of a cluster: "
                    "logs of the time that is asked for, the CIB, crm_mon, configuration files.");
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
  const auto archive = collect(**scenario, given);
  if (!archive) return input_error(archive.error());
  if (interrupted()) return kInterrupted;
  const std::string path = given.rest.back() + ".tar.bz2";
  if (auto written = reports::write_file_atomically(path, cib::compress_bzip2(*archive)); !written)
    return input_error(written.error());
  return kAsExpected;
}

}  // namespace simcluster::tools
