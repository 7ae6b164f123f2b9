// Agents that are scripts, on one machine of the simulated world (AT-6.1 to AT-6.6).
//
// The script is a process of the machine like every agent: what it asks by a command is answered by the simulated
// kernel at the end of the command's cost in virtual time; its own computing takes no virtual time. Files that it
// writes are the machine's files and the other way round.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/agents/system.h"
#include "engine/base/random.h"
#include "sim/kernel/agent_runner.h"
#include "sim/scripts/box.h"
#include "sim/scripts/scripts.h"

namespace simcluster::sim {

class Kernel;
class ScriptHost;

// A command that a script runs and waits for.
struct ScriptCommand {
  std::uint64_t number = 0;
  std::string script;    // key of the run that it belongs to
  bool in_group = true;  // of the script's process group
  std::int32_t pid = 0;  // as the script sees it
  std::string input;     // what logger reads
  std::string name;
  std::vector<std::string> arguments;
};

// What it prints and how it ends. `go_on` not empty: this program of the box does the rest.
struct CommandAnswer {
  int exit_code = 0;
  std::string output;
  std::string error;
  std::vector<std::string> go_on;
};

// What a run of a script, or one of its commands in the background, is given.
struct ScriptEnvironment : agents::Environment {
  ScriptHost* host = nullptr;
  std::string path;       // of the script, in the box
  ScriptCommand command;  // of a background command
};

class ScriptHost final : public AgentSource {
 public:
  // What a cluster tool (crm_node, crm_resource ...) prints on this machine.
  using Tools = std::function<CommandAnswer(const std::vector<std::string>& words)>;

  // Must outlive the machine's runs, and is of no use without the machine. `scripts` are those of the scenario.
  ScriptHost(Kernel& kernel, const std::vector<AgentScript>& scripts, Tools tools);

  std::optional<Found> find(const AgentRequest& request) override;
  void halt() override;

  // --- for the programs of scripts -----------------------------------------------------------------------------------
  struct Run {
    bool attended = true;                        // its program is there to go on with it
    std::deque<ScriptCommand> fresh;             // asked since the last time
    std::vector<std::uint64_t> closed;           // commands that were killed before they had their answer
    std::map<std::uint64_t, std::int32_t> open;  // commands without an answer, and the process that does the work
    std::string output;
    std::string error;
    std::optional<int> exit_code;
  };
  // Starts the script in the box, with the process's own id; it runs at the next go_on().
  std::string start(const ScriptEnvironment& environment, std::int32_t pid);
  // Lets everything in the box run until it sleeps.
  void go_on();
  Run* find_run(const std::string& key);
  // Runs with new commands and nobody who attends to them.
  std::vector<std::string> orphans() const;
  // The script's program has ended, or was killed with all that belongs to it.
  void leave(const std::string& key, bool killed);
  void answer(const ScriptCommand& command, const CommandAnswer& answer);
  // The process that does a command's work was killed: so is the command.
  void drop(const ScriptCommand& command);

  Kernel& kernel() { return kernel_; }
  const Tools& tools() const { return tools_; }

 private:
  void open_box();
  void take(const Message& message);
  void give_files();
  void give(const std::string& path, const std::string& content);
  void give_kernel_files();
  void forget_if_over(const std::string& key);

  Kernel& kernel_;
  const std::vector<AgentScript>& scripts_;
  Tools tools_;
  Random random_;
  std::unique_ptr<ScriptBox> box_;
  std::map<std::string, Run> runs_;
  std::uint64_t next_run_ = 1;
  std::uint64_t revision_ = 0;                // of the machine's files, when they were given
  std::map<std::string, std::string> given_;  // files as the box has them; directories as "d", files as "f" + content
  std::map<std::string, std::string> kernel_files_;
};

// The program of a script's run, and that of a command in its background.
agents::Task<int> script_program(agents::System& system);
agents::Task<int> script_command_program(agents::System& system);

// Does what the command does, on the simulated machine.
agents::Task<CommandAnswer> run_script_command(agents::System& system, ScriptHost& host, const ScriptCommand& command);
// All names that it knows.
std::vector<std::string> script_command_names();

}  // namespace simcluster::sim
