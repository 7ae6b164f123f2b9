// The log files of a machine, in the form of its release (AT-10.1): what syslog writes, the daemons' own files, and the
// readable event log.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/profile.h"
#include "engine/base/trace.h"
#include "reports/readable_log.h"

namespace simcluster::reports {

struct LoggingMachine {
  std::string name;
  Profile profile;
  WatchList watch = {};  // of its readable event log
};

class NodeLogs final : public TraceSink {
 public:
  // Takes one line, without its newline, of the file `file` ("messages", "corosync.log", "ha-log", "pacemaker.log",
  // "pm_logconv.out") of the machine with this index. Whoever never logs has no file.
  using Write = std::function<void(std::size_t machine, std::string_view file, std::string_view line)>;

  NodeLogs(std::vector<LoggingMachine> machines, Write write);
  void on_trace(const TraceEvent& event) override;

 private:
  struct Line;
  void note_process(std::size_t machine, std::string_view text);
  std::uint32_t process_id(std::size_t machine, std::string_view daemon) const;
  void write_syslog(const Line& line);
  void write_corosync(const Line& line);
  void write_daemon(const Line& line);

  std::vector<LoggingMachine> machines_;
  Write write_;
  std::vector<std::map<std::string, std::uint32_t, std::less<>>> processes_;  // of each machine, by daemon
  ReadableLog readable_;
};

}  // namespace simcluster::reports
