#include "engine/agents/system.h"

#include "engine/agents/process.h"

namespace simcluster::agents {

namespace {
constexpr int kCommandNotFound = 127;
}

void System::print(std::string_view line) { process_.output_.append(line).push_back('\n'); }

void System::print_error(std::string_view line) { process_.error_output_.append(line).push_back('\n'); }

void System::ignore_termination() { process_.ignores_termination_ = true; }

void SystemBackend::list_mounts(Reply<MountListing>& reply) { reply.complete({}); }

void SystemBackend::mount(const MountEntry&, Reply<CommandResult>& reply) {
  reply.complete({kCommandNotFound, "mount: command not found"});
}

void SystemBackend::unmount(std::string_view, Reply<CommandResult>& reply) {
  reply.complete({kCommandNotFound, "umount: command not found"});
}

void SystemBackend::list_users_of_mount(std::string_view, Reply<ProcessListing>& reply) { reply.complete({}); }

}  // namespace simcluster::agents
