// Watches a run for what its scenario expects.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/scenario/model.h"
#include "sim/scenario/pattern.h"

namespace simcluster::sim {

class Judge;
class Machine;
class World;

struct ExpectationResult {
  std::string text;  // what was expected
  bool met = false;
  std::string detail;  // what happened instead; empty when met
  SourcePlace place;
};

// "an event operation.failed within 1h", "never ...": the sentence of reports.
std::string expectation_text(const Expectation& expectation);

class ExpectationWatch final : public TraceSink {
 public:
  // Scenario and world must outlive the watch.
  ExpectationWatch(const Scenario& scenario, World& world);
  ~ExpectationWatch() override;
  ExpectationWatch(const ExpectationWatch&) = delete;
  ExpectationWatch& operator=(const ExpectationWatch&) = delete;

  // Puts the moments of states into the world's queue. Call after World::start.
  void start();
  // At the end of the run, in the order of the scenario; judgements last.
  std::vector<ExpectationResult> finish(const std::vector<std::unique_ptr<Judge>>& judges);

  void on_trace(const TraceEvent& event) override;

 private:
  struct Watched {
    const Expectation* expectation;
    std::optional<PatternMatcher> event;
    std::optional<PatternMatcher> after;
    std::optional<Time> armed;  // since when it counts; none: `after` has not happened yet
    std::optional<Time> hit;
    std::optional<std::string> state_error;  // of states: checked; empty: as it should be
  };

  void on_event(Watched& watched, const TraceEvent& event);
  void check_state(Watched& watched);
  std::string state_problem(const StateClaim& claim) const;
  std::string resource_problem(const StateClaim& claim) const;
  std::string dc_problem(const StateClaim& claim) const;
  std::string partition_problem(const StateClaim& claim) const;
  // The machines for which this is true, as a text.
  std::string nodes_text(bool (*has)(Machine& machine)) const;
  ExpectationResult result_of(Watched& watched, const std::vector<std::unique_ptr<Judge>>& judges);
  std::string event_problem(const Watched& watched) const;
  std::string judgement_problem(const Expectation& expectation,
                                const std::vector<std::unique_ptr<Judge>>& judges) const;
  void track_resources(const TraceEvent& event);

  const Scenario& scenario_;
  World& world_;
  Time start_;
  std::vector<Watched> watched_;
  std::map<std::string, std::vector<std::string>> resource_nodes_;  // where resources were started and not stopped
};

}  // namespace simcluster::sim
