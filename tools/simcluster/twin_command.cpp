// simcluster twin: the same scenario on the real cluster and in the simulator.
#include <cstdio>
#include <filesystem>
#include <optional>

#include <fmt/core.h>

#include "engine/base/profile.h"
#include "reports/atomic_file.h"
#include "sim/scenario/reader.h"
#include "tools/simcluster/command.h"
#include "tools/simcluster/inputs.h"
#include "tools/simcluster/options.h"
#include "tools/simcluster/results.h"
#include "tools/twin/commands.h"
#include "tools/twin/compare.h"
#include "tools/twin/real_run.h"
#include "tools/twin/recording.h"
#include "tools/twin/simulate.h"

namespace simcluster::tools {

namespace {

constexpr int kSkipped = 77;  // as ctest and automake take it
constexpr std::string_view kClusterd = "clusterd";
constexpr std::size_t kMaxRecording = std::size_t{16} << 20;

struct TwinArguments {
  std::vector<std::string> named;
  std::string recordings;
  std::string stack;
  bool record = false;
  bool commands = false;
  bool quiet = false;
  bool json = false;
  std::string format = "text";
  std::optional<std::uint64_t> runs;
};

void declare(OptionTable& table, TwinArguments& given) {
  table.text("recordings", "DIR", "compare with the recordings in DIR instead of a real cluster", given.recordings);
  table.flag("record", "run the real cluster and write the recordings in DIR", given.record);
  table.number("runs", "N", "how often the real cluster is run, 1 when absent", given.runs);
  table.text("stack", "NAME", "what the real nodes run: debian (the default) or clusterd", given.stack);
  table.flag("commands", "only print what would be done to the real cluster", given.commands);
  table.flag("quiet,q", "only what differs", given.quiet);
  table.text("output-as", "FORMAT", "text or json (docs/json.md)", given.format);
  table.rest("SCENARIO", true, given.named);
  table.epilogue(
      "The real cluster is Debian's Corosync and Pacemaker, or clusterd beside this\n"
      "program, in namespaces of this machine; it needs root.\n"
      "Exit status 77: it cannot be had here, nothing was compared.\n\n"
      "Example:\n"
      "  simcluster twin --recordings recordings scenarios/reality\n");
}

void print(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

std::string twin_name(const sim::Scenario& scenario) {
  return scenario.variant.empty() ? scenario.name : scenario.name + "/" + scenario.variant;
}

twin::RealStack real_stack(const TwinArguments& given, const sim::Scenario& scenario) {
  const Profile& profile = scenario.world.machines.front().profile;
  twin::RealStack stack;
  stack.pacemaker = has_pacemaker(profile);
  stack.corosync_release = profile.versions.corosync;
  stack.pacemaker_release = profile.versions.pacemaker;
  if (given.stack != kClusterd) return stack;
  std::error_code ignored;
  const auto directory = std::filesystem::read_symlink("/proc/self/exe", ignored).parent_path();
  stack.clusterd = directory / "clusterd";
  stack.clusterctl = directory / "clusterctl";
  return stack;
}

// clusterd is one process: its parts do not die one by one.
Result<void> check_for_clusterd(const sim::Scenario& scenario) {
  for (const auto& item : scenario.timeline) {
    if (item.said.name != "kill-process") continue;
    for (const auto& [name, value] : item.said.parameters)
      if (name == "process" && (value.starts_with("pacemaker") || value == "corosync"))
        return fail(
            fmt::format("clusterd is one process and has no {} that could be killed alone; kill-cluster kills all "
                        "of it",
                        value),
            item.place);
  }
  return {};
}

std::string recording_path(const TwinArguments& given, const sim::Scenario& scenario) {
  return given.recordings + "/" + twin_name(scenario) + ".txt";
}

class Twins {
 public:
  explicit Twins(const TwinArguments& given) : given_(given) {}

  int run_all() {
    const auto paths = scenario_paths(given_.named);
    if (!paths) return input_error(paths.error());
    int unusable = 0;
    const auto files = load_all(*paths, unusable);
    if (unusable > 0) return kUnusable;
    const int status = run_files(files);
    if (given_.json && status != kUnusable) {
      print(twin_results(outcomes_, status));
    } else if (compared_ > 0 && status != kUnusable && status != kSkipped) {
      print(fmt::format("{}{} scenario{} compared with the real cluster, {} differ{}\n", given_.quiet ? "" : "\n",
                        compared_, compared_ == 1 ? "" : "s", differing_, differing_ == 1 ? "s" : ""));
    }
    return status;
  }

 private:
  int run_files(const std::vector<sim::ScenarioFile>& files) {
    int worst = kAsExpected;
    for (const auto& file : files)
      for (const auto& scenario : file.variants) {
        outcomes_.emplace_back().scenario = twin_name(scenario);
        const int status = run_one(scenario, outcomes_.back());
        if (status == kUnusable || status == kSkipped) return status;
        worst = std::max(worst, status);
      }
    return worst;
  }

  // For people; with --output-as=json the outcomes are printed at the end.
  void tell(const std::string& text) const {
    if (!given_.json) print(text);
  }

  int run_one(const sim::Scenario& scenario, TwinOutcome& outcome) {
    const auto script = twin::real_script(scenario);
    if (!script) return input_error(script.error());
    if (given_.stack == kClusterd)
      if (const auto fits = check_for_clusterd(scenario); !fits) return input_error(fits.error());
    if (given_.commands) {
      outcome.commands = *script;
      return tell(*script), kAsExpected;
    }
    const bool real = given_.record || given_.recordings.empty();
    const auto recording = real ? record(scenario, *script, outcome) : read(scenario);
    if (!recording) return input_error(recording.error());
    if (recording->runs.empty()) return kSkipped;
    if (given_.record) {
      const std::string path = recording_path(given_, scenario);
      if (auto written = reports::write_file_atomically(path, twin::write_recording(*recording)); !written)
        return input_error(written.error());
      outcome.recording = path;
      tell(path + "\n");
      return kAsExpected;
    }
    if (recording->script != *script)
      return input_error({fmt::format("the recording {} was made by other commands than this scenario gives; record it "
                                      "again",
                                      recording_path(given_, scenario)),
                          scenario.place});
    const auto simulated = twin::simulate(scenario);
    if (!simulated) return input_error(simulated.error());
    const auto comparison = twin::compare(scenario, *recording, *simulated);
    if (!comparison) return input_error(comparison.error());
    outcome.comparison = *comparison;
    tell(twin::table_text(twin_name(scenario), *comparison, given_.quiet));
    ++compared_;
    if (!comparison->good) ++differing_;
    return comparison->good ? kAsExpected : kDiffers;
  }

  Result<twin::Recording> read(const sim::Scenario& scenario) const {
    const std::string path = recording_path(given_, scenario);
    const auto text = sim::read_text_file(path, kMaxRecording, scenario.place);
    if (!text) return tl::unexpected(text.error());
    return twin::parse_recording(*text, path);
  }

  // No runs: it cannot be done here, and that was said.
  Result<twin::Recording> record(const sim::Scenario& scenario, const std::string& script, TwinOutcome& outcome) const {
    twin::Recording recording;
    const twin::RealStack stack = real_stack(given_, scenario);
    if (const auto reason = twin::cannot_run_real(stack)) {
      outcome.skipped = *reason;
      tell(fmt::format("skipped: {}\n", *reason));
      return recording;
    }
    recording.scenario = twin_name(scenario);
    recording.versions = twin::package_versions(stack);
    recording.script = script;
    for (std::uint64_t i = 0; i < given_.runs.value_or(1); ++i) {
      auto run = twin::run_real(script, stack);
      if (!run) return tl::unexpected(run.error());
      recording.runs.push_back(std::move(*run));
    }
    return recording;
  }

  const TwinArguments& given_;
  std::vector<TwinOutcome> outcomes_;
  int compared_ = 0;
  int differing_ = 0;
};

}  // namespace

int twin_command(const Arguments& arguments) {
  TwinArguments given;
  OptionTable table("twin [OPTION...] SCENARIO...",
                    "Runs a scenario on the real Corosync and Pacemaker and in the simulator, and compares "
                    "what the nodes saw: the sequence of memberships, quorum and links, and the times.");
  declare(table, given);
  const auto parsed = table.parse(arguments);
  if (!parsed) return usage_error("twin", parsed.error());
  if (!*parsed) return kAsExpected;
  if (!given.stack.empty() && given.stack != "debian" && given.stack != kClusterd)
    return usage_error("twin", Error{fmt::format("\"{}\" is no stack; expected debian or clusterd", given.stack), {}});
  const auto json = wants_json(given.format);
  if (!json) return usage_error("twin", json.error());
  given.json = *json;
  if (given.record && given.recordings.empty())
    return usage_error("twin", Error{"--record needs --recordings DIR", {}});
  return Twins(given).run_all();
}

}  // namespace simcluster::tools
