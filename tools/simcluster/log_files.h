// The log files that the machines of a run would have, as files.
#pragma once

#include <map>
#include <string>

#include "engine/base/error.h"
#include "engine/base/trace.h"
#include "reports/node_logs.h"
#include "sim/scenario/model.h"

namespace simcluster::tools {

class LogFiles final : public TraceSink {
 public:
  // For one run of the scenario, which must outlive the object.
  explicit LogFiles(const sim::Scenario& scenario);
  LogFiles(const LogFiles&) = delete;
  LogFiles& operator=(const LogFiles&) = delete;

  void on_trace(const TraceEvent& event) override { logs_.on_trace(event); }
  static int level() { return reports::ReadableLog::level(); }
  // DIR/MACHINE/FILE, with the variant's name between where there are variants.
  Result<void> write(const std::string& directory) const;

 private:
  const sim::Scenario& scenario_;
  std::map<std::string, std::string> texts_;  // by "MACHINE/FILE"
  reports::NodeLogs logs_;
};

}  // namespace simcluster::tools
