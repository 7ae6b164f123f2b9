// The judges over the cluster manager at the end of a run, when nothing has disturbed it for a while.
#pragma once

#include "sim/checks/judge.h"

namespace simcluster::sim {

// When something last happened from outside: faults, commands, machines that go and come, networks in between.
class Quiet {
 public:
  void on_event(const TraceEvent& event);
  // Nothing for `span`, as of `now`.
  bool lasts(Time now, Duration span) const { return now - last_ >= span; }

 private:
  Time last_;
};

// Nodes of one partition hold the same CIB, byte by byte.
class EqualReplicas final : public Judge {
 public:
  std::string_view name() const override { return "equal-replicas"; }
  void on_event(const Truth& truth, const TraceEvent& event, bool caused) override;
  void on_end(const Truth& truth, Time now) override;

 private:
  Quiet quiet_;
};

// One DC per partition, and all its nodes know it.
class OneDc final : public Judge {
 public:
  std::string_view name() const override { return "one-dc"; }
  void on_event(const Truth& truth, const TraceEvent& event, bool caused) override;
  void on_end(const Truth& truth, Time now) override;

 private:
  Quiet quiet_;
};

// Once the disturbances have stopped the cluster comes to rest within a bound: its DC is idle.
class Progress final : public Judge {
 public:
  std::string_view name() const override { return "progress"; }
  void on_event(const Truth& truth, const TraceEvent& event, bool caused) override;
  void on_end(const Truth& truth, Time now) override;

 private:
  Quiet quiet_;
};

}  // namespace simcluster::sim
