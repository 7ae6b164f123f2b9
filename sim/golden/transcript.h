// The transcript of a run: head, story, what came of it. Printed on the screen and kept in golden files.
#pragma once

#include <string>
#include <vector>

#include "engine/base/error.h"
#include "sim/scenario/model.h"
#include "sim/scenario/runner.h"

namespace simcluster::sim {

// One run with its transcript.
struct RecordedRun {
  const Scenario* scenario = nullptr;
  RunResult result;
  std::string transcript;  // as golden files have it
  std::int64_t wall_ms = 0;
};

// "ipaddr2_race / afflicted", or "dummy_failover".
std::string run_name(const Scenario& scenario);
// Title, stack, seed, length.
std::string transcript_head(const Scenario& scenario, const RunOptions& options);
// Expectations and measures.
std::string transcript_tail(const RunResult& result);
// Runs the scenario and keeps the transcript.
Result<RecordedRun> record(const Scenario& scenario, const RunOptions& options);

// What became of the services: "served throughout", "stopped for no reason", ...
std::string outcome_text(const RunResult& result);
// The table of variants: first false failure, downtime, the times from the first fault to its detection, to the fencing
// of a node and to the service's return, failovers, needless recoveries, outcome, as expected or not. Below it the
// downtime of each resource that was ever down.
std::string variant_table(const std::vector<const RecordedRun*>& runs);

// Names of the machines by index, as trace sinks want them.
std::vector<std::string> machine_names(const Scenario& scenario);

}  // namespace simcluster::sim
