#include "tools/simcluster/records.h"

#include <fmt/core.h>

namespace simcluster::tools {

std::string hash_hex(std::uint64_t hash) { return fmt::format("{:016x}", hash); }

reports::RunRecord history_record(const sim::RecordedRun& run, std::string_view verdict) {
  reports::RunRecord record;
  record.scenario = run.scenario->name;
  record.variant = run.scenario->variant;
  record.seed = run.result.seed;
  record.engine_version = SIMCLUSTER_VERSION;
  record.trace_hash = hash_hex(run.result.hash);
  record.verdict = verdict;
  record.virtual_ms = run.result.length.milliseconds();
  record.wall_ms = run.wall_ms;
  record.downtime_ms = run.result.downtime().milliseconds();
  if (const auto first = run.result.first_false_failure()) record.first_false_failure_ms = first->milliseconds();
  return record;
}

Result<void> add_to_history(const std::string& path, const std::vector<reports::RunRecord>& records) {
  auto history = reports::History::open(path, true);
  if (!history) return tl::unexpected(history.error());
  return history->add(records);
}

}  // namespace simcluster::tools
