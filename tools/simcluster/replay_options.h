// The command line of `replay`, which is crm_simulate's (S5 M-1).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/scheduler/inject.h"

namespace simcluster::tools {

struct ReplayOptions {
  enum class Source { kStandardInput, kFile, kLive };

  Source source = Source::kStandardInput;
  std::string input_file;

  bool process = false;
  bool simulate = false;
  bool store = false;  // -X
  bool show_attributes = false;
  bool show_failcounts = false;
  bool show_scores = false;
  bool show_utilization = false;
  bool all_actions = false;
  std::vector<std::string> why;  // resources to explain
  bool quiet = false;
  int verbose = 0;
  std::optional<std::string> date;
  std::optional<std::string> profile;
  int repeat = 1;
  std::optional<std::string> save_input;
  std::optional<std::string> save_output;
  std::optional<std::string> save_graph;
  std::optional<std::string> save_dot;
  std::optional<std::string> output_to;
  std::string output_as = "text";
  std::vector<std::string> failures;
  scheduler::Injections injections;

  bool version = false;
  std::optional<std::string> help;    // "", "all" or the name of a group
  std::vector<std::string> warnings;  // deprecated ways of writing options
};

// Nothing to do with the input yet. On error the message without program name.
struct ParsedOptions {
  ReplayOptions options;
  std::optional<std::string> error;
};
ParsedOptions parse_replay_options(int argc, char** argv);

// The text of --help, --help-all, --help-GROUP.
std::string replay_help(const std::string& program, const std::string& group);

}  // namespace simcluster::tools
