// The subcommands of simcluster.
#pragma once

#include <csignal>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace simcluster::tools {

inline constexpr int kAsExpected = 0;
inline constexpr int kDiffers = 1;
inline constexpr int kUnusable = 2;
inline constexpr int kInterrupted = 130;

using Arguments = std::vector<std::string>;

struct Command {
  std::string_view name;
  std::string_view summary;  // one line of the overview
  int (*run)(const Arguments& arguments);
};

// In the order of the overview.
std::span<const Command> commands();
const Command* find_command(std::string_view name);

int run_command(const Arguments& arguments);
int report_command(const Arguments& arguments);
int check_command(const Arguments& arguments);
int agents_command(const Arguments& arguments);
int list_command(const Arguments& arguments);
int schema_command(const Arguments& arguments);
int history_command(const Arguments& arguments);
int twin_command(const Arguments& arguments);
int replay_command(const Arguments& arguments);
int crm_mon_command(const Arguments& arguments);
int soak_command(const Arguments& arguments);
int completion_command(const Arguments& arguments);
// One of the cluster's own tools (commands/tool.h), on the file that CIB_file or -x names.
int cluster_tool(std::string_view name, const Arguments& arguments);

// True once the user has pressed Ctrl-C; a second one ends the program at once.
bool interrupted();
void watch_for_interrupt();

}  // namespace simcluster::tools
