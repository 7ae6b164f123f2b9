#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

#include <fmt/core.h>

#include "engine/cib/document.h"
#include "reports/atomic_file.h"
#include "reports/junit.h"
#include "reports/story.h"
#include "reports/text.h"
#include "reports/trace_json.h"
#include "sim/golden/golden.h"
#include "sim/golden/verify.h"
#include "sim/scripts/box.h"
#include "tools/simcluster/command.h"
#include "tools/simcluster/inputs.h"
#include "tools/simcluster/options.h"
#include "tools/simcluster/records.h"
#include "tools/simcluster/results.h"

namespace simcluster::tools {

namespace {

struct CheckArguments {
  std::vector<std::string> named;
  std::optional<std::uint64_t> jobs;
  std::string junit;
  std::string history;
  std::string golden;
  bool update = false;
  bool verify = false;
  bool hashes = false;
  bool quiet = false;
  std::string format = "text";
  bool json = false;
};

void declare(OptionTable& table, CheckArguments& given) {
  table.number("jobs", "N", "runs at the same time; as many as there are processors when absent", given.jobs);
  table.flag("update", "write the golden files anew instead of comparing", given.update);
  table.flag("verify", "run everything twice and compare the traces", given.verify);
  table.flag("hashes", "print the trace hash of every run and nothing else; compare nothing", given.hashes);
  table.flag("quiet,q", "only what is not as expected", given.quiet);
  table.text("output-as", "FORMAT", "text or json (docs/json.md)", given.format);
  table.text("junit", "FILE", "write a report as JUnit XML", given.junit);
  table.text("history", "FILE", "add the runs to this history (SQLite)", given.history);
  table.text("golden", "DIR", "where golden files are; absent: golden/ beside scenarios/", given.golden);
  table.rest("DIR|FILE", false, given.named);
  table.epilogue(
      "Examples:\n"
      "  simcluster check\n"
      "  simcluster check --junit report.xml scenarios/ipaddr2_race.yaml\n"
      "  simcluster check --update scenarios\n");
}

void print(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stdout); }

// One run of one variant, and what came of it.
struct Job {
  const sim::ScenarioFile* file;
  const sim::Scenario* scenario;
  sim::RecordedRun run;
  bool done = false;
  bool unusable = false;
  bool compared = false;  // with a golden file
  std::string skipped;    // why it cannot be run on this computer
  std::string message;    // one line; empty: as expected
  std::string details;
};

// The last events before a story began to differ, with those that stories leave out.
class LastEvents final : public TraceSink {
 public:
  LastEvents(const sim::Scenario& scenario, Time until)
      : start_(scenario.world.start), names_(sim::machine_names(scenario)), until_(until) {}
  void on_trace(const TraceEvent& event) override {
    if (event.at > until_) return;
    if (kept_.size() == kKept) kept_.pop_front();
    kept_.push_back(reports::trace_json_line(event, start_, names_));
  }
  std::string text() const {
    std::string text;
    for (const auto& line : kept_) text += "  " + line;
    return text;
  }

 private:
  static constexpr std::size_t kKept = 8;
  Time start_;
  std::vector<std::string> names_;
  Time until_;
  std::deque<std::string> kept_;
};

class Check {
 public:
  explicit Check(const CheckArguments& given) : given_(given) {}

  int run() {
    const auto paths = scenario_paths(given_.named.empty() ? std::vector<std::string>{"scenarios"} : given_.named);
    if (!paths) return input_error(paths.error());
    files_ = load_all(*paths, unusable_);
    for (const auto& file : files_)
      for (const auto& scenario : file.variants)
        jobs_.push_back({&file, &scenario, {}, false, false, false, {}, {}, {}});
    run_jobs();
    if (interrupted()) {
      std::fputs("simcluster: interrupted; nothing was written\n", stderr);
      return kInterrupted;
    }
    if (given_.hashes) return print_hashes();
    return finish();
  }

 private:
  // Workers take jobs; whoever finishes one prints what is complete, in order.
  void run_jobs() {
    const std::size_t wanted =
        given_.jobs ? static_cast<std::size_t>(*given_.jobs) : std::thread::hardware_concurrency();
    const std::size_t count = std::clamp<std::size_t>(wanted, 1, std::max<std::size_t>(jobs_.size(), 1));
    // The XML library sets itself up at its first use; that must not happen in two threads at once.
    static_cast<void>(cib::parse_document("<cib/>", "start"));
    std::vector<std::thread> workers;
    for (std::size_t i = 1; i < count; ++i) workers.emplace_back([this] { work(); });
    work();
    for (auto& worker : workers) worker.join();
  }

  void work() {
    for (std::size_t i = next_++; i < jobs_.size() && !interrupted(); i = next_++) {
      Job& job = jobs_[i];
      execute(job);
      const std::lock_guard lock(mutex_);
      job.done = true;
      while (printed_ < jobs_.size() && jobs_[printed_].done) print_job(jobs_[printed_++]);
    }
  }

  sim::RunOptions options() const {
    sim::RunOptions options;
    options.interrupted = interrupted;
    return options;
  }

  void execute(Job& job) {
    if (!job.scenario->scripts.empty()) job.skipped = sim::why_no_scripts();
    if (!job.skipped.empty()) return;
    const auto begin = std::chrono::steady_clock::now();
    auto run = sim::record(*job.scenario, options());
    if (!run) {
      job.unusable = true;
      job.message = run.error().text();
      return;
    }
    job.run = std::move(*run);
    job.run.wall_ms =
        std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin).count();
    if (job.run.result.interrupted) return;
    check_expectations(job);
    if (given_.verify) check_determinism(job);
    if (!given_.update && !given_.hashes) check_golden(job);
  }

  static void note(Job& job, const std::string& message, const std::string& details) {
    if (job.message.empty()) job.message = message;
    job.details += details;
  }

  void check_expectations(Job& job) const {
    for (const auto& e : job.run.result.expectations)
      if (!e.met) note(job, "not as expected", Error{fmt::format("{}: {}", e.text, e.detail), e.place}.text() + "\n");
    for (const auto& problem : job.run.result.problems) note(job, "not as expected", problem.text() + "\n");
  }

  void check_determinism(Job& job) const {
    const auto divergence = sim::verify(*job.scenario, [this](int) { return options(); });
    if (!divergence || !*divergence) return;
    note(job, "not deterministic",
         fmt::format("trace hashes {} and {}; first diverging event, number {}:\n  {}  {}",
                     hash_hex((*divergence)->first_hash), hash_hex((*divergence)->second_hash), (*divergence)->event,
                     (*divergence)->first_event, (*divergence)->second_event));
  }

  void check_golden(Job& job) const {
    const std::string path = sim::GoldenFiles(*job.file, given_.golden).path(*job.scenario);
    const auto golden = sim::GoldenFiles::read(path);
    if (!golden)
      return note(job, "there is no golden file", fmt::format("{} does not exist; --update writes it\n", path));
    job.compared = true;
    const auto difference = sim::compare_golden(path, *golden, job.run.transcript);
    if (difference) note(job, "differs from " + path, difference->diff + first_divergence(job, *difference));
  }

  // The story's first line that differs, and all events that led there.
  std::string first_divergence(const Job& job, const sim::GoldenDifference& difference) const {
    std::string text = fmt::format("first difference\n  golden: {}\n  now:    {}\n", difference.first_expected,
                                   difference.first_actual);
    const auto at = sim::time_of_line(difference.first_actual);
    const auto expected_at = sim::time_of_line(difference.first_expected);
    if (!at && !expected_at) return text;
    const Duration until =
        at && expected_at ? std::min(*at, *expected_at) : at.value_or(expected_at.value_or(Duration{}));
    LastEvents last(*job.scenario, job.scenario->world.start + until + milliseconds(1));
    sim::RunOptions again = options();
    again.until = std::min(until + milliseconds(2), job.scenario->until);
    again.listeners.push_back({&last, 2});
    if (!sim::run_scenario(*job.scenario, again)) return text;
    return text + "the events before it\n" + last.text();
  }

  void print_job(const Job& job) const {
    if (given_.json || given_.hashes || (given_.quiet && job.message.empty())) return;
    const std::string name = sim::run_name(*job.scenario);
    if (!job.skipped.empty()) {
      print(fmt::format("skipped {}: agent scripts cannot be run here: {}\n", name, job.skipped));
    } else if (job.message.empty()) {
      print(fmt::format("ok      {}  {}\n", name, reports::duration_text(milliseconds(job.run.wall_ms))));
    } else {
      print(fmt::format("FAILED  {}: {}\n{}", name, job.message, job.details));
    }
    std::fflush(stdout);
  }

  int print_hashes() const {
    for (const auto& job : jobs_)
      if (job.skipped.empty())
        print(fmt::format("{}  {}\n", hash_hex(job.run.result.hash), sim::run_name(*job.scenario)));
    return status();
  }

  int finish() {
    for (const auto& file : files_) check_file(file);
    if (!given_.junit.empty())
      if (auto written = reports::write_file_atomically(given_.junit, junit()); !written)
        return input_error(written.error());
    if (!given_.history.empty()) {
      std::vector<reports::RunRecord> records;
      for (const auto& job : jobs_)
        if (!job.unusable && job.skipped.empty())
          records.push_back(history_record(job.run, job.message.empty() ? "as expected" : job.message));
      if (auto added = add_to_history(given_.history, records); !added) return input_error(added.error());
    }
    if (given_.json) {
      print_json();
    } else {
      print_summary();
    }
    return status();
  }

  void print_json() const {
    std::vector<RunOutcome> outcomes;
    std::vector<std::string> others;
    for (const auto& job : jobs_) {
      if (!job.skipped.empty()) continue;
      if (job.unusable) {
        others.push_back(job.message);
      } else {
        outcomes.push_back({job.file->path, &job.run, job.compared, job.message, job.details});
      }
    }
    for (const auto& failure : other_failures_) others.push_back(failure.suite + ": " + failure.message);
    print(run_results("check", outcomes, others, status()));
  }

  // The table of variants, golden files to be written, and those that nobody needs.
  void check_file(const sim::ScenarioFile& file) {
    const sim::GoldenFiles golden(file, given_.golden);
    std::vector<const sim::RecordedRun*> runs;
    for (const auto& job : jobs_)
      if (job.file == &file && !job.unusable && job.skipped.empty()) runs.push_back(&job.run);
    if (runs.size() != file.variants.size()) return;
    const std::string table = sim::variant_table(runs);
    if (given_.update)
      for (const auto* run : runs) update(golden.path(*run->scenario), run->transcript);
    if (file.variants.front().variant.empty()) return;
    if (given_.update) {
      update(golden.table_path(), table);
    } else if (const auto text = sim::GoldenFiles::read(golden.table_path()); text != table) {
      other_failures_.push_back({file.name, "table", 0, true, false, "the table of variants differs",
                                 reports_diff(golden.table_path(), text.value_or(""), table)});
      tell(fmt::format("FAILED  {}: the table of variants differs\n{}", file.name, other_failures_.back().details));
    }
    for (const auto& path : golden.leftovers(file))
      tell(fmt::format("note: {} belongs to no variant any more\n", path));
  }

  static std::string reports_diff(const std::string& path, const std::string& golden, const std::string& now) {
    const auto difference = sim::compare_golden(path, golden, now);
    return difference ? difference->diff : std::string();
  }

  void update(const std::string& path, const std::string& text) {
    const auto changed = sim::GoldenFiles::update(path, text);
    if (!changed) {
      input_error(changed.error());
      ++unusable_;
    } else if (*changed) {
      tell(fmt::format("wrote {}\n", path));
    }
  }

  // Text for people; the JSON result has it otherwise.
  void tell(const std::string& text) const {
    if (!given_.json) print(text);
  }

  std::string junit() const {
    std::vector<reports::JunitCase> cases;
    for (const auto& job : jobs_) {
      if (!job.skipped.empty()) continue;
      const std::string name = job.scenario->variant.empty() ? job.scenario->name : job.scenario->variant;
      cases.push_back(
          {job.scenario->name, name, job.run.wall_ms, !job.message.empty(), job.unusable, job.message, job.details});
    }
    cases.insert(cases.end(), other_failures_.begin(), other_failures_.end());
    return reports::junit_xml(cases);
  }

  std::size_t failed() const {
    return static_cast<std::size_t>(
               std::count_if(jobs_.begin(), jobs_.end(), [](const Job& job) { return !job.message.empty(); })) +
           other_failures_.size();
  }

  void print_summary() const {
    if (given_.quiet && failed() == 0) return;
    const auto skipped = std::ranges::count_if(jobs_, [](const Job& job) { return !job.skipped.empty(); });
    print(fmt::format("{} runs of {} scenarios, {} not as expected{}{}\n", jobs_.size(), files_.size(), failed(),
                      skipped > 0 ? fmt::format(", {} skipped", skipped) : "",
                      unusable_ > 0 ? fmt::format(", {} files that cannot be used", unusable_) : ""));
  }

  int status() const {
    const bool broken = std::any_of(jobs_.begin(), jobs_.end(), [](const Job& job) { return job.unusable; });
    if (unusable_ > 0 || broken) return kUnusable;
    return failed() > 0 ? kDiffers : kAsExpected;
  }

  const CheckArguments& given_;
  std::vector<sim::ScenarioFile> files_;
  std::deque<Job> jobs_;
  std::vector<reports::JunitCase> other_failures_;
  std::atomic<std::size_t> next_{0};
  std::mutex mutex_;
  std::size_t printed_ = 0;
  int unusable_ = 0;
};

}  // namespace

int check_command(const Arguments& arguments) {
  CheckArguments given;
  OptionTable table("check [OPTION...] [DIR|FILE...]",
                    "Runs all variants of all scenarios and compares what they print with the golden files; those "
                    "below scenarios/ when none is named. On a difference it prints what differs, and the first "
                    "event that does.");
  declare(table, given);
  const auto parsed = table.parse(arguments);
  if (!parsed) return usage_error("check", parsed.error());
  if (!*parsed) return kAsExpected;
  if (given.jobs && *given.jobs == 0) return usage_error("check", Error{"--jobs takes a number from 1 on", {}});
  const auto json = wants_json(given.format);
  if (!json) return usage_error("check", json.error());
  if (*json && given.hashes) return usage_error("check", Error{"--hashes prints text only", {}});
  given.json = *json;
  watch_for_interrupt();
  return Check(given).run();
}

}  // namespace simcluster::tools
