// The process of a script: between two commands the script runs, for no time; a command is a step of the process.
#include <memory>

#include <fmt/core.h>

#include "engine/base/assert.h"
#include "sim/scripts/script_host.h"

namespace simcluster::sim {

namespace {

using agents::System;
using agents::Task;

constexpr int kSigKill = 9;

// Leaves the run when the process goes: at its end, or killed at any step.
class Attendance {
 public:
  Attendance(ScriptHost& host, std::string key) : host_(host), key_(std::move(key)) {}
  ~Attendance() { host_.leave(key_, killed_); }
  Attendance(const Attendance&) = delete;
  Attendance& operator=(const Attendance&) = delete;

  const std::string& key() const { return key_; }
  void ended() { killed_ = false; }

 private:
  ScriptHost& host_;
  std::string key_;
  bool killed_ = true;
};

// A command whose work is being done; killed when the work is.
class Pending {
 public:
  Pending(ScriptHost& host, const ScriptCommand& command) : host_(host), command_(command) {}
  ~Pending() {
    if (!answered_) host_.drop(command_);
  }
  Pending(const Pending&) = delete;
  Pending& operator=(const Pending&) = delete;

  void answer(const CommandAnswer& answer) {
    answered_ = true;
    host_.answer(command_, answer);
  }

 private:
  ScriptHost& host_;
  const ScriptCommand& command_;
  bool answered_ = false;
};

// Whole lines; the rest of one only at the end.
template <class Print>
void print_lines(std::string& text, bool at_end, Print&& print) {
  for (std::size_t end = 0; (end = text.find('\n')) != std::string::npos; text.erase(0, end + 1))
    print(std::string_view(text).substr(0, end));
  if (!at_end || text.empty()) return;
  print(text);
  text.clear();
}

void print_output(System& system, ScriptHost::Run& run) {
  const bool at_end = run.exit_code.has_value();
  print_lines(run.output, at_end, [&](std::string_view line) { system.print(line); });
  print_lines(run.error, at_end, [&](std::string_view line) { system.print_error(line); });
}

// Does the work of a command in a process of its own: there are others at the same time.
Task<> begin_command(System& system, ScriptHost& host, ScriptCommand command) {
  auto environment = std::make_shared<ScriptEnvironment>();
  static_cast<agents::Environment&>(*environment) = system.environment();
  environment->type = command.name;
  environment->action.clear();
  environment->arguments = command.arguments;
  environment->host = &host;
  environment->command = command;
  agents::BackgroundProgram program;
  program.name = command.name;
  program.main = script_command_program;
  program.own_session = !command.in_group;
  program.environment = std::move(environment);
  if (ScriptHost::Run* run = host.find_run(command.script)) run->open[command.number] = 0;
  const std::int32_t pid = co_await system.spawn(program);
  if (ScriptHost::Run* run = host.find_run(command.script)) run->open[command.number] = pid;
}

Task<> begin_commands(System& system, ScriptHost& host, std::string key) {
  for (;;) {
    ScriptHost::Run* run = host.find_run(key);
    if (run == nullptr || run->fresh.empty()) co_return;
    ScriptCommand command = std::move(run->fresh.front());
    run->fresh.pop_front();
    co_await begin_command(system, host, std::move(command));
  }
}

// The script has killed commands of its own.
Task<> end_commands(System& system, ScriptHost& host, std::string key) {
  for (;;) {
    ScriptHost::Run* run = host.find_run(key);
    if (run == nullptr || run->closed.empty()) co_return;
    const std::uint64_t number = run->closed.back();
    run->closed.pop_back();
    const auto open = run->open.find(number);
    if (open == run->open.end()) continue;
    const std::int32_t pid = open->second;
    run->open.erase(open);
    if (pid == 0) continue;
    const bool killed = co_await system.kill_process(pid, kSigKill);
    static_cast<void>(killed);
  }
}

// What scripts that have ended left in the background goes on.
Task<> attend_orphans(System& system, ScriptHost& host) {
  for (const std::string& key : host.orphans()) co_await begin_commands(system, host, key);
}

Task<> run_in_line(System& system, ScriptHost& host, std::string key) {
  ScriptHost::Run* run = host.find_run(key);
  const ScriptCommand command = std::move(run->fresh.front());
  run->fresh.pop_front();
  run->open[command.number] = 0;
  const CommandAnswer answer = co_await run_script_command(system, host, command);
  host.answer(command, answer);
}

}  // namespace

Task<int> script_program(System& system) {
  const auto& environment = static_cast<const ScriptEnvironment&>(system.environment());
  ScriptHost& host = *environment.host;
  Attendance attendance(host, host.start(environment, system.pid()));
  const std::string key = attendance.key();
  for (;;) {
    host.go_on();
    co_await attend_orphans(system, host);
    co_await end_commands(system, host, key);
    ScriptHost::Run* run = host.find_run(key);
    SIMCLUSTER_ASSERT(run != nullptr);
    print_output(system, *run);
    if (run->exit_code) {
      const int exit_code = *run->exit_code;
      co_await begin_commands(system, host, key);
      attendance.ended();
      co_return exit_code;
    }
    // Nothing else can happen until it has its answer.
    if (run->fresh.size() == 1 && run->open.empty()) {
      co_await run_in_line(system, host, key);
      continue;
    }
    const bool waits = run->fresh.empty() && run->open.empty();
    co_await begin_commands(system, host, key);
    // For a file or a process that nobody will write or end: until it is killed.
    while (waits) co_await system.sleep(hours(1));
    co_await system.wait_child();
  }
}

Task<int> script_command_program(System& system) {
  const auto& environment = static_cast<const ScriptEnvironment&>(system.environment());
  ScriptHost& host = *environment.host;
  const ScriptCommand& command = environment.command;
  Pending pending(host, command);
  const CommandAnswer answer = co_await run_script_command(system, host, command);
  pending.answer(answer);
  const ScriptHost::Run* run = host.find_run(command.script);
  if (run == nullptr || !run->attended) {
    host.go_on();
    host.leave(command.script, false);
    co_await attend_orphans(system, host);
  }
  co_return answer.exit_code;
}

}  // namespace simcluster::sim
