// The log files that the machines of a run would have, as files.
#pragma once

#include <limits>
#include <map>
#include <string>

#include "engine/base/error.h"
#include "engine/base/trace.h"
#include "reports/node_logs.h"
#include "sim/scenario/model.h"

namespace simcluster::tools {

class LogFiles final : public TraceSink {
 public:
  // For one run of the scenario, which must outlive the object: the lines from `from` to `to`.
  explicit LogFiles(const sim::Scenario& scenario, Time from = {}, Time to = kEver);
  LogFiles(const LogFiles&) = delete;
  LogFiles& operator=(const LogFiles&) = delete;

  void on_trace(const TraceEvent& event) override;
  static int level() { return reports::ReadableLog::level(); }
  // DIR/MACHINE/FILE, with the variant's name between where there are variants.
  Result<void> write(const std::string& directory) const;
  // By "MACHINE/FILE".
  const std::map<std::string, std::string>& texts() const { return texts_; }

 private:
  static constexpr Time kEver{std::numeric_limits<std::int64_t>::max()};

  const sim::Scenario& scenario_;
  std::map<std::string, std::string> texts_;
  Time from_;
  Time to_;
  Time now_;
  reports::NodeLogs logs_;
};

}  // namespace simcluster::tools
