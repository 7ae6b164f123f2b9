// A scenario as the runner sees it: plain structs, everything resolved and checked.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/error.h"
#include "engine/base/host.h"
#include "engine/base/profile.h"
#include "engine/base/time.h"
#include "engine/base/trace.h"
#include "reports/story.h"
#include "sim/checks/judge.h"
#include "sim/faults/action.h"
#include "sim/scripts/scripts.h"
#include "sim/world/world_spec.h"

namespace simcluster::sim {

// Which trace events are meant.
struct EventPattern {
  TraceKind kind = TraceKind::kNote;
  std::string node;                                        // empty: any
  std::vector<std::pair<std::string, std::string>> where;  // fields and their texts; "*x*" finds x anywhere in it
  std::int64_t nth = 1;                                    // the n-th such event
};

// When something of the timeline happens. All times count from the start of the run.
struct Moment {
  enum class Kind : std::uint8_t { kAt, kAfter, kEvery, kBetween };
  Kind kind = Kind::kAt;
  Duration at;         // kAt
  EventPattern event;  // kAfter
  Duration delay;      // kAfter: this long after the event
  Duration interval;   // kEvery
  Duration from;       // kEvery: first time; kBetween: lower bound
  Duration until;      // kEvery: no later than this; kBetween: upper bound
};

// An action as the file says it: "kill-process", and its keys with their values, in order. Items of lists have the
// list's key: groups.0.1 is the second name of the first group. For whoever carries a scenario out elsewhere.
struct ActionText {
  std::string name;
  std::vector<std::pair<std::string, std::string>> parameters;
};

struct TimelineItem {
  Moment moment;
  std::shared_ptr<const Action> action;
  ActionText said;
  SourcePlace place;
};

// What the simulated world must look like at one moment.
struct StateClaim {
  enum class Subject : std::uint8_t { kAddress, kResource, kDc, kMembers, kQuorum, kCluster, kPower };
  Subject subject = Subject::kAddress;
  IpAddress address;            // kAddress
  std::string name;             // kResource: the resource; kPower: the machine
  std::vector<std::string> on;  // kAddress, kResource: machines; kDc: one machine; others: all of them
  bool powered = true;          // kPower
};

struct Expectation {
  enum class Kind : std::uint8_t { kEvent, kNever, kState, kJudgement };
  Kind kind = Kind::kEvent;
  EventPattern event;                 // kEvent, kNever
  std::optional<EventPattern> after;  // kEvent, kNever: counted from this event instead of the start
  Duration from;                      // not before
  std::optional<Duration> within;     // kEvent: not later; kNever: the end of the watch
  StateClaim state;                   // kState
  std::optional<Duration> at;         // kState: absent means the end of the run
  std::string judge;                  // kJudgement: this judge must find something
  std::string text;                   // the sentence that reports print
  SourcePlace place;
};

// One run: one variant of a scenario.
struct Scenario {
  std::string name;  // of the scenario
  std::string title;
  std::string variant;  // empty: the scenario has no variants
  std::string variant_title;
  SourcePlace place;
  StackVersions stack;
  Duration until;
  WorldSpec world;  // seed included
  std::vector<AgentScript> scripts;
  std::vector<TimelineItem> timeline;
  std::vector<Expectation> expectations;
  reports::StorySettings story;
  WatchedCluster watched;    // what the cluster begins with
  std::string watched_text;  // of the same
};

// A scenario file: at least one variant.
struct ScenarioFile {
  std::string path;
  std::string name;
  std::string title;
  std::vector<Scenario> variants;
};

}  // namespace simcluster::sim
