#include "engine/scheduler/verify.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include <fmt/core.h>

#include "engine/cib/upgrade.h"
#include "engine/cib/validate.h"
#include "engine/cib/values.h"
#include "engine/scheduler/log_kinds.h"
#include "engine/scheduler/log_sink.h"
#include "engine/scheduler/scheduler.h"

namespace simcluster::scheduler {

namespace {

// Warnings about the configuration, by the function that says them (runs of 2.1.5 over many inputs).
constexpr std::array<std::string_view, 9> kWarningsOfConfiguration = {
    "process_rsc_state",  "unpack_node_state",     "get_minimum_first_instances",    "set_group_flag",
    "pe__force_anon",     "get_ordering_symmetry", "schedule_fencing_and_shutdowns", "schedule_fencing",
    "find_constraint_tag"};

constexpr std::array<std::string_view, 4> kAboutActions = {"is_op_dup", "is_recurring_history",
                                                           "schedule_fencing_and_shutdowns", "schedule_fencing"};

template <class Names>
bool among(const Names& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// What releases up to 2.1 say where later ones, whose words the scheduler has, say something else.
class OldWords {
 public:
  explicit OldWords(const VerifyOptions& options) : options_(options) {}

  // Nothing, or some messages, for one.
  std::vector<std::string> of(std::string_view function, std::string_view text) const {
    if (!options_.old_words) return {std::string(text)};
    if (text.starts_with("Support for legacy name ")) return {};
    if (text.starts_with("Resource start-up disabled since no fencing resources"))
      return {"Resource start-up disabled since no STONITH resources have been defined",
              "Either configure some or disable STONITH with the stonith-enabled option",
              "NOTE: Clusters with shared data need STONITH to ensure data integrity"};
    if (function == "unpack_rsc_op_failure" || function == "unpack_rsc_op") return {with_old_result(text)};
    return {std::string(text)};
  }

 private:
  // "Unexpected result (Not running: reason) ... | rc=7 id=..."
  std::string with_old_result(std::string_view text) const {
    std::string told(text);
    const auto open = text.find('(');
    const auto rc = text.find("| rc=");
    if (open == std::string_view::npos || rc == std::string_view::npos) return told;
    const auto end = text.find_first_of(":)", open);
    const auto value = cib::parse_integer(text.substr(rc + 5));
    if (end < rc && value) told.replace(open + 1, end - open - 1, options_.result_text(static_cast<int>(value->value)));
    return told;
  }

  const VerifyOptions& options_;
};

class Findings final : public LogSink {
 public:
  // `looks_at_actions`: without a status section nothing is known of nodes and their histories (runs of 2.1.5).
  Findings(const VerifyOptions& options, bool looks_at_actions)
      : words_(options),
        looks_at_actions_(looks_at_actions),
        told_(static_cast<LogLevel>(std::min(options.verbose, static_cast<int>(LogLevel::kDebug)))) {}

  LogLevel level() const override { return std::max(told_, LogLevel::kWarning); }
  void write(LogLevel level, std::string_view function, std::string_view text) override {
    if (!looks_at_actions_ && among(kAboutActions, function)) return;
    errors_ |= level == LogLevel::kError && !is_error_of_the_run(function);
    warnings_ |= level == LogLevel::kWarning && among(kWarningsOfConfiguration, function);
    if (level > told_ || told_ == LogLevel::kCritical) return;
    static constexpr std::array<std::string_view, 6> kNames = {"crit", "error", "warning", "notice", "info", "debug"};
    for (const std::string& message : words_.of(function, text))
      text_ += fmt::format("({}) \t{}: {}\n", function, kNames[static_cast<std::size_t>(level)], message);
  }
  void write_once(LogLevel level, std::string_view function, std::string_view text) override {
    if (once_.insert(std::string(text)).second) write(level, function, text);
  }

  bool errors() const { return errors_; }
  bool warnings() const { return warnings_; }
  std::string take_text() { return std::move(text_); }

 private:
  OldWords words_;
  bool looks_at_actions_;
  LogLevel told_;
  bool errors_ = false;
  bool warnings_ = false;
  std::string text_;
  std::set<std::string> once_;
};

// The sentences of our own validation where the original lists those of Relax-NG.
bool is_valid(const cib::Document& document, std::string& told) {
  const std::string_view schema = document.root().value("validate-with", "none");
  if (schema == "none") {
    told +=
        "Schema validation of configuration is disabled (enabling is encouraged and prevents common "
        "misconfigurations)\n";
    return true;
  }
  if (!cib::is_known_schema(schema)) return false;
  const std::vector<Error> errors = cib::validate(document, cib::declared_schema(document));
  for (const Error& error : errors) told += error.text() + "\n";
  return errors.empty();
}

// What the scheduler makes of it.
std::vector<std::string> try_out(cib::Document document, Findings& findings, std::int64_t now) {
  cib::MutableElement root = document.root();
  if (!root.has("validate-with")) root.set_attribute("validate-with", "none");
  root.ensure_child("status");
  cib::upgrade(document);
  Options options;
  options.now = now;
  options.log = &findings;
  return schedule(document, options).model->info_lines;
}

}  // namespace

VerifyReport verify(cib::Document document, const VerifyOptions& options) {
  VerifyReport report;
  Findings findings(options, static_cast<bool>(document.root().first_child("status")));
  if (is_valid(document, report.form)) {
    report.infos = try_out(std::move(document), findings, options.now);
    report.messages = findings.take_text();
    report.errors = findings.errors();
    report.warnings = findings.warnings();
    return report;
  }
  if (options.verbose > 0) report.messages = "(main) \terror: CIB did not pass schema validation\n";
  report.errors = true;
  return report;
}

}  // namespace simcluster::scheduler
