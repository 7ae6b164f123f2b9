#include "engine/agents/system.h"

#include "engine/agents/agent_model.h"
#include "engine/agents/process.h"

namespace simcluster::agents {

namespace {
constexpr int kCommandNotFound = 127;
constexpr int kNoSuchDevice = 6;  // what crm_attribute says of an attribute that is not set
constexpr std::size_t kMostOutput = std::size_t{64} * 1024;

void append_line(std::string& text, std::string_view line) {
  if (text.size() + line.size() < kMostOutput) text.append(line).push_back('\n');
}
}  // namespace

void System::print(std::string_view line) {
  append_line(process_.output_, line);
  backend_.on_output(line);
}

void System::print_error(std::string_view line) { append_line(process_.error_output_, line); }

void System::ignore_termination() { process_.ignores_termination_ = true; }

void System::end_on(int signal) { process_.own_end_signal_ = signal; }

void System::become_unkillable() { process_.unkillable_ = true; }

void SystemBackend::list_mounts(Reply<MountListing>& reply) { reply.complete({}); }

void SystemBackend::mount(const MountEntry&, Reply<CommandResult>& reply) {
  reply.complete({kCommandNotFound, "mount: command not found"});
}

void SystemBackend::unmount(std::string_view, Reply<CommandResult>& reply) {
  reply.complete({kCommandNotFound, "umount: command not found"});
}

void SystemBackend::remote_command(const RemoteCommand&, Reply<RemoteReply>& reply) { reply.complete({}); }

void SystemBackend::serve(std::span<const ServedAnswer>, Reply<ServedCommands>& reply) { reply.complete({}); }

void SystemBackend::wait_child(Reply<ChildExit>& reply) { reply.complete({}); }

void SystemBackend::query_attribute(const AttributeQuery&, Reply<AttributeReply>& reply) {
  reply.complete({{kNoSuchDevice, {}}, {}});
}

Duration SystemBackend::draw(const ModelTime& time) { return time.least; }

void SystemBackend::switch_machine(std::string_view, PowerWish, Reply<PowerReply>& reply) { reply.complete({}); }

void SystemBackend::read_device(std::string_view, Duration, Reply<DeviceOutcome>& reply) {
  reply.complete(DeviceOutcome::kRead);
}

void SystemBackend::list_users_of_mount(std::string_view, Reply<ProcessListing>& reply) { reply.complete({}); }

}  // namespace simcluster::agents
