// The story of a run, as text: virtual time, node, what happened, agents' log lines, screens of status tools.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/host.h"
#include "engine/base/trace.h"
#include "reports/readable_log.h"

namespace simcluster::reports {

// What is told.
struct StorySettings {
  int level = 0;                                     // trace kinds up to this level
  LogPriority log_priority = LogPriority::kWarning;  // agents' log lines up to this priority
  bool logs = true;
  std::vector<std::string> daemons;  // all log lines of these daemons and agents, too
  std::vector<std::string> syslog;   // of these daemons what goes to syslog, which is not everything (CM-14.14)
  bool readable = false;             // the readable event log (AT-10.3)
  std::vector<WatchList> watch;      // what its fail-overs are about, by machine
  std::vector<TraceKind> show;       // kinds above the level
  std::vector<TraceKind> hide;
};

// The highest trace level that the settings need.
int story_level(const StorySettings& settings);

// One event as a sentence, without time and node; may have several lines. Process ids are left out: they would change
// with everything that starts a process.
std::string story_text(const TraceEvent& event);

class Story final : public TraceSink {
 public:
  // `write` gets one line at a time, without its newline.
  Story(StorySettings settings, Time start, std::vector<std::string> node_names, bool color,
        std::function<void(std::string_view)> write);

  void on_trace(const TraceEvent& event) override;
  bool tells(const TraceEvent& event) const;

 private:
  bool initial(const TraceEvent& event) const;
  bool uneventful(const TraceEvent& event);
  void write_lines(const TraceEvent& event, const std::string& text);
  std::string painted(TraceKind kind, std::string line) const;

  StorySettings settings_;
  Time start_;
  std::vector<std::string> node_names_;
  std::size_t node_columns_ = 0;
  bool color_;
  std::int64_t told_transition_ = -1;
  std::string told_command_;  // the line before, when it told of a command
  std::function<void(std::string_view)> write_;
  std::optional<ReadableLog> readable_;
};

}  // namespace simcluster::reports
