// This room's own cases: a situation in crm shell text and a small state notation, and what must come out beneath it.
// testdata/README.md describes the notation. For tests only.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/error.h"
#include "engine/cib/document.h"
#include "engine/scheduler/inject.h"

namespace simcluster::scheduler::testing {

// A line with its place. `text` has no indentation and no comment.
struct CaseLine {
  std::string text;
  int line = 0;
  int column = 1;
};

// One case of a file.
struct Case {
  std::string title;
  std::string rules;
  int line = 0;                // of the title
  std::string configuration;   // crm shell text, indented as in the file
  int configuration_line = 0;  // of its first line
  std::vector<CaseLine> state;
  std::vector<CaseLine> events;
  std::vector<CaseLine> wanted;  // the outputs asked for, in order
  int result_line = 0;           // of the "result:" line
  std::string result;            // the golden lines, without indentation
  int end_line = 0;              // the first line after the result
};

Result<std::vector<Case>> parse_cases(std::string_view text, const std::string& file);

// Writes what the lines of a state say into `cib` (nodes, status). Returns the case's time, seconds since 1970.
Result<std::int64_t> apply_state(cib::Document& cib, const std::vector<CaseLine>& lines, const std::string& file);

// What a case schedules.
struct Situation {
  cib::Document cib;
  std::int64_t now = 0;
};
// Builds the CIB: configuration, then state. Errors name file, line and column.
Result<Situation> build_situation(const Case& c, const std::string& file);

// The events of a case.
struct CaseEvents {
  Injections injections;
  std::vector<std::string> failures;  // --op-fail
};
Result<CaseEvents> read_events(const Case& c, const std::string& file);

// Schedules the case and writes the outputs asked for.
Result<std::string> run_case(const Case& c, const std::string& file);

// The file's text with the results of its cases replaced, in their order.
std::string with_results(std::string_view text, const std::vector<Case>& cases,
                         const std::vector<std::string>& results);

// Blank-separated words with their columns.
std::vector<CaseLine> words_of(const CaseLine& line);

}  // namespace simcluster::scheduler::testing
