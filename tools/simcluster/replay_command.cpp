#include <cstdio>

#include "tools/simcluster/command.h"

#if __has_include("tools/simcluster/replay.h")
#include "tools/simcluster/replay.h"
#define SIMCLUSTER_HAS_REPLAY 1
#endif

namespace simcluster::tools {

// The replay program parses its own options: they are crm_simulate's.
int replay_command(const Arguments& arguments) {
#ifdef SIMCLUSTER_HAS_REPLAY
  std::string name = "crm_simulate";
  std::vector<std::string> copies = arguments;
  std::vector<char*> argv = {name.data()};
  for (auto& argument : copies) argv.push_back(argument.data());
  argv.push_back(nullptr);
  return replay_main(static_cast<int>(argv.size()) - 1, argv.data());
#else
  static_cast<void>(arguments);
  std::fputs("simcluster: this build has no replay\n", stderr);
  return kUnusable;
#endif
}

}  // namespace simcluster::tools
