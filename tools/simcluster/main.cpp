// simcluster: what will my cluster do when this happens, and did my change alter that?
#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <new>

#include <fmt/core.h>
#include <malloc.h>

#include "commands/tool.h"
#include "sim/scenario/values.h"
#include "tools/simcluster/command.h"

namespace simcluster::tools {

namespace {

constexpr std::array<Command, 12> kCommands = {{
    {"run", "run scenarios and print their story", run_command},
    {"report", "run a scenario and pack what operators collect, as crm_report does", report_command},
    {"check", "run all scenarios and compare with their golden files", check_command},
    {"list", "list scenarios and their variants", list_command},
    {"twin", "run a scenario on the real cluster, too, and compare", twin_command},
    {"agents", "run agents as their scripts and as their models, and compare", agents_command},
    {"replay", "replay a scheduler input, as crm_simulate does", replay_command},
    {"crm_mon", "print a saved CIB as crm_mon does", crm_mon_command},
    {"history", "list and compare recorded runs", history_command},
    {"soak", "run random clusters under random faults, judged", soak_command},
    {"schema", "print the JSON Schema of scenario files", schema_command},
    {"completion", "print the completion script for bash", completion_command},
}};

std::string overview() {
  std::string text =
      "Usage: simcluster COMMAND [ARGUMENT...]\n\n"
      "Runs whole Pacemaker and Corosync clusters in virtual time, under faults, and\n"
      "shows what they do.\n\n"
      "Commands:\n";
  for (const Command& command : kCommands) text += fmt::format("  {:<12}{}\n", command.name, command.summary);
  text += "\nThe cluster's tools, on the CIB in the file that the variable CIB_file names:\n";
  for (const commands::Tool& tool : commands::tools()) text += fmt::format("  {:<15}{}\n", tool.name, tool.summary);
  text +=
      "\n\"simcluster COMMAND --help\" tells more. \"simcluster --version\" prints the\n"
      "version.\n\n"
      "Exit status: 0 as expected; 1 a difference or an expectation not met; 2 input\n"
      "that cannot be used.\n\n"
      "Example:\n"
      "  simcluster run scenarios/ipaddr2_race.yaml\n";
  return text;
}

std::atomic<bool> interrupt_seen{false};

// The second Ctrl-C finds the system's own handler.
void on_interrupt(int) { interrupt_seen.store(true, std::memory_order_relaxed); }

int dispatch(const Arguments& arguments) {
  if (arguments.empty()) {
    std::fputs(overview().c_str(), stderr);
    return kUnusable;
  }
  const std::string& name = arguments.front();
  if (name == "--help" || name == "-h" || name == "help") {
    const Command* wanted = arguments.size() > 1 ? find_command(arguments[1]) : nullptr;
    if (wanted != nullptr) return wanted->run({"--help"});
    std::fputs(overview().c_str(), stdout);
    return kAsExpected;
  }
  if (name == "--version") {
    std::puts("simcluster " SIMCLUSTER_VERSION);
    return kAsExpected;
  }
  if (const Command* command = find_command(name)) return command->run({arguments.begin() + 1, arguments.end()});
  if (commands::find_tool(name)) return cluster_tool(name, {arguments.begin() + 1, arguments.end()});
  std::vector<std::string_view> names;
  for (const Command& command : kCommands) names.push_back(command.name);
  for (const commands::Tool& tool : commands::tools()) names.push_back(tool.name);
  std::fputs(fmt::format("simcluster: there is no command \"{}\"{}\nTry \"simcluster --help\".\n", name,
                         sim::did_you_mean(name, names))
                 .c_str(),
             stderr);
  return kUnusable;
}

}  // namespace

std::span<const Command> commands() { return kCommands; }

const Command* find_command(std::string_view name) {
  for (const Command& command : kCommands)
    if (command.name == name) return &command;
  return nullptr;
}

bool interrupted() { return interrupt_seen.load(std::memory_order_relaxed); }

namespace {

// One schedule, or one run, after the other: memory that is given back to the system is dear to get again. A fifth of
// the time of large schedules was that.
void keep_memory() {
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
  mallopt(M_MMAP_THRESHOLD, 32 << 20);  // the most that is possible
}

}  // namespace

void watch_for_interrupt() {
  struct sigaction action = {};
  action.sa_handler = on_interrupt;
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

}  // namespace simcluster::tools

int main(int argc, char** argv) {
  using namespace simcluster::tools;
  keep_memory();
  try {
    Arguments arguments(argv + std::min(argc, 1), argv + argc);
    // The names of the tools that it stands in for.
    const std::string name = argc > 0 ? std::filesystem::path(argv[0]).filename().string() : std::string();
    if (name == "crm_simulate") return replay_command(arguments);
    if (simcluster::commands::find_tool(name)) return cluster_tool(name, arguments);
    return dispatch(arguments);
  } catch (const std::bad_alloc&) {
    std::fputs("simcluster: the memory of this machine does not suffice\n", stderr);
  } catch (const std::exception& error) {
    std::fputs(fmt::format("simcluster: internal error: {}\n", error.what()).c_str(), stderr);
  }
  return kUnusable;
}
