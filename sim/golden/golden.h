// Golden files: what each run must print. A scenario with variants has a folder with one file per variant and
// table.txt; one without variants has one file. So a review shows a new variant as a new file, and a renamed one as a
// rename, and nothing else moves.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/base/error.h"
#include "sim/golden/transcript.h"

namespace simcluster::sim {

class GoldenFiles {
 public:
  // `root` empty: the folder "golden" beside the folder "scenarios" that the scenario is in; beside the scenario itself
  // when there is no such folder.
  GoldenFiles(const ScenarioFile& file, const std::string& root);

  std::string path(const Scenario& scenario) const;
  std::string table_path() const;

  // None: there is no such file.
  static std::optional<std::string> read(const std::string& path);
  // Replaces the file when its content differs; true: it did. Never leaves half a file.
  static Result<bool> update(const std::string& path, const std::string& text);
  // Golden files of variants that the scenario does not have any more.
  std::vector<std::string> leftovers(const ScenarioFile& file) const;

 private:
  std::string base_;  // path without ending
  bool folder_;
};

// How a transcript differs from its golden file.
struct GoldenDifference {
  std::string diff;            // unified
  std::string first_expected;  // the first line that differs; empty: there is none
  std::string first_actual;
};
std::optional<GoldenDifference> compare_golden(const std::string& path, const std::string& golden,
                                               const std::string& actual);

// The virtual time at the beginning of a line of a transcript.
std::optional<Duration> time_of_line(std::string_view line);

}  // namespace simcluster::sim
