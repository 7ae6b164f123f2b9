// agents: what the native agents of a scenario do, and what their scripts do in their place (AT-6.6).
#include <cstdio>
#include <map>
#include <optional>

#include <fmt/core.h>

#include "engine/agents/ra_info.h"
#include "engine/agents/registry.h"
#include "engine/base/profile.h"
#include "sim/golden/golden.h"
#include "sim/golden/transcript.h"
#include "sim/scenario/reader.h"
#include "sim/scenario/runner.h"
#include "tools/simcluster/command.h"
#include "tools/simcluster/inputs.h"
#include "tools/simcluster/options.h"

namespace simcluster::tools {

namespace {

struct AgentsArguments {
  std::vector<std::string> scripts;  // AGENT=FILE
  std::vector<std::string> named;
  bool quiet = false;
};

// What the agents did, machine by machine: of each resource its actions with their results and what they logged, and
// what changed in the kernel. Times are not part of it: a script takes longer or shorter than its model.
class Deeds final : public TraceSink {
 public:
  Deeds(const sim::Scenario& scenario, const std::vector<sim::AgentScript>& scripts)
      : names_(sim::machine_names(scenario)), scripts_(scripts) {}

  void on_trace(const TraceEvent& event) override {
    switch (event.kind) {
      case TraceKind::kProcessStart:
        return begin(event);
      case TraceKind::kProcessExit:
        return end(event);
      case TraceKind::kLog:
        return note_log(event);
      case TraceKind::kAddressAdded:
      case TraceKind::kAddressRemoved:
      case TraceKind::kStorageMounted:
      case TraceKind::kStorageUnmounted:
      case TraceKind::kGratuitousArp:
      case TraceKind::kAttribute:
        return note_change(event);
      default:
        return;
    }
  }

  std::string text() const {
    std::string text;
    for (const auto& [title, lines] : lines_) {
      text += title + "\n";
      for (const std::string& line : lines) text += "  " + line + "\n";
    }
    return text;
  }

 private:
  struct Action {
    std::string title;
    std::string what;
    std::vector<std::string> logged;
  };

  static std::string field(const TraceEvent& event, std::string_view name) {
    for (const TraceField& one : event.fields)
      if (one.name == name) return one.is_number ? std::to_string(one.number) : std::string(one.text);
    return {};
  }

  std::string machine(const TraceEvent& event) const {
    return event.node.valid() ? names_[event.node.value] : std::string("world");
  }

  bool ours(std::string_view type) const {
    for (const sim::AgentScript& script : scripts_)
      if (script.type == type) return true;
    return false;
  }

  void begin(const TraceEvent& event) {
    const std::string type = field(event, "name");
    const std::string action = field(event, "action");
    if (!ours(type) || action.empty()) return;
    const std::string instance = field(event, "instance");
    running_[machine(event) + " " + field(event, "pid")] = {
        fmt::format("{}: {} ({})", machine(event), instance, type), action, {}};
  }

  void end(const TraceEvent& event) {
    const auto found = running_.find(machine(event) + " " + field(event, "pid"));
    if (found == running_.end()) return;
    const Action action = std::move(found->second);
    running_.erase(found);
    const std::string signal = field(event, "signal");
    std::string deed = signal == "0" ? fmt::format("{}: exit status {}", action.what, field(event, "rc"))
                                     : fmt::format("{}: killed by signal {}", action.what, signal);
    for (const std::string& line : action.logged) deed += "\n    " + line;
    auto& lines = lines_[action.title];
    // How often a monitor runs depends on how long everything takes.
    if (action.what != "monitor" || lines.empty() || lines.back() != deed) lines.push_back(std::move(deed));
  }

  // "IPaddr2(vip)[4711]" logs for the process 4711.
  void note_log(const TraceEvent& event) {
    const std::string tag = field(event, "daemon");
    const std::size_t open = tag.rfind('[');
    if (open == std::string::npos || !tag.ends_with(']')) return;
    const auto found = running_.find(machine(event) + " " + tag.substr(open + 1, tag.size() - open - 2));
    if (found == running_.end()) return;
    found->second.logged.push_back(field(event, "text"));
  }

  void note_change(const TraceEvent& event) {
    std::string line(trace_kind_name(event.kind));
    for (const TraceField& one : event.fields)
      line += fmt::format(" {}={}", one.name, one.is_number ? std::to_string(one.number) : std::string(one.text));
    lines_[machine(event) + ": changes"].push_back(std::move(line));
  }

  std::vector<std::string> names_;
  const std::vector<sim::AgentScript>& scripts_;
  std::map<std::string, Action> running_;
  std::map<std::string, std::vector<std::string>> lines_;
};

// The scenario's own scripts and those of the command line, which take their place.
Result<std::vector<sim::AgentScript>> scripts_for(const sim::Scenario& scenario, const AgentsArguments& given) {
  std::vector<sim::AgentScript> scripts = scenario.scripts;
  for (const std::string& word : given.scripts) {
    const std::size_t equals = word.find('=');
    const agents::AgentName name = agents::agent_name(std::string_view(word).substr(0, equals));
    if (equals == std::string::npos || name.standard != "ocf" || name.type.empty())
      return fail(fmt::format("\"{}\" is no agent and its script (expected ocf:PROVIDER:TYPE=FILE)", word));
    const std::string path = word.substr(equals + 1);
    auto text = sim::read_text_file(path, std::size_t{1} << 20, {path, 0, 0});
    if (!text) return tl::unexpected(text.error());
    if (!text->starts_with("#!")) return fail("is no script: its first line must begin with #!", {path, 0, 0});
    std::erase_if(scripts,
                  [&](const sim::AgentScript& s) { return s.provider == name.provider && s.type == name.type; });
    scripts.push_back({"ocf", std::string(name.provider), std::string(name.type), path, std::move(*text)});
  }
  if (scripts.empty()) return fail("no agent is a script here (\"agent-scripts\" or --script)", scenario.place);
  const auto profile = make_profile(scenario.stack);
  for (const sim::AgentScript& script : scripts)
    if (profile && agents::find_agent(script.standard, script.provider, script.type, *profile) == nullptr)
      return fail(fmt::format("there is no native agent ocf:{}:{} to compare {} with", script.provider, script.type,
                              script.file),
                  scenario.place);
  return scripts;
}

Result<std::string> deeds(const sim::Scenario& scenario, const std::vector<sim::AgentScript>& of) {
  Deeds sink(scenario, of);
  sim::RunOptions options;
  options.interrupted = interrupted;
  options.hash = false;
  options.judges = false;
  options.watch = false;
  options.listeners.push_back({&sink, 2});
  const auto run = sim::run_scenario(scenario, options);
  if (!run) return tl::unexpected(run.error());
  for (const Error& problem : run->problems) return tl::unexpected(problem);
  return sink.text();
}

// True: they do the same.
Result<bool> compare(const sim::Scenario& scenario, const AgentsArguments& given) {
  const auto scripts = scripts_for(scenario, given);
  if (!scripts) return tl::unexpected(scripts.error());
  sim::Scenario native = scenario;
  native.scripts.clear();
  sim::Scenario scripted = scenario;
  scripted.scripts = *scripts;
  const auto by_models = deeds(native, *scripts);
  if (!by_models) return tl::unexpected(by_models.error());
  const auto by_scripts = deeds(scripted, *scripts);
  if (!by_scripts) return tl::unexpected(by_scripts.error());
  const std::string name = sim::run_name(scenario);
  const auto difference = sim::compare_golden(name, *by_models, *by_scripts);
  if (!difference && !given.quiet) std::fputs(fmt::format("same    {}\n", name).c_str(), stdout);
  if (difference)
    std::fputs(fmt::format("DIFFERS {}: - the native agent, + the script\n{}", name, difference->diff).c_str(), stdout);
  return !difference;
}

}  // namespace

int agents_command(const Arguments& arguments) {
  AgentsArguments given;
  OptionTable table(
      "agents [OPTION...] FILE|DIR...",
      "Runs scenarios with the native agents and with agent scripts, and compares: results and log lines of "
      "every action, and what they change. Needs root or user namespaces.");
  table.texts("script", "AGENT=FILE",
              "run this script for the agent, such as ocf:heartbeat:IPaddr2=./IPaddr2; may be "
              "given again",
              given.scripts);
  table.flag("quiet,q", "only what differs", given.quiet);
  table.rest("DIR|FILE", true, given.named);
  table.epilogue(
      "Examples:\n"
      "  simcluster agents --script ocf:heartbeat:Dummy=/usr/lib/ocf/resource.d/heartbeat/Dummy "
      "scenarios/dummy_failover.yaml\n");
  const auto parsed = table.parse(arguments);
  if (!parsed) return usage_error("agents", parsed.error());
  if (!*parsed) return kAsExpected;
  watch_for_interrupt();
  const auto paths = scenario_paths(given.named);
  if (!paths) return input_error(paths.error());
  int unusable = 0;
  bool same = true;
  for (const sim::ScenarioFile& file : load_all(*paths, unusable))
    for (const sim::Scenario& scenario : file.variants) {
      const auto compared = compare(scenario, given);
      if (interrupted()) return kInterrupted;
      if (!compared) return input_error(compared.error());
      same = same && *compared;
    }
  if (unusable > 0) return kUnusable;
  return same ? kAsExpected : kDiffers;
}

}  // namespace simcluster::tools
