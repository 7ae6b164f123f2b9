// The JSON results of the subcommands other than replay; docs/json.md tells their shapes.
#pragma once

#include <string>
#include <vector>

#include "engine/base/error.h"
#include "reports/history.h"
#include "sim/golden/transcript.h"

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

}  // namespace simcluster::tools
