#include "engine/agents/daemon.h"

#include <fmt/core.h>

#include "engine/agents/ocf.h"

namespace simcluster::agents {

namespace {
constexpr int kSigterm = 15;
}  // namespace

Task<DaemonState> look_at_daemon(System& system, std::string pid_file) {
  const auto content = co_await read_file(system, pid_file);
  if (!content) co_return DaemonState{};
  DaemonState state{true, std::nullopt};
  const auto pid = parse_number(std::string_view(*content).substr(0, content->find('\n')));
  if (!pid) co_return state;
  const auto number = static_cast<std::int32_t>(*pid);
  const bool alive = co_await system.kill_process(number, 0);
  if (alive) state.pid = number;
  co_return state;
}

Task<bool> start_daemon(System& system, BackgroundProgram program, std::string pid_file) {
  program.own_session = true;
  const std::int32_t pid = co_await system.spawn(program);
  const std::string content = fmt::format("{}\n", pid);
  const FileError error = co_await system.write_file(pid_file, content);
  co_return error == FileError::kNone;
}

Task<> end_daemon(System& system, std::string pid_file) {
  const DaemonState daemon = co_await look_at_daemon(system, pid_file);
  if (daemon.pid) co_await system.kill_process(*daemon.pid, kSigterm);
  if (daemon.has_file) co_await system.remove_file(pid_file);
}

Task<int> plain_server(System& system) {
  for (;;) co_await system.sleep(hours(1));
}

}  // namespace simcluster::agents
