// The daemon for real nodes. The engine is linked in whole; the real-world side of engine/base/host.h is not written
// yet, so this program refuses to run a cluster and says what it lacks.
#include <cstdio>
#include <string_view>

#include <fmt/format.h>

#include "engine/node/node.h"

namespace {

constexpr std::string_view kHelp =
    "Usage: clusterd [--version | --help]\n"
    "\n"
    "Runs one node of a high-availability cluster. This version cannot do that yet.\n"
    "The cluster engine is built in; what a real node needs from its machine is\n"
    "missing:\n"
    "\n"
    "  transport     sockets for the rings and links\n"
    "  timers        an event loop on the machine's clock\n"
    "  processes     running resource and fence agents\n"
    "  storage       the CIB and the ring sequence on disk\n"
    "  control       the local socket, and clusterctl\n"
    "  service       systemd notification, watchdog device, journal\n";

}  // namespace

int main(int argc, char** argv) {
  const std::string_view argument = argc == 2 ? argv[1] : "";
  if (argument == "--version") {
    fmt::print("clusterd {}\n", SIMCLUSTER_VERSION);
    return 0;
  }
  if (argument == "--help" || argument == "-h") {
    fmt::print("{}", kHelp);
    return 0;
  }
  if (argc > 1) {
    fmt::print(stderr, "clusterd: unknown arguments (expected --version or --help)\n");
    return 2;
  }
  fmt::print(stderr, "clusterd: cannot run a node yet; clusterd --help lists the missing parts\n");
  return 1;
}
