#include "tools/clusterd/journal.h"

#include <cstdio>
#include <ctime>
#include <string>

#include <fmt/core.h>
#include <syslog.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

namespace simcluster::clusterd {

namespace {

std::string line_of(LogPriority priority, std::string_view daemon, std::string_view text) {
  constexpr std::string_view kNames[] = {"emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"};
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  tm local{};
  localtime_r(&now.tv_sec, &local);
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}.{:03} {} {}: {}\n", local.tm_year + 1900, local.tm_mon + 1,
                     local.tm_mday, local.tm_hour, local.tm_min, local.tm_sec, now.tv_nsec / 1'000'000, daemon,
                     kNames[static_cast<std::size_t>(priority)], text);
}

}  // namespace

Journal::Journal(LogTarget target, LogPriority least) : target_(target), least_(least) {
  if (target_ == LogTarget::kSyslog) openlog("clusterd", LOG_PID, LOG_DAEMON);
}

void Journal::write(LogPriority priority, std::string_view daemon, std::string_view text) const {
  if (!wants(priority)) return;
  const int level = static_cast<int>(priority);
  switch (target_) {
    case LogTarget::kStandardError: {
      const std::string line = line_of(priority, daemon, text);
      static_cast<void>(!::write(STDERR_FILENO, line.data(), line.size()));
      return;
    }
    case LogTarget::kJournal:
      sd_journal_send("MESSAGE=%.*s", static_cast<int>(text.size()), text.data(), "PRIORITY=%d", level,
                      "SYSLOG_IDENTIFIER=%.*s", static_cast<int>(daemon.size()), daemon.data(), nullptr);
      return;
    case LogTarget::kSyslog:
      syslog(level, "%.*s: %.*s", static_cast<int>(daemon.size()), daemon.data(), static_cast<int>(text.size()),
             text.data());
      return;
  }
}

}  // namespace simcluster::clusterd
