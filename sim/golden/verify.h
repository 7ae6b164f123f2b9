// Proves that a scenario is deterministic: runs it twice and compares.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "engine/base/error.h"
#include "sim/scenario/model.h"
#include "sim/scenario/runner.h"

namespace simcluster::sim {

struct Divergence {
  std::uint64_t first_hash = 0;
  std::uint64_t second_hash = 0;
  std::uint64_t event = 0;  // number of the first event that differs; 0: it did not differ again when looked for
  std::string first_event;  // as JSON; empty: that run had ended
  std::string second_event;
};

// `options(0)` is used for the first run, `options(1)` for the second. None: both runs had the same trace hash.
Result<std::optional<Divergence>> verify(const Scenario& scenario, const std::function<RunOptions(int)>& options);

}  // namespace simcluster::sim
