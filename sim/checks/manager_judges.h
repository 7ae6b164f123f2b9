// The judges over the cluster manager: whenever nothing has disturbed it for a while, and at the end of a run.
#pragma once

#include <vector>

#include "sim/checks/judge.h"

namespace simcluster::sim {

// Looks at every quiet period: the time from one disturbance (a fault, a command, a machine that goes or comes, a
// change of the network) to the next. Once the cluster has had its time it must be well at some moment of the rest.
class QuietJudge : public Judge {
 public:
  explicit QuietJudge(Duration patience) : patience_(patience) {}
  void on_event(const Truth& truth, const TraceEvent& event, bool caused) override;
  void on_end(const Truth& truth, Time now) override;

 protected:
  // What is wrong now.
  virtual std::vector<Finding> examine(const Truth& truth, Time now) const = 0;

 private:
  void look(const Truth& truth, Time now);
  void close_period();

  Duration patience_;
  Time last_;  // disturbance
  Time next_look_;
  bool well_ = false;  // in this period
  std::vector<Finding> complaints_;
};

// Nodes of one partition hold the same CIB, byte by byte.
class EqualReplicas final : public QuietJudge {
 public:
  EqualReplicas();
  std::string_view name() const override { return "equal-replicas"; }

 protected:
  std::vector<Finding> examine(const Truth& truth, Time now) const override;
};

// One DC per partition, and all its nodes know it.
class OneDc final : public QuietJudge {
 public:
  OneDc();
  std::string_view name() const override { return "one-dc"; }

 protected:
  std::vector<Finding> examine(const Truth& truth, Time now) const override;
};

// Once the disturbances have stopped the cluster comes to rest within a bound: its DC is idle.
class Progress final : public QuietJudge {
 public:
  Progress();
  std::string_view name() const override { return "progress"; }

 protected:
  std::vector<Finding> examine(const Truth& truth, Time now) const override;
};

}  // namespace simcluster::sim
