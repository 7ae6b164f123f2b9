#include "tools/simcluster/replay.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <string>
#include <vector>

#include "engine/cib/dates.h"
#include "engine/scheduler/display.h"
#include "engine/scheduler/explanation.h"
#include "engine/scheduler/graph.h"
#include "engine/scheduler/scheduler.h"
#include "engine/scheduler/simulate.h"
#include "sim/scenario/values.h"
#include "tools/simcluster/replay_input.h"
#include "tools/simcluster/replay_options.h"

namespace simcluster::tools {

namespace {

namespace status = exit_status;

// One call of the program.
class Replay {
 public:
  Replay(std::string program, ReplayOptions options) : program_(std::move(program)), options_(std::move(options)) {}

  int run() {
    if (options_.source == ReplayOptions::Source::kLive) {
      std::fputs("Could not connect to the CIB: Transport endpoint is not connected\n", stderr);
      return status::kNotConnected;
    }
    Input input = read_input(program_, options_.source == ReplayOptions::Source::kFile ? options_.input_file : "");
    std::fputs(input.error.c_str(), stderr);
    std::fputs(input.notice.c_str(), stderr);
    if (!input.document) return input.status;
    working_ = std::move(*input.document);
    if (const int failed = open_output(); failed != status::kOk) return failed;
    const int result = replay();
    if (!store_output()) return status::kCannotWrite;
    flush();
    return output_failed_ ? status::kCannotWrite : result;
  }

 private:
  int open_output() {
    if (options_.store && options_.source == ReplayOptions::Source::kFile) output_file_ = options_.input_file;
    if (options_.save_output) output_file_ = *options_.save_output;
    if (output_file_.empty()) return status::kOk;
    std::FILE* file = std::fopen(output_file_.c_str(), "ab");
    if (file == nullptr) {
      std::fprintf(stderr, "%s: Could not create '%s': %s\n", program_.c_str(), output_file_.c_str(),
                   std::strerror(errno));
      return status::kNoSuchFile;
    }
    std::fclose(file);
    return status::kOk;
  }

  bool store_output() { return output_file_.empty() || write_file(output_file_, cib::write_document(working_)); }

  // --- printing ---
  void plain(std::string_view line) {
    if (options_.quiet) return;
    out_ += line;
    out_ += '\n';
  }
  // An empty line between parts.
  void spacer() {
    if (printed_) out_ += '\n';
  }
  void heading(std::string_view text) {
    printed_ = true;
    if (options_.quiet) return;
    out_ += text;
    out_ += ":\n";
  }
  void item(std::string_view text) {
    if (!options_.quiet) out_ += "  * ";
    out_ += text;
    out_ += '\n';
  }
  // Where --output-to says; nothing at all for --output-as=none.
  void flush() {
    if (options_.output_as != "none") {
      if (options_.output_to && *options_.output_to != "-") {
        collected_ += out_;
        output_failed_ = !write_file(*options_.output_to, collected_);
      } else {
        std::fwrite(out_.data(), 1, out_.size(), stdout);
        std::fflush(stdout);
      }
    }
    out_.clear();
  }
  void complain(const std::string& text) {
    flush();
    std::fputs((text + "\n").c_str(), stderr);
  }

  // --- the run (S2 D-20.6) ---
  int replay() {
    build_state(true);
    if (!options_.quiet) print_current_status();
    if (!options_.injections.empty()) apply_injections();
    if (options_.save_input && !write_file(*options_.save_input, cib::write_document(working_))) {
      return status::kNoSuchFile;
    }
    if (!options_.process) return status::kOk;
    schedule_scores();
    if (!write_artifacts()) return status::kCannotWrite;
    if (!options_.quiet) print_summary();
    if (const int failed = explain(); failed != status::kOk) return failed;
    return options_.simulate ? simulate() : status::kOk;
  }

  // The scheduler's time, with the line that tells about it.
  std::int64_t effective_time() {
    const std::int64_t now = std::time(nullptr);
    if (options_.date) {
      plain("Setting effective cluster time: " + *options_.date);
      const std::time_t local = now;
      std::tm parts{};
      localtime_r(&local, &parts);
      const auto parsed =
          cib::parse_date_time(*options_.date, cib::DateTime::from_epoch(now), static_cast<int>(parts.tm_gmtoff));
      return parsed ? parsed->to_epoch() : now;
    }
    if (const auto recorded = scheduler::execution_date(working_)) {
      plain("Using the original execution date of: " + scheduler::utc_text(*recorded));
      return *recorded;
    }
    return now;
  }

  void build_state(bool schedulable) {
    scheduler::Options options;
    options.now = effective_time();
    options.collect_scores = schedulable && options_.show_scores;
    options.explain = schedulable && !options_.why.empty();
    options.collect_utilization = schedulable && options_.show_utilization;
    scheduler_options_ = options;
    // The state reads a copy (which shares all texts), so that the working document may change under it.
    snapshot_ = working_;
    state_ = scheduler::unpack(snapshot_, options);
    for (const std::string& line : state_.model->info_lines) plain(line);
    state_.model->info_lines.clear();
  }

  scheduler::DisplayOptions display_options(bool pending) const {
    scheduler::DisplayOptions display;
    display.show_pending = pending;
    display.node_attributes = options_.show_attributes;
    display.failures = options_.show_failcounts;
    return display;
  }

  void print_current_status() {
    if (state_.state().options.maintenance_mode) {
      out_ +=
          "\n              *** Resource management is DISABLED ***\n"
          "  The cluster will not attempt to start, stop or recover services\n";
      printed_ = true;
    }
    if (const std::string counts = scheduler::counts_line(state_.state()); !counts.empty()) {
      spacer();
      plain(counts);
      printed_ = true;
    }
    spacer();
    scheduler::write_status(*state_.model, "Current cluster status", display_options(true), out_);
    printed_ = true;
  }

  void apply_injections() {
    spacer();
    heading("Performing Requested Modifications");
    for (const scheduler::InjectedItem& injected :
         scheduler::inject(working_, state_.state(), options_.injections, std::time(nullptr))) {
      if (injected.kind == scheduler::InjectedItem::Kind::kError) {
        complain(injected.text);
      } else if (!options_.quiet) {
        item(injected.text);
      }
    }
    build_state(true);
  }

  void schedule_scores() {
    const bool listed = options_.show_scores || options_.show_utilization;
    if (listed) {
      spacer();
      heading(options_.show_scores && options_.show_utilization ? "Assignment Scores and Utilization Information"
              : options_.show_scores                            ? "Assignment Scores"
                                                                : "Utilization Information");
    }
    scheduler::run(state_, scheduler_options_);
    if (!listed) return;
    for (const std::string& line : state_.model->score_lines) item(line);
  }

  bool write_artifacts() {
    if (options_.save_graph && !write_file(*options_.save_graph, scheduler::write_graph(*state_.model->graph))) {
      return false;
    }
    return !options_.save_dot ||
           write_file(*options_.save_dot, scheduler::write_dot(state_, options_.all_actions, options_.verbose > 0));
  }

  void print_summary() {
    spacer();
    heading("Transition Summary");
    for (const std::string& line : scheduler::transition_summary(state_)) item(line);
  }

  // --why: not an option of crm_simulate.
  int explain() {
    if (options_.why.empty()) return status::kOk;
    if (!options_.quiet) spacer();
    heading("Explanation");
    for (const std::string& name : options_.why) {
      const std::vector<scheduler::Explanation> found = scheduler::explain(state_, name);
      if (found.empty()) {
        complain("There is no resource \"" + name + "\"" +
                 sim::did_you_mean(name, scheduler::explainable_names(state_)));
        return status::kNoSuchFile;
      }
      for (const scheduler::Explanation& explanation : found) out_ += scheduler::explanation_text(explanation);
    }
    return status::kOk;
  }

  int simulate() {
    spacer();
    heading("Executing Cluster Transition");
    scheduler::SimulationOptions options;
    options.failures = options_.failures;
    options.now = std::time(nullptr);
    options.create_nodes = !options_.injections.nodes_up.empty();
    const scheduler::SimulationResult result =
        scheduler::simulate_transition(*state_.model->graph, state_.state(), working_, options);
    for (const scheduler::SimulatedStep& step : result.steps) print_step(step);
    if (!result.complete) complain("Transition failed: terminated\nAn invalid transition was produced");
    if (!options_.quiet) {
      build_state(false);
      spacer();
      scheduler::write_status(*state_.model, "Revised Cluster Status", display_options(false), out_);
    }
    return result.complete ? status::kOk : status::kFailed;
  }

  void print_step(const scheduler::SimulatedStep& step) {
    using Kind = scheduler::SimulatedStep::Kind;
    if (step.kind == Kind::kError) {
      complain(step.text);
    } else if (step.kind == Kind::kPlain) {
      plain(step.text);
    } else if (!options_.quiet) {
      item(step.text);
    }
  }

  std::string program_;
  ReplayOptions options_;
  cib::Document working_;
  cib::Document snapshot_;
  scheduler::Options scheduler_options_;
  scheduler::Schedule state_;
  std::string output_file_;
  std::string out_;
  std::string collected_;  // all that went to --output-to
  bool output_failed_ = false;
  bool printed_ = false;
};

// S5 M-10.
int profile(const std::string& program, const ReplayOptions& options) {
  namespace fs = std::filesystem;
  std::error_code error;
  std::vector<std::string> files;
  for (const fs::directory_entry& entry : fs::directory_iterator(*options.profile, error)) {
    const std::string name = entry.path().filename().string();
    if (name.front() != '.' && name.ends_with(".xml") && entry.is_regular_file()) files.push_back(name);
  }
  if (error) {
    std::fprintf(stderr, "%s: Could not open profile directory %s: %s\n", program.c_str(), options.profile->c_str(),
                 error.message().c_str());
    return status::kNoSuchFile;
  }
  std::sort(files.begin(), files.end());
  std::puts("Timings:");
  for (const std::string& name : files) {
    const std::string path = (fs::path(*options.profile) / name).string();
    const Input input = read_input(program, path);
    if (!input.document) continue;
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < options.repeat; ++i) {
      scheduler::Options scheduler_options;
      scheduler_options.now = scheduler::execution_date(*input.document).value_or(std::time(nullptr));
      scheduler::schedule(*input.document, scheduler_options);
    }
    const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - begin;
    std::printf("  * Testing %s ... %.2f secs\n", path.c_str(), spent.count());
  }
  return status::kOk;
}

}  // namespace

int replay_main(int argc, char** argv) {
  const std::string program = argc > 0 ? std::filesystem::path(argv[0]).filename().string() : "crm_simulate";
  ParsedOptions parsed = parse_replay_options(argc, argv);
  const ReplayOptions& options = parsed.options;
  for (const std::string& warning : options.warnings) std::fprintf(stderr, "%s\n", warning.c_str());
  if (parsed.error) {
    std::fprintf(stderr, "%s: %s\n", program.c_str(), parsed.error->c_str());
    return status::kUsage;
  }
  if (options.help) {
    std::fputs(replay_help(program, *options.help).c_str(), stdout);
    return status::kOk;
  }
  if (options.output_as != "text" && options.output_as != "console" && options.output_as != "none") {
    std::fprintf(stderr, "%s: Error creating output format %s: Unknown output format\n", program.c_str(),
                 options.output_as.c_str());
    return status::kNoSuchFile;
  }
  if (options.version) {
    std::puts("Pacemaker 3.0.2\nWritten by Andrew Beekhof and the Pacemaker project contributors");
    return status::kOk;
  }
  if (options.profile) return profile(program, options);
  return Replay(program, options).run();
}

}  // namespace simcluster::tools
