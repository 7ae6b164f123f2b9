// The daemon for real nodes.
#include <cstdio>
#include <string>
#include <string_view>

#include <fmt/core.h>
#include <unistd.h>

#include "tools/clusterd/daemon.h"
#include "tools/clusterd/setup.h"

namespace {

using namespace simcluster;

constexpr int kUnusable = 2;

constexpr std::string_view kHelp =
    "Usage: clusterd [--config FILE] [--check | --version | --help]\n"
    "\n"
    "Runs one node of a high-availability cluster in the foreground: corosync.conf,\n"
    "authkey and CIB are read as Corosync and Pacemaker do, resource and fence agents\n"
    "are the installed ones. SIGTERM moves resources away and ends.\n"
    "\n"
    "  --config FILE  settings; default {}\n"
    "  --check        tell every problem of this node's setup and exit (2: there is one)\n"
    "  --version      print the version\n"
    "\n"
    "Settings, as lines of \"key = value\":\n"
    "{}";

struct Arguments {
  std::string config{clusterd::kSettingsPath};
  bool config_given = false;
  bool check = false;
};

int refuse(const std::string& sentence) {
  fmt::print(stderr, "clusterd: {}\n", sentence);
  return kUnusable;
}

int check(const clusterd::SetupReport& report) {
  for (const std::string& problem : report.problems) fmt::print("problem: {}\n", problem);
  for (const std::string& warning : report.warnings) fmt::print("warning: {}\n", warning);
  if (!report.problems.empty()) return kUnusable;
  fmt::print("{}: ready to run as node {}\n", report.setup.node.name,
             report.setup.node.id.valid() ? fmt::format("{}", report.setup.node.id.value) : "of its address");
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument == "--version") {
      fmt::print("clusterd {}\n", SIMCLUSTER_VERSION);
      return 0;
    }
    if (argument == "--help" || argument == "-h") {
      fmt::print(fmt::runtime(kHelp), clusterd::kSettingsPath, clusterd::settings_help());
      return 0;
    }
    if (argument == "--check") {
      arguments.check = true;
    } else if (argument == "--config" && i + 1 < argc) {
      arguments.config = argv[++i];
      arguments.config_given = true;
    } else {
      return refuse(
          fmt::format("unknown argument \"{}\" (expected --config FILE, --check, --version or --help)", argument));
    }
  }
  const clusterd::SetupReport report = clusterd::read_setup(
      arguments.config, arguments.config_given, arguments.check ? clusterd::Look::kEverything : clusterd::Look::kStart);
  if (arguments.check) return check(report);
  for (const std::string& warning : report.warnings) fmt::print(stderr, "clusterd: {}\n", warning);
  for (const std::string& problem : report.problems) fmt::print(stderr, "clusterd: {}\n", problem);
  if (!report.problems.empty()) return kUnusable;
  const int status = clusterd::run_daemon(report.setup);
  if (status != clusterd::kBeginAnew) return status;
  // The same process for the service manager; another program where it was replaced meanwhile.
  execv(argv[0], argv);
  execv("/proc/self/exe", argv);
  return refuse("cannot be executed anew");
}
