// What machines keep of the past where somebody will look at it: the log files of their release, and in them the lines
// of a time (AT-10.1, AT-9.7).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/base/profile.h"
#include "engine/base/time.h"
#include "engine/base/trace.h"
#include "reports/node_logs.h"
#include "sim/scenario/model.h"

namespace simcluster::sim {

class World;

// Writes the lines of all daemons onto the disks of their machines.
class DiskLogs final : public TraceSink {
 public:
  // Both must outlive the object.
  DiskLogs(const Scenario& scenario, World& world);
  DiskLogs(const DiskLogs&) = delete;
  DiskLogs& operator=(const DiskLogs&) = delete;

  void on_trace(const TraceEvent& event) override { logs_.on_trace(event); }
  static int level() { return reports::ReadableLog::level(); }

 private:
  reports::NodeLogs logs_;
};

// The machines of a scenario, for reports::NodeLogs.
std::vector<reports::LoggingMachine> logging_machines(const Scenario& scenario);

// Something in the scenario's timeline looks at records.
bool needs_records(const Scenario& scenario);

// Where the release keeps the log `file` ("messages", "ha-log", "corosync.log", "pacemaker.log", "pm_logconv.out").
std::string log_path(const Profile& profile, std::string_view file);

// The lines of a log that are stamped from `from` to `to`; the log is less than a year long.
std::string lines_of_time(std::string_view log, Time from, Time to);
// Lines of several logs in the order of their stamps.
std::string merged_by_time(const std::vector<std::string>& logs, Time now);

}  // namespace simcluster::sim
