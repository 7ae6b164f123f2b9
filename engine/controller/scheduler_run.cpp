#include "engine/controller/scheduler_run.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/core.h>

#include "engine/base/time_text.h"
#include "engine/cib/values.h"
#include "engine/controller/exit_classes.h"
#include "engine/executor/exit_codes.h"
#include "engine/scheduler/log_kinds.h"
#include "engine/scheduler/profile_options.h"
#include "engine/scheduler/scheduler.h"

namespace simcluster::controller {

namespace {

// "Start      vip01     (         node1 )" to "Start vip01 (node1)": the columns came with 2.0.
std::string without_columns(std::string_view line) {
  std::string text;
  for (const char c : line) {
    if (c == ' ' && (text.empty() || text.back() == ' ' || text.back() == '(')) continue;
    if (c == ')' && text.ends_with(' ')) text.pop_back();
    text += c;
  }
  return text;
}

// Before 2.1 the roles were called Master and Slave: "Promote db:0 ( Slave -> Master node1 )".
std::string with_old_roles(std::string_view line) {
  std::string text(line.substr(0, std::min(line.find('('), line.size())));
  for (std::size_t at = text.size(); at < line.size();) {
    const std::size_t end = std::min(line.find(' ', at), line.size());
    const std::string_view word = line.substr(at, end - at);
    text += word == "Promoted" ? "Master" : word == "Unpromoted" ? "Slave" : word;
    if (end < line.size()) text += ' ';
    at = end + 1;
  }
  return text;
}

// "Start      vip01     (         node1 )" to "Start   vip01 (node1)": verbs had seven columns in 1.1, none in 1.0.
std::string old_plan_line(std::string_view line, const Profile& profile) {
  std::string text = without_columns(line);
  if (profile.logs_with_function) return text;
  const std::size_t end = std::min(text.find(' '), text.size());
  return fmt::format("{:<7}{}", text.substr(0, end), text.substr(end));
}

// An error makes an input one of pe-error when it is about what the cluster is doing (runs of 2.1.5), a warning one of
// pe-warn when it is about nodes that must be fenced, or values of the configuration that make no sense: these say so.
// Failures of operations do not, nor do most words about the configuration.
constexpr std::array<std::string_view, 5> kProcessingWarnings = {"pe_fence_node", "determine_online_status",
                                                                 "update_resource_action_runnable", "pe__force_anon",
                                                                 "pe__unpack_resource"};
// What is deprecated does, too, but it is said once in the life of a scheduler's process, and only the input of that
// moment is one of pe-warn.
constexpr std::array<std::string_view, 2> kDeprecations = {"set_group_flag", "get_minimum_first_instances"};

// The feature set of Pacemaker 3.
constexpr std::string_view kFirstWithoutThem = "3.20";

InputSeries series_of(scheduler::LogLevel level, std::string_view function) {
  if (level == scheduler::LogLevel::kError && scheduler::is_error_of_the_run(function)) return InputSeries::kError;
  if (level == scheduler::LogLevel::kWarning &&
      std::ranges::find(kProcessingWarnings, function) != kProcessingWarnings.end())
    return InputSeries::kWarning;
  return InputSeries::kInput;
}

// What the scheduler itself tells, in the words of 2.x. Results of operations are left to LineMaker, which knows the
// words of every release for them.
class LineSink final : public scheduler::LogSink {
 public:
  LineSink(const Profile& profile, scheduler::LogLevel level, ToldOnce& told)
      : profile_(profile), level_(level), told_(told) {}
  scheduler::LogLevel level() const override { return level_; }
  void write(scheduler::LogLevel level, std::string_view function, std::string_view text) override {
    series_ = std::max(series_, series_of(level, function));
    if (closed_ || !profile_.daemons_renamed || text.starts_with("Unexpected result (") ||
        text.starts_with("Preventing "))
      return;
    constexpr std::array<LogPriority, 6> kPriorities = {LogPriority::kCritical, LogPriority::kError,
                                                        LogPriority::kWarning,  LogPriority::kNotice,
                                                        LogPriority::kInfo,     LogPriority::kDebug};
    const bool old_roles = profile_.old_rc_texts && text.starts_with("Actions: ");
    lines_.push_back({kPriorities[static_cast<std::size_t>(level)], std::string(function),
                      old_roles ? with_old_roles(text) : std::string(text)});
  }
  // The rest of what is only worth saying once is about the configuration's style, and not of every release.
  void write_once(scheduler::LogLevel, std::string_view function, std::string_view text) override {
    if (std::ranges::find(kDeprecations, function) != kDeprecations.end()) deprecated(function, text);
  }
  void deprecated(std::string_view function, std::string_view text) {
    if (!profile_.daemons_renamed || !told_.emplace(text).second) return;
    series_ = std::max(series_, InputSeries::kWarning);
    write(scheduler::LogLevel::kWarning, function, text);
  }
  InputSeries series() const { return series_; }
  // Nothing is taken any more.
  std::vector<SchedulerRun::Line> close() {
    closed_ = true;
    return std::move(lines_);
  }

 private:
  const Profile& profile_;
  scheduler::LogLevel level_;
  ToldOnce& told_;
  InputSeries series_ = InputSeries::kInput;
  std::vector<SchedulerRun::Line> lines_;
  bool closed_ = false;
};

class LineMaker {
 public:
  LineMaker(const Profile& profile, SchedulerRun& run) : profile_(profile), run_(run) {}

  void add(LogPriority priority, std::string_view function, std::string text) {
    run_.lines.push_back({priority, std::string(function), std::move(text)});
  }

  // AT-10.2 "scheduler sees failure", "hard failure".
  void failure(const scheduler::HistoryEntry& entry, std::string_view resource, std::string_view node) {
    const std::string_view text = executor::exit_code_text(entry.rc, profile_);
    if (profile_.logs_with_function) {
      add(LogPriority::kWarning, "unpack_rsc_op",
          fmt::format("Processing failed op {} on {}: {} ({})", entry.key, node, text, entry.rc));
    } else if (!profile_.daemons_renamed) {
      add(LogPriority::kWarning, "unpack_rsc_op_failure",
          fmt::format("Processing failed op {} for {} on {}: {} ({})", entry.operation, resource, node, text,
                      entry.rc));
    } else {
      const std::string_view reason = entry.xml.value("exit-reason");
      add(LogPriority::kWarning, "unpack_rsc_op_failure",
          fmt::format("Unexpected result ({}{}{}) was recorded for {} of {} on {} at {} | rc={} id={}", text,
                      reason.empty() ? "" : ": ", reason, entry.is_probe() ? "probe" : entry.operation, resource, node,
                      time_text(entry.last_change), entry.rc, entry.id));
    }
    if (is_hard_error(entry.rc) || is_fatal_error(entry.rc)) ban(entry, resource, node, text);
  }

 private:
  void ban(const scheduler::HistoryEntry& entry, std::string_view resource, std::string_view node,
           std::string_view text) {
    const bool everywhere = is_fatal_error(entry.rc);
    const LogPriority priority = entry.rc == kOcfErrInstalled ? LogPriority::kNotice : LogPriority::kError;
    if (profile_.logs_with_function) {
      add(priority, "unpack_rsc_op",
          fmt::format("Hard error - {} failed with rc={}: Preventing {} from re-starting {}", entry.key, entry.rc,
                      resource, everywhere ? "anywhere in the cluster" : fmt::format("on {}", node)));
    } else if (!profile_.daemons_renamed) {
      add(priority, "unpack_rsc_op",
          fmt::format("Preventing {} from re-starting {}: operation {} failed '{}' ({})", resource,
                      everywhere ? std::string("anywhere") : fmt::format("on {}", node), entry.operation, text,
                      entry.rc));
    } else {
      const std::string_view reason = entry.xml.value("exit-reason");
      add(priority, "unpack_rsc_op",
          fmt::format("Preventing {} from restarting {} because of {} failure ({}{}{})", resource,
                      everywhere ? std::string("anywhere") : fmt::format("on {}", node), everywhere ? "fatal" : "hard",
                      text, reason.empty() ? "" : ": ", reason) +
              fmt::format("| rc={} id={}", entry.rc, entry.id));
    }
  }

  // "Sep  2 16:17:38 2020".
  static std::string time_text(std::int64_t at) {
    return at < 0 ? "unknown time" : ctime_text(Time{seconds(at).ns}).substr(4);
  }

  const Profile& profile_;
  SchedulerRun& run_;
};

}  // namespace

int next_input_number(int last, int most) {
  if (most == 0) return -1;
  return most > 0 && last + 1 >= most ? 0 : last + 1;
}

std::string input_file_name(const Profile& profile, InputSeries series, int number) {
  static constexpr std::array<std::string_view, kInputSeriesCount> kNames = {"input", "warn", "error"};
  return fmt::format("{}/pe-{}-{}.bz2", profile.logs_with_function ? "/var/lib/pengine" : "/var/lib/pacemaker/pengine",
                     kNames[static_cast<std::size_t>(series)], number);
}

namespace {

// AT-10.2 "transition calculated"; with warnings and errors as 2.1.5 was seen to say it, and as logs of old clusters
// do.
SchedulerRun::Line calculated_line(const Profile& profile, int id, InputSeries series, const std::string& file) {
  static constexpr std::array<LogPriority, kInputSeriesCount> kPriorities = {
      LogPriority::kNotice, LogPriority::kWarning, LogPriority::kError};
  static constexpr std::array<std::string_view, kInputSeriesCount> kOld = {"", "WARNINGs found during PE processing. ",
                                                                           "ERRORs found during PE processing. "};
  static constexpr std::array<std::string_view, kInputSeriesCount> kNew = {"", " (with warnings)", " (with errors)"};
  const auto at = static_cast<std::size_t>(series);
  if (profile.logs_with_function)
    return {series == InputSeries::kInput ? LogPriority::kInfo : kPriorities[at], "process_pe_message",
            fmt::format("Transition {}: {}PEngine Input stored in: {}", id, kOld[at], file)};
  if (!profile.daemons_renamed)
    return {kPriorities[at], "process_pe_message", fmt::format("Calculated Transition {}: {}", id, file)};
  return {kPriorities[at], "process_pe_message",
          fmt::format("Calculated transition {}{}{}{}", id, kNew[at], file.empty() ? "" : ", saving inputs in ", file)};
}

}  // namespace

std::vector<std::string> deprecated_options(const cib::Document& configuration, const Profile& profile) {
  std::vector<std::string> found;
  if (!profile.daemons_renamed || cib::compare_versions(crm_feature_set(profile), kFirstWithoutThem) >= 0) return found;
  for (const cib::Element& set : configuration.find_path("configuration/crm_config").children("cluster_property_set")) {
    for (const cib::Element& pair : set.children("nvpair")) {
      const std::string_view name = pair.value("name");
      if (name == "stonith-action" && pair.value("value") == "poweroff")
        found.emplace_back(
            "Support for stonith-action of 'poweroff' is deprecated and will be removed in a future release (use 'off' "
            "instead)");
      if (name == "remove-after-stop" && cib::is_true(pair.value("value")))
        found.emplace_back(
            "Support for the remove-after-stop cluster property is deprecated and will be removed in a future release");
    }
  }
  return found;
}

SchedulerRun run_scheduler(const cib::Document& document, const Profile& profile, Time now, int transition_id,
                           const InputNumbers& numbers, bool with_details, ToldOnce& told,
                           const std::vector<std::string>& deprecated) {
  scheduler::Options options = scheduler::options_of(profile, now.unix_seconds());
  options.sanitized = false;
  options.transition_id = transition_id;
  SchedulerRun run;
  LineSink sink(profile,
                !profile.daemons_renamed ? scheduler::LogLevel::kWarning
                : with_details           ? scheduler::LogLevel::kInfo
                                         : scheduler::LogLevel::kNotice,
                told);
  for (const std::string& text : deprecated) sink.deprecated("unpack_config", text);
  options.log = &sink;
  scheduler::Schedule schedule = scheduler::schedule(document, options);
  const scheduler::Model& model = schedule.state();

  LineMaker lines(profile, run);
  for (const scheduler::FailedAction& failed : model.failed_actions) {
    if (!failed.resource.valid() || !failed.node.valid()) continue;
    lines.failure(model.history_entry(failed.entry), model.resource(failed.resource).id, model.node(failed.node).name);
  }
  for (SchedulerRun::Line& line : sink.close()) run.lines.push_back(std::move(line));
  run.summary = scheduler::transition_summary(schedule);
  if (profile.old_rc_texts)
    for (std::string& line : run.summary) line = with_old_roles(line);
  if (!profile.daemons_renamed)
    for (const std::string& line : run.summary)
      lines.add(LogPriority::kNotice, "LogActions", old_plan_line(line, profile));
  run.series = sink.series();
  if (const int number = numbers[static_cast<std::size_t>(run.series)]; number >= 0)
    run.input_file = input_file_name(profile, run.series, number);
  run.lines.push_back(calculated_line(profile, transition_id, run.series, run.input_file));
  run.graph = std::move(*schedule.model->graph);
  return run;
}

}  // namespace simcluster::controller
