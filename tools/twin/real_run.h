// Runs on the real cluster.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/base/error.h"
#include "sim/scenario/model.h"
#include "tools/twin/recording.h"

namespace simcluster::twin {

// What the real nodes run: Debian's Corosync, with Pacemaker or without, or clusterd.
struct RealStack {
  bool pacemaker = false;
  // Programs; empty: Debian's packages.
  std::string clusterd;
  std::string clusterctl;
  // Releases that clusterd is to be like.
  std::string corosync_release;
  std::string pacemaker_release;
};

// Why this machine cannot run a real cluster; none: it can. Needs root and the programs.
std::optional<std::string> cannot_run_real(const RealStack& stack);

// Carries the script out, as often as the scenario lasts, and gives back what was seen. An error: the script failed, or
// the machine was too busy for the cluster to be judged ("not scheduled").
Result<Lines> run_real(const std::string& script, const RealStack& stack);

// Versions of the packages that take part.
std::vector<std::string> package_versions(const RealStack& stack);

// One line of corosync.log, when it is one that recordings keep: time of day in milliseconds and the text from the
// subsystem on.
struct LogLine {
  std::int64_t day_ms = 0;
  std::string text;
};
std::optional<LogLine> parse_log_line(std::string_view line);
// The same of clusterd's log, that of its controller's part with it.
std::optional<LogLine> parse_clusterd_line(std::string_view line);
// What recordings keep of a line of Pacemaker's controller: results of operations and of fencing, without what differs
// from run to run, behind kManager. Empty: nothing.
inline constexpr std::string_view kManager = "[PCMK  ] ";
std::string manager_text(std::string_view text);
// Lines about membership, quorum and links. Others differ from build to build and say nothing of the cluster.
bool is_kept(std::string_view text);

}  // namespace simcluster::twin
