// From a run to a row of the history.
#pragma once

#include <string>
#include <vector>

#include "engine/base/error.h"
#include "reports/history.h"
#include "sim/golden/transcript.h"

namespace simcluster::tools {

std::string hash_hex(std::uint64_t hash);
reports::RunRecord history_record(const sim::RecordedRun& run, std::string_view verdict);
// Adds all rows at once.
Result<void> add_to_history(const std::string& path, const std::vector<reports::RunRecord>& records);

}  // namespace simcluster::tools
