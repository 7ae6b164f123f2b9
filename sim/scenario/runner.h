// Runs one scenario.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/error.h"
#include "sim/checks/judge.h"
#include "sim/checks/run_meter.h"
#include "sim/checks/service_meter.h"
#include "sim/scenario/expectations.h"
#include "sim/scenario/model.h"
#include "sim/world/machine.h"

namespace simcluster::sim {

class World;

// Everything up to this level goes into the trace hash, whatever else listens.
inline constexpr int kHashLevel = 3;

struct Listener {
  TraceSink* sink;
  int level;
};

struct RunOptions {
  std::optional<std::uint64_t> seed;  // instead of the scenario's
  std::optional<Duration> until;      // instead of the scenario's
  std::vector<Listener> listeners;    // not owned
  bool hash = true;
  bool judges = true;
  bool watch = true;     // false: expectations are not judged
  bool records = false;  // machines keep their logs and inputs of the scheduler, whatever the scenario needs
  std::function<bool()> interrupted;    // asked now and then; true ends the run
  std::function<void(World&)> started;  // called once before the first event
  SoftwareFactory software;             // instead of what runs in machines (for tests)
};

struct JudgeResult {
  std::string name;
  std::vector<Finding> findings;
};

struct RunResult {
  std::uint64_t seed = 0;
  Time start;
  Duration length;
  std::uint64_t hash = 0;
  std::uint64_t events = 0;
  std::vector<ExpectationResult> expectations;
  std::vector<JudgeResult> judges;
  std::vector<ServiceMeasure> services;
  RunMeasures measures;
  std::vector<Error> problems;  // the timeline could not be carried out, or an assertion failed
  bool interrupted = false;
  bool cut_short = false;  // by RunOptions::until: expectations were not judged

  // As expected.
  bool passed() const;
  // First false failure that a judge saw, since the start.
  std::optional<Duration> first_false_failure() const;
  // Of all services together.
  Duration downtime() const;
  // How often the cluster stopped what was well and nobody had asked for.
  std::size_t needless_recoveries() const;
};

// An error means that the world refused the description. The scenario must outlive the call only.
Result<RunResult> run_scenario(const Scenario& scenario, const RunOptions& options);

}  // namespace simcluster::sim
