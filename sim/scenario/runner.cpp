#include "sim/scenario/runner.h"

#include <algorithm>
#include <memory>

#include <fmt/core.h>

#include "sim/checks/panel.h"
#include "sim/kernel/agent_runner.h"
#include "sim/kernel/kernel.h"
#include "sim/scenario/records.h"
#include "sim/scenario/timeline.h"
#include "sim/scenario/tool_run.h"
#include "sim/scenario/watched_cib.h"
#include "sim/scripts/script_host.h"
#include "sim/world/world.h"

namespace simcluster::sim {

namespace {

// How often an interrupt is looked for, in virtual time.
constexpr Duration kSlice = minutes(5);

// Takes the listeners off the world again, before they die.
class Attached {
 public:
  Attached(World& world, const std::vector<Listener>& listeners) : world_(world), listeners_(listeners) {
    for (const Listener& listener : listeners_) world_.tracer().add_sink(*listener.sink, listener.level);
  }
  ~Attached() {
    for (const Listener& listener : listeners_) world_.tracer().remove_sink(*listener.sink);
  }
  Attached(const Attached&) = delete;
  Attached& operator=(const Attached&) = delete;

 private:
  World& world_;
  const std::vector<Listener>& listeners_;
};

using Scripts = std::vector<std::unique_ptr<ScriptHost>>;

Scripts install_scripts(World& world, const std::vector<AgentScript>& scripts) {
  Scripts hosts;
  for (std::size_t i = 0; i < world.machine_count(); ++i) {
    Machine& machine = world.machine(NodeIndex(static_cast<std::uint16_t>(i)));
    hosts.push_back(std::make_unique<ScriptHost>(machine.kernel(), scripts,
                                                 [&world, &machine](const std::vector<std::string>& words) {
                                                   return run_tool_for_script(world, machine, words);
                                                 }));
    machine.kernel().agents().set_source(hosts.back().get());
  }
  return hosts;
}

// Returns false when interrupted.
bool run_slices(World& world, Time end, const std::function<bool()>& interrupted) {
  while (world.now() < end) {
    if (interrupted && interrupted()) return false;
    world.run_until(std::min(end, world.now() + kSlice));
  }
  return true;
}

}  // namespace

bool RunResult::passed() const {
  return !interrupted && problems.empty() &&
         std::all_of(expectations.begin(), expectations.end(), [](const auto& e) { return e.met; });
}

std::optional<Duration> RunResult::first_false_failure() const {
  for (const auto& judge : judges)
    if (judge.name == "false-failure" && !judge.findings.empty()) return judge.findings.front().at - start;
  return std::nullopt;
}

Duration RunResult::downtime() const {
  Duration total;
  for (const auto& service : services) total += service.down;
  return total;
}

std::size_t RunResult::needless_recoveries() const {
  for (const auto& judge : judges)
    if (judge.name == "needless-recovery") return judge.findings.size();
  return 0;
}

Result<RunResult> run_scenario(const Scenario& scenario, const RunOptions& options) {
  WorldSpec spec = scenario.world;
  if (options.seed) spec.seed = *options.seed;
  if (!scenario.scripts.empty() && !why_no_scripts().empty())
    return fail(fmt::format("agent scripts cannot be run here: {}", why_no_scripts()), scenario.place);
  Scripts scripts;  // outlive the machines that run them
  const bool records = options.records || needs_records(scenario);
  if (records)
    for (MachineSpec& machine : spec.machines) machine.keeps_inputs = true;
  auto created = World::create(std::move(spec), options.software ? options.software : World::cluster_software);
  if (!created) {
    Error error = created.error();
    if (error.place.file.empty()) error.place = scenario.place;
    return tl::unexpected(error);
  }
  World& world = **created;
  if (!scenario.scripts.empty()) scripts = install_scripts(world, scenario.scripts);
  if (options.hash) world.tracer().set_hash_level(kHashLevel);

  RunResult result;
  result.seed = world.seed();
  result.start = world.now();
  const Duration until = options.until.value_or(scenario.until);
  result.cut_short = until < scenario.until;
  {
    std::optional<Panel> panel;
    std::optional<DiskLogs> logs;
    std::vector<Listener> listeners = options.listeners;
    if (records) listeners.push_back({&logs.emplace(scenario, world), DiskLogs::level()});
    const Attached attached(world, listeners);
    if (options.judges) panel.emplace(world, scenario.watched, configuration_reader(world, scenario.watched_text));
    std::optional<ExpectationWatch> watch;
    if (options.watch) watch.emplace(scenario, world);
    Timeline timeline(scenario, world, [&](bool acting) {
      if (panel) panel->set_acting(acting);
    });
    if (options.started) options.started(world);
    world.start();
    timeline.start();
    if (watch) watch->start();
    result.interrupted = !run_slices(world, result.start + until, options.interrupted);
    if (panel) {
      panel->finish();
      result.services = panel->measures();
      result.measures = panel->run_measures();
      for (const auto& judge : panel->judges())
        result.judges.push_back({std::string(judge->name()), judge->findings()});
      if (watch && !result.cut_short) result.expectations = watch->finish(panel->judges());
    }
    result.problems = timeline.errors();
  }
  if (!world.healthy())
    result.problems.push_back(
        {fmt::format("an assertion failed on a node, {} times", world.assertion_crashes()), scenario.place});
  result.length = world.now() - result.start;
  result.hash = world.tracer().hash();
  result.events = world.events_run();
  return result;
}

}  // namespace simcluster::sim
