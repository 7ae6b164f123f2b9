// The daemon's log lines, where the settings want them.
#pragma once

#include <cstdint>
#include <string_view>

#include "engine/base/host.h"

namespace simcluster::clusterd {

enum class LogTarget : std::uint8_t { kStandardError, kJournal, kSyslog };

class Journal {
 public:
  Journal(LogTarget target, LogPriority least);
  // `daemon`: the part of the cluster software that speaks ("corosync", "pacemaker-controld", ...).
  void write(LogPriority priority, std::string_view daemon, std::string_view text) const;
  bool wants(LogPriority priority) const { return priority <= least_; }

 private:
  LogTarget target_;
  LogPriority least_;
};

}  // namespace simcluster::clusterd
