// ptest of Pacemaker 1.0: what the scheduler makes of a configuration, in the words of that release. crm_simulate has
// taken its place.
#include <array>

#include <fmt/core.h>

#include "commands/arguments.h"
#include "commands/exit_status.h"
#include "commands/input.h"
#include "commands/tool_table.h"
#include "engine/cib/upgrade.h"
#include "engine/scheduler/profile_options.h"
#include "engine/scheduler/scheduler.h"
#include "engine/scheduler/score_line.h"

namespace simcluster::commands {

namespace {

using Value = OptionSpec::Value;

constexpr std::array<OptionSpec, 5> kOptions = {{
    {'?', "help"},
    {'V', "verbose"},
    {'L', "live-check"},
    {'s', "show-scores"},
    {'x', "xml-file", Value::kRequired},
}};

constexpr std::string_view kHelp =
    "ptest - Pacemaker simulator\n\n"
    "Usage: ptest [options]\n"
    "Options:\n"
    " -L, --live-check\t\tConnect to the CIB and use the current contents as input\n"
    " -x, --xml-file=value\tLoad the CIB from the named file\n"
    " -s, --show-scores\t\tDisplay resource allocation scores\n";

// The stage that tells a score, as 1.0 called it.
std::string_view old_label(std::string_view label) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kLabels = {
      {{"pcmk__primitive_assign", "native_color"},
       {"pcmk__group_assign", "group_color"},
       {"pcmk__clone_assign", "clone_color"}}};
  for (const auto& [now, then] : kLabels)
    if (label == now) return then;
  return label;
}

}  // namespace

Outcome ptest(const Arguments& arguments, const Surroundings& surroundings) {
  Outcome outcome;
  const auto refuse = [&](int status, std::string error) {
    outcome.status = status;
    outcome.error = std::move(error);
    return outcome;
  };
  if (!surroundings.profile.logs_with_function) return refuse(127, "ptest: command not found\n");
  const ParsedArguments given = parse_arguments(kOptions, arguments, OptionStyle::kGetopt);
  if (!given.error.empty() || !given.rest.empty())
    return refuse(exit_status::kError, fmt::format("ptest: {}\n{}", given.error, kHelp));
  if (given.has("help")) {
    outcome.output = kHelp;
    return outcome;
  }
  std::optional<cib::Document> document;
  if (const auto file = given.value("xml-file")) {
    auto input = read_input_file(surroundings, *file);
    if (!input) return refuse(exit_status::kError, fmt::format("ptest: could not parse {}\n", *file));
    document = std::move(input->document);
  } else if (given.has("live-check") && surroundings.cib != nullptr) {
    document = *surroundings.cib;
  } else {
    return refuse(exit_status::kError, "ptest: there is no CIB to look at\n");
  }
  cib::upgrade(*document);
  scheduler::Options options = scheduler::options_of(surroundings.profile, surroundings.now);
  options.collect_scores = given.has("show-scores");
  const scheduler::Schedule schedule = scheduler::schedule(*document, options);
  if (!options.collect_scores) return outcome;
  outcome.output = "Allocation scores:\n";
  for (scheduler::ScoreLine line : schedule.model->score_lines) {
    line.label = old_label(line.label);
    outcome.output += scheduler::score_line_text(line) + "\n";
  }
  return outcome;
}

}  // namespace simcluster::commands
