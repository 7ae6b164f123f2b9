#include "tools/simcluster/replay.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "engine/cib/dates.h"
#include "engine/scheduler/explanation.h"
#include "engine/scheduler/graph.h"
#include "engine/scheduler/unpacked_input.h"
#include "sim/scenario/values.h"
#include "tools/simcluster/replay_input.h"
#include "tools/simcluster/replay_options.h"
#include "tools/simcluster/replay_output.h"

namespace simcluster::tools {

namespace {

namespace status = exit_status;

// Seconds east of UTC in the time zone of this process.
int zone_offset(std::int64_t seconds) {
  const std::time_t when = seconds;
  std::tm parts{};
  localtime_r(&when, &parts);
  return static_cast<int>(parts.tm_gmtoff);
}

cib::DateTime local_time(std::int64_t seconds) { return cib::DateTime::from_epoch(seconds, zone_offset(seconds)); }

// Where the output goes: standard output or the file of --output-to.
class Destination {
 public:
  // False when the file cannot be written; errno tells why.
  bool open(const std::optional<std::string>& file) {
    if (!file || *file == "-") return true;
    file_ = std::fopen(file->c_str(), "wb");
    owned_ = true;
    return file_ != nullptr;
  }
  Destination() = default;
  Destination(const Destination&) = delete;
  Destination& operator=(const Destination&) = delete;
  ~Destination() {
    if (owned_ && file_ != nullptr) std::fclose(file_);
  }

  // False when not everything could be written.
  bool write(const std::string& text) {
    if (text.empty()) return true;
    return std::fwrite(text.data(), 1, text.size(), file_) == text.size() && std::fflush(file_) == 0;
  }

 private:
  std::FILE* file_ = stdout;
  bool owned_ = false;
};

// The log of -V, on standard error: errors for -V, warnings for -VV, notices for -VVV, and so on. What crm_simulate
// tells about its copy of the CIB file (cib_...) is not told: there is no such copy.
class LogToStandardError final : public scheduler::LogSink {
 public:
  explicit LogToStandardError(int verbose)
      : level_(static_cast<scheduler::LogLevel>(std::min(verbose, static_cast<int>(scheduler::LogLevel::kDebug)))) {}

  scheduler::LogLevel level() const override { return level_; }
  void write(scheduler::LogLevel level, std::string_view function, std::string_view text) override {
    static constexpr std::array<const char*, 6> kNames = {"crit", "error", "warning", "notice", "info", "debug"};
    const char* name = kNames[static_cast<std::size_t>(level)];
    std::fprintf(stderr, "(%.*s) \t%s: %.*s\n", static_cast<int>(function.size()), function.data(), name,
                 static_cast<int>(text.size()), text.data());
  }
  void tell_exit(int status) {
    if (level_ < scheduler::LogLevel::kInfo) return;
    write(scheduler::LogLevel::kInfo, "crm_exit", "Exiting crm_simulate | with status " + std::to_string(status));
  }
  void write_once(scheduler::LogLevel level, std::string_view function, std::string_view text) override {
    if (told_.insert(std::string(text)).second) write(level, function, text);
  }

 private:
  scheduler::LogLevel level_;
  std::set<std::string> told_;
};

// One call of the program.
class Replay {
 public:
  Replay(std::string program, const ReplayOptions& options, ReplayOutput& output, Destination& destination)
      : program_(std::move(program)),
        options_(options),
        output_(output),
        destination_(destination),
        log_(options.verbose) {}

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
    if (const int failed = open_saved_output(); failed != status::kOk) return failed;
    const int result = replay();
    return store_output() ? result : status::kCannotWrite;
  }

 private:
  int open_saved_output() {
    if (options_.save_output) saved_output_ = *options_.save_output;
    if (options_.store && options_.source == ReplayOptions::Source::kFile) saved_output_ = options_.input_file;
    if (saved_output_.empty()) return status::kOk;
    std::FILE* file = std::fopen(saved_output_.c_str(), "ab");
    if (file == nullptr) {
      std::fprintf(stderr, "%s: Could not create '%s': %s\n", program_.c_str(), saved_output_.c_str(),
                   std::strerror(errno));
      return status::kNoSuchFile;
    }
    std::fclose(file);
    return status::kOk;
  }

  bool store_output() { return saved_output_.empty() || write_file(saved_output_, cib::write_document(working_)); }

  bool quiet() const { return output_.obeys_quiet(); }

  void complain(const std::string& text) {
    if (output_.keep_error(text)) return;
    destination_.write(output_.take());
    std::fputs((text + "\n").c_str(), stderr);
  }

  // --- the run (S2 D-20.6) ---
  int replay() {
    build_state(true);
    if (!quiet()) output_.current_status(*state_.model, display_options(true));
    if (!options_.injections.empty()) apply_injections();
    if (options_.save_input && !save_input()) return status::kNoSuchFile;
    if (!options_.process) return status::kOk;
    scheduler::run(state_, scheduler_options_);
    if (options_.show_scores || options_.show_utilization) {
      output_.scores(state_.state(), options_.show_scores, options_.show_utilization);
    }
    if (!write_artifacts()) return status::kCannotWrite;
    if (!quiet()) output_.summary(state_);
    if (const int failed = explain(); failed != status::kOk) return failed;
    return options_.simulate ? simulate() : status::kOk;
  }

  bool save_input() {
    cib::Document input = snapshot_;
    scheduler::add_what_unpacking_adds(input, state_.state());
    return write_file(*options_.save_input, cib::write_document(input));
  }

  // The scheduler's time, with the line that tells about it. It is a local time unless it was told with an offset.
  cib::DateTime effective_time() {
    const std::int64_t now = std::time(nullptr);
    if (options_.date) {
      output_.plain("Setting effective cluster time: " + *options_.date);
      const cib::DateTime local = local_time(now);
      return cib::parse_date_time(*options_.date, local, zone_offset(now)).value_or(local);
    }
    if (const auto recorded = scheduler::execution_date(working_)) {
      output_.plain("Using the original execution date of: " + scheduler::utc_text(*recorded));
      return local_time(*recorded);
    }
    return local_time(now);
  }

  void build_state(bool schedulable) {
    scheduler::Options options;
    const cib::DateTime now = effective_time();
    options.now = now.to_epoch();
    options.now_offset = now.offset;
    options.date_offset = zone_offset(std::time(nullptr));
    options.utc_offset = zone_offset;
    if (options_.verbose > 0) options.log = &log_;
    options.collect_scores = schedulable && options_.show_scores;
    options.explain = schedulable && !options_.why.empty();
    options.collect_utilization = schedulable && options_.show_utilization;
    scheduler_options_ = options;
    // The state reads a copy (which shares all texts), so that the working document may change under it.
    snapshot_ = working_;
    state_ = scheduler::unpack(snapshot_, options);
    for (const std::string& line : state_.model->info_lines) output_.plain(line);
    state_.model->info_lines.clear();
  }

  scheduler::DisplayOptions display_options(bool pending) const {
    scheduler::DisplayOptions display;
    display.show_pending = pending;
    display.node_attributes = options_.show_attributes;
    display.failures = options_.show_failcounts;
    return display;
  }

  void apply_injections() {
    output_.begin_modifications(options_.injections);
    for (const scheduler::InjectedItem& injected :
         scheduler::inject(working_, state_.state(), options_.injections, std::time(nullptr))) {
      if (injected.kind == scheduler::InjectedItem::Kind::kError) {
        complain(injected.text);
      } else {
        output_.modification(injected);
      }
    }
    output_.end_modifications();
    build_state(true);
  }

  bool write_artifacts() {
    if (options_.save_graph && !write_file(*options_.save_graph, scheduler::write_graph(*state_.model->graph))) {
      return false;
    }
    return !options_.save_dot ||
           write_file(*options_.save_dot, scheduler::write_dot(state_, options_.all_actions, options_.verbose > 0));
  }

  // --why: not an option of crm_simulate.
  int explain() {
    if (options_.why.empty()) return status::kOk;
    std::vector<scheduler::Explanation> explanations;
    for (const std::string& name : options_.why) {
      std::vector<scheduler::Explanation> found = scheduler::explain(state_, name);
      if (found.empty()) {
        complain("There is no resource \"" + name + "\"" +
                 sim::did_you_mean(name, scheduler::explainable_names(state_)));
        return status::kNoSuchFile;
      }
      std::move(found.begin(), found.end(), std::back_inserter(explanations));
    }
    output_.explanations(explanations);
    return status::kOk;
  }

  int simulate() {
    output_.begin_transition();
    scheduler::SimulationOptions options;
    options.failures = options_.failures;
    options.now = std::time(nullptr);
    options.create_nodes = !options_.injections.nodes_up.empty();
    const scheduler::SimulationResult result =
        scheduler::simulate_transition(*state_.model->graph, state_.state(), working_, options);
    for (const scheduler::SimulatedStep& step : result.steps) {
      if (step.kind == scheduler::SimulatedStep::Kind::kError) {
        complain(step.text);
      } else {
        output_.step(step);
      }
    }
    output_.end_transition();
    if (options_.verbose >= 3) log_execution(result);
    if (!result.complete) {
      complain("Transition failed: terminated");
      complain("An invalid transition was produced");
    }
    if (!quiet()) {
      build_state(false);
      output_.revised_status(*state_.model, display_options(false));
    }
    return result.complete ? status::kOk : status::kFailed;
  }

  void log_execution(const scheduler::SimulationResult& result) {
    const std::size_t skipped = result.aborted ? result.left : 0;
    log_.write(scheduler::LogLevel::kNotice, "pcmk__execute_graph",
               "Transition 0 (Complete=" + std::to_string(result.done) +
                   ", Pending=0, Fired=0, Skipped=" + std::to_string(skipped) +
                   ", Incomplete=" + std::to_string(result.left - skipped) + ", Source=crm_simulate): " +
                   (result.aborted    ? "Stopped"
                    : result.complete ? "Complete"
                                      : "Terminated"));
  }

  std::string program_;
  const ReplayOptions& options_;
  ReplayOutput& output_;
  Destination& destination_;
  LogToStandardError log_;
  cib::Document working_;
  cib::Document snapshot_;
  scheduler::Options scheduler_options_;
  scheduler::Schedule state_;
  std::string saved_output_;
};

// S5 M-10.
int profile(const std::string& program, const ReplayOptions& options, ReplayOutput& output) {
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
  output.begin_timings();
  for (const std::string& name : files) {
    const std::string path = (fs::path(*options.profile) / name).string();
    const Input input = read_input(program, path);
    if (!input.document) continue;
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < options.repeat; ++i) {
      scheduler::Options scheduler_options;
      const std::int64_t now = std::time(nullptr);
      scheduler_options.now = scheduler::execution_date(*input.document).value_or(now);
      scheduler_options.now_offset = zone_offset(scheduler_options.now);
      scheduler_options.date_offset = zone_offset(now);
      scheduler_options.utc_offset = zone_offset;
      scheduler::schedule(*input.document, scheduler_options);
    }
    const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - begin;
    output.timing(path, spent.count());
  }
  output.end_timings();
  return status::kOk;
}

// The command line as it was given; an argument with a blank stands in quotes.
std::string request_text(int argc, char** argv) {
  std::string text;
  for (int i = 0; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (i > 0) text += ' ';
    if (argument.find_first_of(" \t'\"\\") == std::string_view::npos && !argument.empty()) {
      text += argument;
      continue;
    }
    text += '\'';
    for (const char c : argument) {
      if (c == '\'') {
        text += "'\\''";
      } else {
        text += c;
      }
    }
    text += '\'';
  }
  return text;
}

int with_output(const std::string& program, const ReplayOptions& options, const std::string& request) {
  const auto output = make_replay_output({options.output_as, request, options.quiet});
  if (!output) {
    std::fprintf(stderr, "Error creating output format %s: Unknown output format\n", options.output_as.c_str());
    return status::kNoSuchFile;
  }
  Destination destination;
  if (!destination.open(options.output_to)) {
    std::fprintf(stderr, "Error creating output format %s: %s\n", options.output_as.c_str(), std::strerror(errno));
    return status::kNoSuchFile;
  }
  int result = status::kOk;
  if (options.version) {
    output->version();
  } else if (options.profile) {
    result = profile(program, options, *output);
  } else {
    result = Replay(program, options, *output, destination).run();
  }
  output->finish(result);
  if (!destination.write(output->take())) result = status::kCannotWrite;
  LogToStandardError(options.verbose).tell_exit(result);
  return result;
}

}  // namespace

int replay_main(int argc, char** argv) {
  const std::string program = argc > 0 ? std::filesystem::path(argv[0]).filename().string() : "crm_simulate";
  const ParsedOptions parsed = parse_replay_options(argc, argv);
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
  return with_output(program, options, request_text(argc, argv));
}

}  // namespace simcluster::tools
