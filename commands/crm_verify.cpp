// crm_verify (AT-9.4), as 2.1.5 does it.
#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "commands/arguments.h"
#include "commands/exit_status.h"
#include "commands/input.h"
#include "commands/tool_table.h"
#include "engine/cib/upgrade.h"
#include "engine/cib/validate.h"
#include "engine/cib/values.h"
#include "engine/scheduler/log_sink.h"
#include "engine/scheduler/scheduler.h"
#include "reports/crm_mon_view.h"

namespace simcluster::commands {

namespace {

using scheduler::LogLevel;
using Value = OptionSpec::Value;

constexpr std::array<OptionSpec, 10> kOptions = {{
    {'h', "help"},
    {'$', "version"},
    {'V', "verbose"},
    {'Q', "quiet"},
    {'L', "live-check"},
    {'x', "xml-file", Value::kRequired},
    {'X', "xml-text", Value::kRequired},
    {'p', "xml-pipe"},
    {'S', "save-xml", Value::kRequired},
    {0, "output-as", Value::kRequired},
}};

constexpr std::string_view kHelp =
    "Usage:\n"
    "  crm_verify [OPTION?]\n\n"
    "Check a Pacemaker configuration for errors\n\n"
    "Application Options:\n"
    "  -$, --version           Display software version and exit\n"
    "  -V, --verbose           Tell more (may be specified multiple times)\n"
    "  -L, --live-check        Check the configuration of the running cluster\n"
    "  -x, --xml-file=FILE     Check the configuration in this file\n"
    "  -X, --xml-text=XML      Check this configuration\n"
    "  -p, --xml-pipe          Check the configuration on standard input\n"
    "  -S, --save-xml=FILE     Save what was checked\n";

// Which messages are about the configuration is by the function that says them (runs of 2.1.5 over many inputs): of
// the errors all but those about what the cluster is doing, of the warnings these.
constexpr std::array<std::string_view, 10> kErrorsOfTheRun = {"distribute_children",
                                                              "multi_update_interleave_actions",
                                                              "pcmk__primitive_create_actions",
                                                              "stop_resource",
                                                              "unpack_rsc_op",
                                                              "check_recoverable",
                                                              "pcmk__colocation_affects",
                                                              "pcmk__create_graph",
                                                              "colocate_with_group",
                                                              "pcmk__clone_apply_coloc_score"};
constexpr std::array<std::string_view, 9> kWarningsOfConfiguration = {
    "process_rsc_state",  "unpack_node_state",     "get_minimum_first_instances",    "set_group_flag",
    "pe__force_anon",     "get_ordering_symmetry", "schedule_fencing_and_shutdowns", "schedule_fencing",
    "find_constraint_tag"};

template <class Names>
bool among(const Names& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// What releases up to 2.1 say where later ones, whose words the scheduler has, say something else.
class OldWords {
 public:
  explicit OldWords(const Profile& profile) : old_(says_old_words(profile)) {}

  // Nothing, or some messages, for one.
  std::vector<std::string> of(std::string_view function, std::string_view text) const {
    if (!old_) return {std::string(text)};
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
  static std::string with_old_result(std::string_view text) {
    std::string told(text);
    const auto open = text.find('(');
    const auto rc = text.find("| rc=");
    if (open == std::string_view::npos || rc == std::string_view::npos) return told;
    const auto end = text.find_first_of(":)", open);
    const auto value = cib::parse_integer(text.substr(rc + 5));
    if (end < rc && value)
      told.replace(open + 1, end - open - 1, reports::rc_text(static_cast<int>(value->value), false));
    return told;
  }

  bool old_;
};

class Findings final : public scheduler::LogSink {
 public:
  Findings(int verbose, const Profile& profile)
      : words_(profile), told_(static_cast<LogLevel>(std::min(verbose, static_cast<int>(LogLevel::kDebug)))) {}

  LogLevel level() const override { return std::max(told_, LogLevel::kWarning); }
  void write(LogLevel level, std::string_view function, std::string_view text) override {
    errors_ |= level == LogLevel::kError && !among(kErrorsOfTheRun, function);
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
  LogLevel told_;
  bool errors_ = false;
  bool warnings_ = false;
  std::string text_;
  std::set<std::string> once_;
};

struct Source {
  std::optional<cib::Document> document;
  int status = exit_status::kOk;
  std::string error;
};

Source source_of(const ParsedArguments& given, const Surroundings& surroundings) {
  const auto take = [](Result<Input> input, std::string complaint) {
    if (input) return Source{std::move(input->document), exit_status::kOk, {}};
    return Source{std::nullopt, exit_status::kError, std::move(complaint)};
  };
  if (given.has("live-check")) {
    if (surroundings.cib != nullptr) return {*surroundings.cib, exit_status::kOk, {}};
    return {std::nullopt, exit_status::kNoInput, "CIB query failed: Input file not available"};
  }
  if (const auto file = given.value("xml-file"))
    return take(read_input_file(surroundings, *file), fmt::format("Couldn't parse input file: {}", *file));
  if (const auto text = given.value("xml-text"))
    return take(read_input_text(*text, "Entity"), fmt::format("Couldn't parse input string: {}", *text));
  if (given.has("xml-pipe")) return take(read_input_file(surroundings, ""), "Couldn't parse input from STDIN");
  return {std::nullopt, exit_status::kError, "No configuration source specified.  Use --help for usage information."};
}

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
void try_out(cib::Document document, Findings& findings, const Surroundings& surroundings, std::string& output) {
  cib::MutableElement root = document.root();
  if (!root.has("validate-with")) root.set_attribute("validate-with", "none");
  root.ensure_child("status");
  cib::upgrade(document);
  scheduler::Options options;
  options.now = surroundings.now;
  options.log = &findings;
  const scheduler::Schedule schedule = scheduler::schedule(document, options);
  for (const std::string& line : schedule.model->info_lines) output += line + "\n";
}

}  // namespace

Outcome crm_verify(const Arguments& arguments, const Surroundings& surroundings) {
  Outcome outcome;
  const auto refuse = [&](int status, std::string_view text) {
    outcome.status = status;
    outcome.error += fmt::format("crm_verify: {}\n", text);
    return outcome;
  };
  const ParsedArguments given = parse_arguments(kOptions, arguments, OptionStyle::kGlib);
  if (!given.error.empty()) return refuse(exit_status::kUsage, given.error);
  if (given.has("help")) {
    outcome.output = kHelp;
    return outcome;
  }
  if (given.has("version")) return version_of_tool(surroundings);
  Source source = source_of(given, surroundings);
  if (!source.document) return refuse(source.status, source.error);
  if (!source.document->root().is("cib"))
    return refuse(exit_status::kProtocol,
                  "This tool can only check complete configurations (i.e. those starting with <cib>).");
  if (const auto file = given.value("save-xml"))
    outcome.files.emplace_back(*file, cib::write_document(*source.document));
  const int verbose = given.count("verbose");
  Findings findings(verbose, surroundings.profile);
  bool errors = false;
  if (is_valid(*source.document, outcome.error)) {
    try_out(std::move(*source.document), findings, surroundings, outcome.output);
    outcome.error += findings.take_text();
    errors = findings.errors();
  } else {
    if (verbose > 0) outcome.error += "(main) \terror: CIB did not pass schema validation\n";
    errors = true;
  }
  if (!errors && !findings.warnings()) return outcome;
  outcome.status = exit_status::kConfiguration;
  outcome.error += fmt::format("crm_verify: {}\n", errors ? "Errors found during check: config not valid"
                                                          : "Warnings found during check: config may not be valid");
  if (verbose == 0) outcome.error += "-V may provide more details\n";
  return outcome;
}

}  // namespace simcluster::commands
