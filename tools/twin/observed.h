// What the nodes of a run saw of the cluster, taken from Corosync's log lines: the same for a real and a simulated run.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "engine/base/error.h"
#include "tools/twin/recording.h"

namespace simcluster::twin {

// What a bound can be given for.
enum class Change : std::uint8_t {
  kFirstRing,  // of a daemon that has just started
  kRemoval,    // members left without a leave message
  kLeave,      // members left in order
  kMerge,      // members joined
  kSameRing,   // formed again with the same members
  kQuorum,     // quorum won or lost, or another message of the quorum service
  kAction,     // of the cluster manager: the result of an operation or of fencing
  kLinkUp,
  kLinkDown,
};

struct Event {
  std::int64_t ms = 0;
  Change change = Change::kQuorum;
  // What must be equal: "ring +4 {1 2} left 3 failed 3", "quorum {1 2}", "primary", ...
  std::string text;
  std::vector<std::string> members;  // of a ring
  std::string representative;        // of a ring
  std::size_t components = 1;        // of a ring: how many parts have merged, at most

  std::string resource;  // of an action: what it was done to

  bool is_link() const { return change == Change::kLinkUp || change == Change::kLinkDown; }
};

// A stretch of a run from one thing that was done to the next.
struct Phase {
  std::int64_t ms = 0;  // when it was done
  std::vector<std::string> done;
  std::map<std::string, std::vector<Event>> events;  // by node, in order
  std::set<std::string> orders;                      // of a simulated run: Line::Kind::kOrder
};

// `times`: when the scenario does something, ascending, in ms, a time for each thing that is done. Things that are done
// at the same time begin one phase; the boot is a phase of its own. An error: something of the scenario was not done.
Result<std::vector<Phase>> phases_of(const Lines& run, const std::vector<std::int64_t>& times);

// The same without the way to it, where several components merge: who finds whom first is chance, and rings of some of
// them come and go (M MV-23). Rings that only add members become the last one of them.
std::vector<Event> merged(const std::vector<Event>& events);

// The rings' states: in what comes last at each node, "{1 2} primary".
std::map<std::string, std::string> final_states(const Lines& run);

// Lines that say that the machine of a real run was too slow to be judged.
std::vector<std::string> complaints(const Lines& run);

}  // namespace simcluster::twin
