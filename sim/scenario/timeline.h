// Carries the timeline of a scenario out.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/random.h"
#include "sim/scenario/model.h"
#include "sim/scenario/pattern.h"

namespace simcluster::sim {

class World;

class Timeline final : public TraceSink {
 public:
  // `acting(true)` is called before an action is applied, `acting(false)` after it. Scenario and world must outlive the
  // timeline.
  Timeline(const Scenario& scenario, World& world, std::function<void(bool)> acting);
  ~Timeline() override;
  Timeline(const Timeline&) = delete;
  Timeline& operator=(const Timeline&) = delete;

  // Puts everything that has a time into the world's queue. Call after World::start.
  void start();
  // What could not be done, a sentence with its place each.
  const std::vector<Error>& errors() const { return errors_; }

  void on_trace(const TraceEvent& event) override;

 private:
  struct Trigger {
    const TimelineItem* item;
    PatternMatcher matcher;
  };

  void schedule(const TimelineItem& item, Random& random);
  void repeat(const TimelineItem& item, Time at);
  void apply(const TimelineItem& item);

  const Scenario& scenario_;
  World& world_;
  std::function<void(bool)> acting_;
  std::vector<Trigger> triggers_;
  std::vector<Error> errors_;
  Time start_;
};

}  // namespace simcluster::sim
