// The private world in which the scripts of one simulated machine run: namespaces of its own, a file system made for
// it, and one first process that starts the scripts and speaks with the simulator. The same program stands in it under
// the names of the commands that the simulator answers (shim.h).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace script_box {

inline constexpr const char* kSocket = "/.sim/socket";     // where commands reach the first process
inline constexpr const char* kMark = "SIMCLUSTER_SCRIPT";  // environment variable: whose command it is
inline constexpr int kControl = 3;                         // file descriptor of the simulator

// Says why there is no box, to the simulator, and ends this program.
[[noreturn]] void give_up(const std::string& what);

// Makes the namespaces. Returns in the first process of the new ones only.
void enter_namespaces();
// Makes the file system and moves into it. `commands` are those that the simulator answers.
void build_root(const std::string& node, const std::vector<std::string>& commands);
// Serves the simulator until it is gone.
int serve();

// One command: asks the simulator, prints its answer, and does as it says.
int run_command(std::string_view name, int argc, char** argv);

bool make_directories(const std::string& path);
bool write_file(const std::string& path, std::string_view content, unsigned mode);

}  // namespace script_box
