// Random runs of Corosync alone: 2 to 16 nodes of one stack, every fault that the world knows, processes that talk to
// each other all the time, all judges listening. After the faults everything is repaired, and one ring of all nodes
// must come of it within a bound. A run is a function of its plan.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/error.h"
#include "engine/base/time.h"
#include "engine/base/trace.h"

namespace simcluster::sim {

struct SoakPlan {
  std::uint64_t seed = 1;
  std::uint32_t least_nodes = 2;
  std::uint32_t most_nodes = 16;
  std::string stack;  // one of soak_stacks(); empty: the seed chooses
  // A process that waits in whole milliseconds is woken up to one too late. Were it always exactly on time, two halves
  // of a ring could send each other away in step for ever.
  Duration timer_slack = milliseconds(1);
};

struct SoakFinding {
  Duration at;  // since the start
  std::string node;
  std::string judge;
  std::string text;
};

struct SoakResult {
  std::uint32_t nodes = 0;
  std::string stack;
  Duration length;  // virtual
  std::uint64_t events = 0;
  std::uint64_t rings = 0;      // installed, counted at every node
  std::uint64_t delivered = 0;  // messages, counted at every node
  std::uint64_t faults = 0;
  std::vector<SoakFinding> findings;
};

// Names such as "3.1.7/knet": version of Corosync, and transport or mode of its redundant rings.
std::span<const std::string_view> soak_stacks();

// `sink` (may be nullptr) hears everything up to `level`. An error means that the plan is unusable.
Result<SoakResult> soak(const SoakPlan& plan, TraceSink* sink = nullptr, int level = 0);
// The names of the machines in the order of their indexes, for sinks.
std::vector<std::string> soak_machine_names(std::uint32_t nodes);

}  // namespace simcluster::sim
