// Corosync's command-line tools as they answer on one node (M 18): corosync-quorumtool, corosync-cfgtool and
// corosync-cmapctl, in the words of the profile's version.
#pragma once

#include <string>
#include <string_view>

#include "engine/base/profile.h"

namespace simcluster::membership {

class StackControl;
struct StackView;

struct ToolResult {
  std::string output;  // what the tool writes to standard output
  std::string error;   // and to standard error
  int status = 0;      // exit status
};

// True for a command line that starts with the name of one of the three tools.
bool is_corosync_tool(std::string_view command);

// Runs `command`, the tool's name with its options as in a shell (quotes are understood). Options that would make the
// tool wait for ever (-m, -t, -T) answer as if they had been interrupted at once.
ToolResult run_corosync_tool(std::string_view command, const StackView& view, StackControl& control);

// The same where the daemon does not run (TO-4, TO-8).
ToolResult run_corosync_tool_without_daemon(std::string_view command, const Profile& profile);

}  // namespace simcluster::membership
