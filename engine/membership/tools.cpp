#include "engine/membership/tools.h"

#include "engine/membership/cfgtool.h"
#include "engine/membership/cmapctl.h"
#include "engine/membership/quorumtool.h"
#include "engine/membership/tool_args.h"

namespace simcluster::membership {

namespace {

std::string_view base_name(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

ToolResult run(std::string_view command, const Profile& profile, const StackView* view, StackControl* control) {
  const std::vector<std::string> words = shell_words(command);
  const std::string_view tool = words.empty() ? std::string_view() : base_name(words[0]);
  if (tool == "corosync-quorumtool") return corosync_quorumtool(words, profile, view, control);
  if (tool == "corosync-cfgtool") return corosync_cfgtool(words, profile, view, control);
  if (tool == "corosync-cmapctl") return corosync_cmapctl(words, view, control);
  return {{}, std::string(tool) + ": command not found\n", 127};
}

}  // namespace

bool is_corosync_tool(std::string_view command) {
  const std::vector<std::string> words = shell_words(command);
  if (words.empty()) return false;
  const std::string_view tool = base_name(words[0]);
  return tool == "corosync-quorumtool" || tool == "corosync-cfgtool" || tool == "corosync-cmapctl";
}

ToolResult run_corosync_tool(std::string_view command, const StackView& view, StackControl& control) {
  return run(command, view.profile, &view, &control);
}

ToolResult run_corosync_tool_without_daemon(std::string_view command, const Profile& profile) {
  return run(command, profile, nullptr, nullptr);
}

}  // namespace simcluster::membership
