// The table "real versus simulated".
#pragma once

#include <string>
#include <vector>

#include "engine/base/error.h"
#include "sim/scenario/model.h"
#include "tools/twin/recording.h"

namespace simcluster::twin {

struct Row {
  std::string done;       // what was done
  std::string nodes;      // who saw it
  std::string real;       // what the real nodes saw
  std::string simulated;  // the same text where it is the same
  std::string real_time;  // seconds after what was done: from - to, over all nodes and runs
  std::string simulated_time;
  std::string bound;
  std::string verdict;  // "yes", or what is wrong
  bool good = true;
};

struct Comparison {
  std::vector<Row> rows;
  std::vector<std::string> remarks;  // what is worth knowing and no deviation
  bool good = true;                  // the simulator does as the real cluster did
};

// The sequence of memberships, quorum and links of every node must be one that a real run shows for the same phase, and
// the simulated times must be within the protocol's bounds. Where frames were lost at random, only the end is compared.
Result<Comparison> compare(const sim::Scenario& scenario, const Recording& recording, const Lines& simulated);

std::string table_text(const std::string& name, const Comparison& comparison, bool only_differences);

}  // namespace simcluster::twin
