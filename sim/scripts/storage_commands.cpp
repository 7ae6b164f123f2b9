// Commands of the simulated storage (AT-4.6).
#include <fmt/core.h>

#include "engine/agents/ocf.h"
#include "sim/kernel/kernel.h"
#include "sim/scripts/commands.h"

namespace simcluster::sim {

namespace {

using agents::System;
using agents::Task;

constexpr int kMountFailed = 32;

Task<CommandAnswer> run_mount(System& system, ScriptHost& host, const ScriptCommand& command) {
  const Words words = split_words(command.arguments, "tomL");
  if (words.operands.empty()) {
    std::string text;
    for (const Mounts::Mount& mount : host.kernel().mounts().all())
      text += fmt::format("{} on {} type {} ({})\n", mount.device, mount.directory, mount.file_system,
                          mount.options.empty() ? "rw,relatime" : mount.options);
    co_return CommandAnswer{0, text, "", {}};
  }
  if (words.operands.size() < 2)
    co_return CommandAnswer{1, "", fmt::format("mount: {}: can't find in /etc/fstab.\n", words.operands[0]), {}};
  agents::MountEntry what;
  what.device = words.operands[0];
  what.directory = words.operands[1];
  const std::string type = words.value('t');
  std::string options = words.value('o');
  for (const std::string& word : command.arguments)
    if (word == "--bind") options += options.empty() ? "bind" : ",bind";
  what.file_system = type;
  what.options = options;
  const agents::CommandResult done = co_await system.mount(what);
  if (done.ok()) co_return CommandAnswer{};
  co_return CommandAnswer{kMountFailed, "", std::string(done.error) + "\n", {}};
}

Task<CommandAnswer> run_umount(System& system, ScriptHost& host, const ScriptCommand& command) {
  const Words words = split_words(command.arguments, "tO");
  if (words.operands.empty()) co_return CommandAnswer{1, "", "umount: bad usage\n", {}};
  std::string directory = words.operands.back();
  for (const Mounts::Mount& mount : host.kernel().mounts().all())
    if (mount.device == directory) directory = mount.directory;
  const agents::CommandResult done = co_await system.unmount(directory);
  if (done.ok()) co_return CommandAnswer{};
  co_return CommandAnswer{kMountFailed, "", std::string(done.error) + "\n", {}};
}

// Process ids on standard output, what surrounds them on standard error, as fuser(1) does.
Task<CommandAnswer> run_fuser(System& system, ScriptHost& host, const ScriptCommand& command) {
  Words words = split_words(command.arguments, "");
  if (words.operands.empty()) co_return CommandAnswer{1, "", "No process specification given\n", {}};
  const std::string directory = words.operands.back();
  const agents::CommandResult started = co_await system.execute(command_line(command));
  if (!started.ok()) co_return CommandAnswer{started.exit_code, "", std::string(started.error), {}};
  const agents::ProcessListing listing = co_await system.list_users_of_mount(directory);
  CommandAnswer answer;
  answer.exit_code = listing.pids.empty() ? 1 : 0;
  const std::vector<std::int32_t> pids(listing.pids.begin(), listing.pids.end());
  for (const std::int32_t pid : pids) answer.output += fmt::format(" {}", pid);
  if (!pids.empty()) answer.error = fmt::format("{}:\n", directory);
  if (words.has('k'))
    for (const std::int32_t pid : pids) {
      bool terminates = false;
      for (const std::string& word : command.arguments) terminates = terminates || word == "-TERM" || word == "-15";
      host.kernel().processes().signal(pid, terminates ? 15 : 9);
    }
  co_return answer;
}

Task<CommandAnswer> run_mountpoint(System& system, ScriptHost& host, const ScriptCommand& command) {
  const Words words = split_words(command.arguments, "");
  const agents::CommandResult started = co_await system.execute(command_line(command));
  if (!started.ok()) co_return CommandAnswer{started.exit_code, "", std::string(started.error), {}};
  const std::string directory = words.operands.empty() ? "" : words.operands.back();
  bool found = directory == "/";
  for (const Mounts::Mount& mount : host.kernel().mounts().all()) found = found || mount.directory == directory;
  const std::string text = words.has('q') ? "" : fmt::format("{} is {}a mountpoint\n", directory, found ? "" : "not ");
  co_return CommandAnswer{found ? 0 : 32, text, "", {}};
}

// `blockdev`, `fsck` and what loads or settles drivers: there is nothing to be done, when the device is there.
Task<CommandAnswer> run_nothing(System& system, ScriptHost&, const ScriptCommand& command) {
  const agents::CommandResult started = co_await system.execute(command_line(command));
  co_return CommandAnswer{started.exit_code, "", std::string(started.error), {}};
}

Task<CommandAnswer> run_on_device(System& system, ScriptHost& host, const ScriptCommand& command) {
  const Words words = split_words(command.arguments, "t");
  const agents::CommandResult started = co_await system.execute(command_line(command));
  if (!started.ok()) co_return CommandAnswer{started.exit_code, "", std::string(started.error), {}};
  const std::string device = words.operands.empty() ? "" : words.operands.back();
  if (host.kernel().mounts().find_device(device) == nullptr)
    co_return CommandAnswer{
        8, "", fmt::format("{}: cannot open {}: No such file or directory\n", command.name, device), {}};
  const agents::DeviceOutcome outcome = co_await system.read_device(device, {});
  if (outcome == agents::DeviceOutcome::kRead) co_return CommandAnswer{};
  co_return CommandAnswer{8, "", fmt::format("{}: {}: Input/output error\n", command.name, device), {}};
}

Task<CommandAnswer> run_sg_persist(System& system, ScriptHost&, const ScriptCommand& command) {
  const agents::CommandResult done = co_await system.execute(command_line(command));
  co_return CommandAnswer{done.exit_code, std::string(done.error), "", {}};
}

}  // namespace

std::vector<NamedCommand> storage_commands() {
  return {{"mount", run_mount},           {"umount", run_umount},       {"fuser", run_fuser},
          {"mountpoint", run_mountpoint}, {"modprobe", run_nothing},    {"udevadm", run_nothing},
          {"partprobe", run_nothing},     {"blockdev", run_on_device},  {"fsck", run_on_device},
          {"fsck.ext4", run_on_device},   {"fsck.ext3", run_on_device}, {"fsck.xfs", run_on_device},
          {"sg_persist", run_sg_persist}};
}

}  // namespace simcluster::sim
