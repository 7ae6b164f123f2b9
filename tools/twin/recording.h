// What was seen of a run: of a real cluster, kept in a file, or of the simulator.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/error.h"

namespace simcluster::twin {

// One line of a run, with its time since the start.
struct Line {
  enum class Kind : std::uint8_t { kDone, kLog, kOutput, kOrder };
  std::int64_t ms = 0;
  std::string node;  // "-": none
  Kind kind = Kind::kLog;
  // What was done, what a daemon logged, what a tool printed, or, of a simulated run only, what a graph of the
  // scheduler wants first: "stop web on node1 < start web on node2".
  std::string text;
};

using Lines = std::vector<Line>;  // in the order of time

struct Recording {
  std::string scenario;               // its name, with the variant's behind a slash
  std::vector<std::string> versions;  // of the packages that ran, "corosync 3.1.7-1+deb12u2"
  std::string script;                 // the commands that made it (real_script)
  std::vector<Lines> runs;
};

// The text of a recording file, and back. Errors have file and line.
std::string write_recording(const Recording& recording);
Result<Recording> parse_recording(std::string_view text, const std::string& path);

// Sorts by time and keeps the order of lines with the same time.
void sort_lines(Lines& run);

}  // namespace simcluster::twin
