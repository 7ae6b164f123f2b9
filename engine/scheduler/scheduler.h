// The scheduler: CIB and time in, state and transition graph out. A pure function; no clock, no I/O (S0 section 2).
//
//   const Schedule schedule = scheduler::schedule(document, options);
//   display_status(...), write_graph(...), write_dot(...), write_summary(...)
//
// crm_simulate needs the state before the graph (it prints it, and injections may change the document in between), so
// the run comes in two halves: unpack() is steps 4 to 14 of S0 GU-2.1, run() steps 16 to 31.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/cib/document.h"
#include "engine/scheduler/legacy.h"
#include "engine/scheduler/model.h"

namespace simcluster::scheduler {

struct Options {
  // Effective time in seconds since 1970 (S1 C-4.4). Attribute `execution-date` of the CIB is the caller's business:
  // see execution_date().
  std::int64_t now = 0;
  // Where `now` was told, in seconds east of UTC: hours and days of date_spec are those of that place.
  int now_offset = 0;
  // Of dates in the configuration that have no offset of their own: that of local time at this moment (S1 C-2.8).
  int date_offset = 0;
  // Replaces the attribute `have-quorum` of the CIB when set.
  std::optional<bool> quorum;
  bool collect_scores = false;       // crm_simulate -s
  bool collect_utilization = false;  // crm_simulate -U
  bool sanitized = true;             // input is a file, not a live cluster (S1 C-18.9)
  bool explain = false;              // records what explanation.h tells
  int transition_id = 1;             // printed in the graph header
  LocalOffset utc_offset = nullptr;  // of local time, for display; null: UTC
  LogSink* log = nullptr;            // borrowed, for messages about the run; null: none
  bool old_fail_counts = false;      // names are without operation, as until 1.1.16 (CM-9.1)
  Legacy legacy;                     // of old releases
};

// Attribute `execution-date` of the CIB when it is an integer (S1 C-4.4).
std::optional<std::int64_t> execution_date(const cib::Document& document);

// Owns everything that one run made. The document must outlive it and must not change meanwhile.
struct Schedule {
  std::unique_ptr<Model> model;

  const Model& state() const { return *model; }
};

// Reads configuration and status. The result can be displayed (display.h) and handed to run(). Never fails: what the
// configuration says wrongly is ignored as the reference ignores it.
Schedule unpack(const cib::Document& document, const Options& options);
// Placement, actions, orderings and graph on top of unpack().
void run(Schedule& schedule, const Options& options);
// Both.
Schedule schedule(const cib::Document& document, const Options& options);

}  // namespace simcluster::scheduler
