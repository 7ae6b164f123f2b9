// The JSON results of the subcommands other than replay; docs/json.md tells their shapes.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/base/error.h"
#include "engine/cib/document.h"
#include "reports/crm_mon.h"
#include "reports/history.h"
#include "sim/golden/transcript.h"
#include "sim/soak/soak.h"
#include "tools/twin/compare.h"

namespace simcluster::tools {

// What --output-as may say for these subcommands; an error for anything else.
Result<bool> wants_json(const std::string& format);

// One run of one variant.
struct RunOutcome {
  std::string file;
  const sim::RecordedRun* run = nullptr;
  bool compared = false;  // with a golden file
  std::string message;    // one line; empty: as expected
  std::string details;
};

// Of the subcommands "run" and "check". `other_failures` are those that belong to no run.
std::string run_results(const std::string& command, const std::vector<RunOutcome>& runs,
                        const std::vector<std::string>& other_failures, int status);
std::string list_results(const std::vector<sim::ScenarioFile>& files);
std::string history_results(const std::vector<reports::RunRecord>& runs);
// `changes`: what changed between the runs of each pair, in words.
std::string comparison_results(const std::vector<reports::History::Pair>& pairs,
                               const std::vector<std::string>& changes);

// One run of the subcommand "soak".
struct SoakOutcome {
  std::uint64_t seed = 0;
  std::string command;                    // repeats it
  std::optional<sim::SoakResult> result;  // none: it could not be run
  std::string message;                    // why not
};
std::string soak_results(const std::vector<SoakOutcome>& runs, int status);

// One scenario of the subcommand "twin": what became of it is what is set.
struct TwinOutcome {
  std::string scenario;
  std::optional<twin::Comparison> comparison;
  std::string commands;   // those that would be given to the real cluster
  std::string recording;  // the file that was written
  std::string skipped;    // why there is no real cluster
};
std::string twin_results(const std::vector<TwinOutcome>& scenarios, int status);

// Of the subcommand "crm_mon": the status at `now`, seconds since 1970. `cib` is of the newest schema.
std::string crm_mon_results(const cib::Document& cib, const reports::CrmMonOptions& options, std::int64_t now);
std::string completion_results(const std::string& script);

}  // namespace simcluster::tools
