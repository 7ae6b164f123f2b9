// What stonith_admin of Pacemaker 2.0 and later answers about the past: --history and --last (AT-9.5, runs of 2.1.5).
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "engine/base/error.h"
#include "reports/crm_mon_fencing.h"

namespace simcluster::reports {

struct FencingQuestion {
  std::string request;  // the command line
  std::string target;   // a node, or "*" for all
  bool last = false;    // --last: when was it fenced
  bool verbose = false;
  bool quiet = false;
  bool xml = false;
};

// None: the command asks something else. An error names the option that is not known.
Result<std::optional<FencingQuestion>> parse_fencing_question(std::string_view command);

// `old`: in the words of 2.0.
std::string fencing_answer(const FencingQuestion& question, std::span<const FencingRecord> history, bool old);

}  // namespace simcluster::reports
