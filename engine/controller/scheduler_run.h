// One run of the scheduler for the DC, and what its daemon would log about it.
#pragma once

#include <array>
#include <set>
#include <string>
#include <vector>

#include "engine/base/host.h"
#include "engine/base/profile.h"
#include "engine/cib/document.h"
#include "engine/scheduler/graph.h"

namespace simcluster::controller {

struct SchedulerRun {
  scheduler::Graph graph;
  struct Line {
    LogPriority priority = LogPriority::kInfo;
    std::string function;
    std::string text;
  };
  std::vector<Line> lines;           // in the words of the profile's version (AT-10.2)
  std::vector<std::string> summary;  // one line per planned action
  InputSeries series = InputSeries::kInput;
  std::string input_file;  // "/var/lib/pengine/pe-input-3.bz2"; empty: it is not kept
};

// By series. Below 0: inputs of that series are not kept.
using InputNumbers = std::array<int, kInputSeriesCount>;

// What follows after `last` (-1: none yet) where `most` of a series are kept (pe-input-series-max and its like, below 0
// without bound): the last place is followed by the first, whose file is replaced (runs of 2.1.5).
int next_input_number(int last, int most);

// What a scheduler's process has said of that which it says once.
using ToldOnce = std::set<std::string, std::less<>>;

// Options of a configuration, not yet upgraded, that the release calls deprecated: its sentences. The schemas of
// Pacemaker 3 do not know them any more, so that the scheduler never sees them.
std::vector<std::string> deprecated_options(const cib::Document& configuration, const Profile& profile);

// `document` must not change during the call. `numbers` are those of the next input in each series; one of them names
// the file in the logs. `with_details`: lines below notice are wanted. `deprecated`: from deprecated_options().
SchedulerRun run_scheduler(const cib::Document& document, const Profile& profile, Time now, int transition_id,
                           const InputNumbers& numbers, bool with_details, ToldOnce& told,
                           const std::vector<std::string>& deprecated = {});

// "/var/lib/pengine/pe-input-3.bz2".
std::string input_file_name(const Profile& profile, InputSeries series, int number);

}  // namespace simcluster::controller
