// crm_verify (AT-9.4), as 2.1.5 does it.
#include <array>
#include <utility>

#include <fmt/core.h>

#include "commands/arguments.h"
#include "commands/exit_status.h"
#include "commands/input.h"
#include "commands/tool_table.h"
#include "commands/xml_result.h"
#include "engine/scheduler/verify.h"
#include "reports/crm_mon_view.h"

namespace simcluster::commands {

namespace {

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

}  // namespace

namespace {

Outcome verify(const ParsedArguments& given, const Surroundings& surroundings) {
  Outcome outcome;
  const auto refuse = [&](int status, std::string_view text) {
    outcome.status = status;
    outcome.error += fmt::format("crm_verify: {}\n", text);
    return outcome;
  };
  Source source = source_of(given, surroundings);
  if (!source.document) return refuse(source.status, source.error);
  if (!source.document->root().is("cib"))
    return refuse(exit_status::kProtocol,
                  "This tool can only check complete configurations (i.e. those starting with <cib>).");
  if (const auto file = given.value("save-xml"))
    outcome.files.emplace_back(*file, cib::write_document(*source.document));
  scheduler::VerifyOptions options;
  options.verbose = given.count("verbose");
  options.now = surroundings.now;
  options.old_words = says_old_words(surroundings.profile);
  options.result_text = [](int rc) { return reports::rc_text(rc, false); };
  const scheduler::VerifyReport report = scheduler::verify(std::move(*source.document), options);
  outcome.error += report.form + report.messages;
  for (const std::string& line : report.infos) outcome.output += line + "\n";
  if (!report.errors && !report.warnings) return outcome;
  outcome.status = exit_status::kConfiguration;
  outcome.error +=
      fmt::format("crm_verify: {}\n", report.errors ? "Errors found during check: config not valid"
                                                    : "Warnings found during check: config may not be valid");
  if (options.verbose == 0) outcome.error += "-V may provide more details\n";
  return outcome;
}

}  // namespace

Outcome crm_verify(const Arguments& arguments, const Surroundings& surroundings) {
  Outcome outcome;
  const auto refuse = [&](int status, std::string_view text) {
    outcome.status = status;
    outcome.error = fmt::format("crm_verify: {}\n", text);
    return outcome;
  };
  const ParsedArguments given = parse_arguments(kOptions, arguments, OptionStyle::kGlib);
  if (!given.error.empty()) return refuse(exit_status::kUsage, given.error);
  if (given.has("help")) {
    outcome.output = kHelp;
    return outcome;
  }
  if (given.has("version")) return version_of_tool(surroundings);
  const auto xml = wants_xml(given);
  if (!xml) return refuse(exit_status::kError, xml.error().message);
  outcome = verify(given, surroundings);
  if (!*xml) return outcome;
  // What is wrong is said where it is always said.
  return as_xml(std::move(outcome), {"crm_verify", arguments, surroundings.profile, false});
}

}  // namespace simcluster::commands
