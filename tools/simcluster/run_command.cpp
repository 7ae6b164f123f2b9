#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <optional>

#include <fmt/core.h>
#include <unistd.h>

#include "reports/atomic_file.h"
#include "reports/story.h"
#include "reports/trace_json.h"
#include "sim/golden/golden.h"
#include "sim/golden/verify.h"
#include "sim/scenario/loader.h"
#include "sim/scenario/values.h"
#include "tools/simcluster/command.h"
#include "tools/simcluster/log_files.h"
#include "tools/simcluster/options.h"
#include "tools/simcluster/records.h"
#include "tools/simcluster/results.h"

namespace simcluster::tools {

namespace {

struct RunArguments {
  std::vector<std::string> files;
  std::vector<std::string> variants;
  std::optional<std::uint64_t> seed;
  std::optional<Duration> until;
  int verbose = 0;
  bool quiet = false;
  bool verify = false;
  std::string trace;
  std::string logs;
  std::string history;
  std::string color = "auto";
  std::string golden;
  std::string format = "text";
  bool json = false;

  bool colored() const {
    if (color != "auto") return color == "always";
    return isatty(STDOUT_FILENO) != 0 && std::getenv("NO_COLOR") == nullptr;
  }
  // Golden files hold for the scenario as it is written.
  bool comparable() const { return !seed && !until; }
};

void declare(OptionTable& table, RunArguments& given) {
  table.texts("variant", "NAME", "only this variant; may be given again", given.variants);
  table.number("seed", "N", "another seed than the scenario's", given.seed);
  table.duration("until", "TIME", "end the run after this virtual time, such as 90s or 2h", given.until);
  table.count("verbose,v", "more events; twice: still more", given.verbose);
  table.flag("quiet,q", "only the table of variants", given.quiet);
  table.text("color", "WHEN", "auto, always or never", given.color);
  table.text("output-as", "FORMAT", "text or json (docs/json.md)", given.format);
  table.text("trace", "FILE", "write every event to FILE, as JSON lines", given.trace);
  table.text("logs", "DIR", "write each machine's log files to DIR/VARIANT/MACHINE, as its release does", given.logs);
  table.flag("verify", "run everything twice and compare the traces", given.verify);
  table.text("history", "FILE", "add the runs to this history (SQLite)", given.history);
  table.text("golden", "DIR", "where golden files are; absent: golden/ beside scenarios/", given.golden);
  table.rest("FILE", true, given.files);
  table.epilogue(
      "Example:\n"
      "  simcluster run --variant afflicted -v scenarios/ipaddr2_race.yaml\n");
}

Result<void> check_arguments(const RunArguments& given) {
  if (given.color != "auto" && given.color != "always" && given.color != "never")
    return fail(fmt::format("--color takes auto, always or never, not \"{}\"", given.color));
  if (given.quiet && given.verbose > 0) return fail("--quiet and --verbose contradict each other");
  return {};
}

void print(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stdout); }

// The chosen variants, in the order of the file.
Result<std::vector<const sim::Scenario*>> chosen(const sim::ScenarioFile& file, const RunArguments& given) {
  std::vector<const sim::Scenario*> scenarios;
  std::vector<std::string_view> names;
  for (const auto& scenario : file.variants) {
    names.push_back(scenario.variant);
    if (given.variants.empty() ||
        std::find(given.variants.begin(), given.variants.end(), scenario.variant) != given.variants.end())
      scenarios.push_back(&scenario);
  }
  for (const auto& wanted : given.variants)
    if (std::find(names.begin(), names.end(), wanted) == names.end())
      return fail(fmt::format("there is no variant \"{}\"{}", wanted, sim::did_you_mean(wanted, names)),
                  {file.path, 0, 0});
  return scenarios;
}

class Runs {
 public:
  explicit Runs(const RunArguments& given) : given_(given) {}

  int run_all() {
    if (!given_.trace.empty()) {
      auto file = reports::PendingFile::create(given_.trace);
      if (!file) return input_error(file.error());
      trace_.emplace(std::move(*file));
    }
    for (const auto& path : given_.files) {
      auto file = sim::load_scenario(path);
      if (!file) return input_error(file.error());
      files_.push_back(std::move(*file));
      if (const int status = run_file(files_.back()); status != kAsExpected) return status;
    }
    if (trace_)
      if (auto committed = trace_->commit(); !committed) return input_error(committed.error());
    if (!given_.history.empty())
      if (auto added = add_to_history(given_.history, records_); !added) return input_error(added.error());
    const int status = differs_ ? kDiffers : kAsExpected;
    if (given_.json) print(run_results("run", outcomes_, {}, status));
    return status;
  }

 private:
  int run_file(const sim::ScenarioFile& file) {
    const auto scenarios = chosen(file, given_);
    if (!scenarios) return input_error(scenarios.error());
    std::deque<sim::RecordedRun>& runs = runs_.emplace_back();
    for (const auto* scenario : *scenarios) {
      auto run = run_one(*scenario);
      if (!run) return input_error(run.error());
      if (run->result.interrupted) {
        std::fputs("simcluster: interrupted; nothing was written\n", stderr);
        return kInterrupted;
      }
      runs.push_back(std::move(*run));
      if (given_.verify)
        if (const int status = verify_one(*scenario); status == kUnusable) return status;
    }
    std::vector<const sim::RecordedRun*> rows;
    for (const auto& run : runs) rows.push_back(&run);
    if (!given_.json) print((given_.quiet ? "" : "\n") + file.name + "\n" + sim::variant_table(rows));
    for (const auto& run : runs) {
      outcomes_.push_back({file.path, &run, false, run.result.passed() ? "" : "not as expected", {}});
    }
    if (given_.comparable()) compare(file, rows);
    for (const auto& run : runs)
      records_.push_back(history_record(run, run.result.passed() ? "as expected" : "not as expected"));
    return kAsExpected;
  }

  sim::RunOptions options() const {
    sim::RunOptions options;
    options.seed = given_.seed;
    options.until = given_.until;
    options.interrupted = interrupted;
    return options;
  }

  Result<sim::RecordedRun> run_one(const sim::Scenario& scenario) {
    sim::RunOptions run_options = options();
    const auto names = sim::machine_names(scenario);
    reports::StorySettings settings = scenario.story;
    settings.level = std::max(settings.level, given_.verbose);
    if (given_.verbose > 0) settings.hide.clear();
    reports::Story story(settings, scenario.world.start, names, given_.colored(), [](std::string_view line) {
      print(line);
      print("\n");
    });
    std::optional<Error> trace_error;
    reports::TraceJsonWriter json(scenario.world.start, names, [&](std::string_view lines) {
      if (auto written = trace_->write(lines); !written && !trace_error) trace_error = written.error();
    });
    if (!given_.quiet) {
      print(first_ ? "" : "\n");
      print(sim::transcript_head(scenario, run_options));
      run_options.listeners.push_back({&story, reports::story_level(settings)});
    }
    first_ = false;
    std::optional<LogFiles> logs;
    if (!given_.logs.empty()) run_options.listeners.push_back({&logs.emplace(scenario), LogFiles::level()});
    if (trace_) run_options.listeners.push_back({&json, sim::kHashLevel});
    const auto begin = std::chrono::steady_clock::now();
    auto run = sim::record(scenario, run_options);
    if (!run) return run;
    run->wall_ms =
        std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin).count();
    json.flush();
    if (trace_error) return tl::unexpected(*trace_error);
    if (logs && !run->result.interrupted)
      if (auto written = logs->write(given_.logs); !written) return tl::unexpected(written.error());
    if (!given_.quiet) print(sim::transcript_tail(run->result));
    std::fflush(stdout);
    if (!run->result.passed()) {
      differs_ = true;
      print_failures(*run);
    }
    return run;
  }

  // Not lost in a long story, and where to begin.
  void print_failures(const sim::RecordedRun& run) const {
    for (const auto& expectation : run.result.expectations)
      if (!expectation.met)
        std::fputs(fmt::format("simcluster: {}\n",
                               Error{fmt::format("{}: not as expected: {}: {}", sim::run_name(*run.scenario),
                                                 expectation.text, expectation.detail),
                                     expectation.place}
                                   .text())
                       .c_str(),
                   stderr);
    for (const auto& problem : run.result.problems)
      std::fputs(fmt::format("simcluster: {}\n", problem.text()).c_str(), stderr);
  }

  int verify_one(const sim::Scenario& scenario) {
    const auto divergence = sim::verify(scenario, [this](int) { return options(); });
    if (!divergence) return input_error(divergence.error());
    if (!*divergence) return kAsExpected;
    differs_ = true;
    const sim::Divergence& found = **divergence;
    std::fputs(
        fmt::format(
            "simcluster: {} is not deterministic: trace hashes {} and {}\nfirst diverging event, number {}:\n  {}  {}",
            sim::run_name(scenario), hash_hex(found.first_hash), hash_hex(found.second_hash), found.event,
            found.first_event, found.second_event)
            .c_str(),
        stderr);
    return kDiffers;
  }

  void compare(const sim::ScenarioFile& file, const std::vector<const sim::RecordedRun*>& runs) {
    const sim::GoldenFiles golden(file, given_.golden);
    int compared = 0;
    RunOutcome* outcome = &outcomes_[outcomes_.size() - runs.size()];
    for (const auto* run : runs) {
      RunOutcome& result = *outcome++;
      const std::string path = golden.path(*run->scenario);
      const auto text = sim::GoldenFiles::read(path);
      if (!text) continue;
      ++compared;
      result.compared = true;
      const auto difference = sim::compare_golden(path, *text, run->transcript);
      if (!difference) continue;
      differs_ = true;
      if (result.message.empty()) result.message = "differs from " + path;
      result.details += difference->diff;
      if (!given_.json) print("\n" + difference->diff);
    }
    if (compared > 0 && !differs_ && !given_.json)
      print(fmt::format("{} run{} as the golden files say\n", compared, compared == 1 ? "" : "s"));
  }

  const RunArguments& given_;
  std::optional<reports::PendingFile> trace_;
  std::vector<reports::RunRecord> records_;
  std::deque<sim::ScenarioFile> files_;
  std::deque<std::deque<sim::RecordedRun>> runs_;  // of each file
  std::vector<RunOutcome> outcomes_;
  bool differs_ = false;
  bool first_ = true;
};

}  // namespace

int run_command(const Arguments& arguments) {
  RunArguments given;
  OptionTable table("run [OPTION...] FILE...",
                    "Runs scenarios and prints their story: virtual time, node, what happened, log lines "
                    "of agents, and the screens that the scenario asks for. A table of the variants follows. "
                    "Where there are golden files, the runs are compared with them.");
  declare(table, given);
  const auto parsed = table.parse(arguments);
  if (!parsed) return usage_error("run", parsed.error());
  if (!*parsed) return kAsExpected;
  if (auto checked = check_arguments(given); !checked) return usage_error("run", checked.error());
  const auto json = wants_json(given.format);
  if (!json) return usage_error("run", json.error());
  given.json = *json;
  given.quiet = given.quiet || given.json;
  watch_for_interrupt();
  return Runs(given).run_all();
}

}  // namespace simcluster::tools
