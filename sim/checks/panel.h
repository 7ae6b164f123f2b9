// All judges and the service meter of one run, listening to its trace.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "sim/checks/diagnosis.h"
#include "sim/checks/judge.h"
#include "sim/checks/run_meter.h"
#include "sim/checks/service_meter.h"

namespace simcluster::sim {

class World;

// What the manager of this machine asks for now, when that may be another thing than at the last call; none otherwise.
using ConfigurationReader = std::function<std::optional<WatchedCluster>(NodeIndex machine)>;

class Panel final : public TraceSink {
 public:
  // Attaches itself to the world's tracer; the world must outlive the panel. `watched` is what the cluster begins with;
  // `reader`, when there is one, is asked whenever a DC begins to act.
  explicit Panel(World& world, WatchedCluster watched = {}, ConfigurationReader reader = {});
  ~Panel() override;
  Panel(const Panel&) = delete;
  Panel& operator=(const Panel&) = delete;

  // While set, what happens was asked for by the scenario.
  void set_acting(bool acting) { acting_ = acting; }
  // At the end of the run.
  void finish();
  // What the judges were told.
  const Watch& watch() const { return watch_; }
  const std::vector<std::unique_ptr<Judge>>& judges() const { return judges_; }
  const std::vector<ServiceMeasure>& measures() const { return meter_.measures(); }
  const RunMeasures& run_measures() const { return run_meter_.measures(); }

  void on_trace(const TraceEvent& event) override;

 private:
  void read_configuration(const TraceEvent& event);
  void settle();
  bool something_new() const;
  void report_new();

  World& world_;
  ConfigurationReader reader_;
  Watch watch_;
  std::unique_ptr<Truth> truth_;
  std::vector<std::unique_ptr<Judge>> judges_;
  std::vector<std::size_t> reported_;
  Diagnosis diagnosis_;
  ServiceMeter meter_;
  RunMeter run_meter_;
  bool acting_ = false;
  bool settling_ = false;
};

}  // namespace simcluster::sim
