#include "tools/clusterd/agent_processes.h"

#include <array>
#include <cerrno>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/agents/exit_reason.h"
#include "engine/base/ocf.h"
#include "tools/clusterd/system_error.h"

namespace simcluster::clusterd {

namespace {

struct Pipe {
  FileDescriptor read;
  FileDescriptor write;
};

Result<Pipe> make_pipe() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return system_failure("create a pipe");
  return Pipe{FileDescriptor(ends[0]), FileDescriptor(ends[1])};
}

// Debian 12's wrapper of this call cannot be linked from C++.
int open_process(pid_t pid) { return static_cast<int>(syscall(SYS_pidfd_open, pid, 0)); }

void do_not_wait(const FileDescriptor& fd) { fcntl(fd.get(), F_SETFL, fcntl(fd.get(), F_GETFL) | O_NONBLOCK); }

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  result.reserve(texts.size() + 1);
  for (std::string& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

// The child starts with all signals unblocked and at their defaults, in a group of its own (AT-1.1).
struct SpawnAttributes {
  posix_spawnattr_t value;
  SpawnAttributes() {
    posix_spawnattr_init(&value);
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    sigdelset(&all, SIGKILL);
    sigdelset(&all, SIGSTOP);
    posix_spawnattr_setsigmask(&value, &none);
    posix_spawnattr_setsigdefault(&value, &all);
    posix_spawnattr_setpgroup(&value, 0);
    posix_spawnattr_setflags(&value, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  ~SpawnAttributes() { posix_spawnattr_destroy(&value); }
};

struct SpawnFiles {
  posix_spawn_file_actions_t value;
  SpawnFiles(int in, int out, int err) {
    posix_spawn_file_actions_init(&value);
    posix_spawn_file_actions_adddup2(&value, in, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&value, out, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&value, err, STDERR_FILENO);
  }
  ~SpawnFiles() { posix_spawn_file_actions_destroy(&value); }
};

}  // namespace

struct AgentProcesses::Run {
  AgentClient* client = nullptr;
  AgentRequest request;
  AgentCommand command;
  pid_t pid = -1;
  FileDescriptor process;  // readable when the leader has ended
  FileDescriptor input;
  FileDescriptor output;
  FileDescriptor error_output;
  std::size_t written = 0;
  AgentResult result;
};

AgentProcesses::AgentProcesses(EventLoop& loop, AgentPlaces places)
    : loop_(loop), places_(std::move(places)), alive_(std::make_shared<bool>(true)) {}

AgentProcesses::~AgentProcesses() {
  *alive_ = false;
  for (auto& [id, run] : runs_) {
    if (run->pid > 0) {
      killpg(run->pid, SIGKILL);
      waitpid(run->pid, nullptr, 0);
    }
    for (FileDescriptor* fd : {&run->process, &run->input, &run->output, &run->error_output}) close_pipe(*fd);
  }
}

AgentRunId AgentProcesses::run(const AgentRequest& request, AgentClient& client) {
  const AgentRunId id(next_++);
  Run& run = *(runs_[id] = std::make_unique<Run>());
  run.client = &client;
  run.request = request;
  auto command = agent_command(request, places_);
  if (!command) {
    fail_later(id, command.error().message);
    return id;
  }
  run.command = std::move(*command);
  start(id, run);
  return id;
}

void AgentProcesses::start(AgentRunId id, Run& run) {
  auto in = make_pipe();
  auto out = make_pipe();
  auto err = make_pipe();
  if (!in || !out || !err) return fail_later(id, "no file descriptors are left");
  std::vector<char*> arguments = pointers(run.command.arguments);
  std::vector<char*> environment = pointers(run.command.environment);
  const SpawnAttributes attributes;
  const SpawnFiles files(in->read.get(), out->write.get(), err->write.get());
  const int error =
      posix_spawn(&run.pid, arguments[0], &files.value, &attributes.value, arguments.data(), environment.data());
  if (error != 0) {
    run.pid = -1;
    return fail_later(id, "cannot execute " + run.command.arguments[0] + ": " + system_reason(error));
  }
  run.process = FileDescriptor(open_process(run.pid));
  run.input = std::move(in->write);
  run.output = std::move(out->read);
  run.error_output = std::move(err->read);
  for (const FileDescriptor* fd : {&run.input, &run.output, &run.error_output}) do_not_wait(*fd);
  watch_output(id, run.output.get(), &AgentResult::output);
  watch_output(id, run.error_output.get(), &AgentResult::error_output);
  loop_.watch(run.process.get(), EPOLLIN, [this, id](std::uint32_t) { on_end(id); });
  if (run.command.input.empty())
    run.input.reset();
  else
    loop_.watch(run.input.get(), EPOLLOUT, [this, id](std::uint32_t) { write_input(id); });
}

void AgentProcesses::watch_output(AgentRunId id, int fd, std::string AgentResult::*text) {
  loop_.watch(fd, EPOLLIN, [this, id, fd, text](std::uint32_t) { read_output(id, fd, text); });
}

void AgentProcesses::read_output(AgentRunId id, int fd, std::string AgentResult::*text) {
  Run& run = *runs_.at(id);
  std::array<char, 16'384> piece;
  while (true) {
    const ssize_t got = ::read(fd, piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return;
    if (got == 0) return close_pipe(fd == run.output.get() ? run.output : run.error_output);
    std::string& kept = run.result.*text;
    kept.append(piece.data(), std::min(static_cast<std::size_t>(got), kMaxOutput - kept.size()));
  }
}

void AgentProcesses::write_input(AgentRunId id) {
  Run& run = *runs_.at(id);
  const std::string_view rest = std::string_view(run.command.input).substr(run.written);
  const ssize_t done = ::write(run.input.get(), rest.data(), rest.size());
  if (done < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (done > 0) run.written += static_cast<std::size_t>(done);
  // An agent that does not read to the end is free to do so.
  if (done < 0 || run.written == run.command.input.size()) close_pipe(run.input);
}

void AgentProcesses::close_pipe(FileDescriptor& fd) {
  if (fd) loop_.forget(fd.get());
  fd.reset();
}

void AgentProcesses::signal(AgentRunId id, int signal) {
  const auto it = runs_.find(id);
  if (it == runs_.end() || it->second->pid <= 0) return;
  if (it->second->request.spares_children) {
    kill(it->second->pid, signal);
  } else {
    killpg(it->second->pid, signal);
  }
}

// What the leader left running may keep the pipes open: what is in them now is all that counts.
void AgentProcesses::on_end(AgentRunId id) {
  Run& run = *runs_.at(id);
  int status = 0;
  if (waitpid(run.pid, &status, WNOHANG) != run.pid) return;
  run.pid = -1;
  if (run.output) read_output(id, run.output.get(), &AgentResult::output);
  if (run.error_output) read_output(id, run.error_output.get(), &AgentResult::error_output);
  if (WIFSIGNALED(status))
    run.result.signal = WTERMSIG(status);
  else
    run.result.exit_code = exit_code_for_executor(run.request, WEXITSTATUS(status));
  run.result.exit_reason = agents::exit_reason_of(run.result.error_output);
  report(id);
}

void AgentProcesses::fail_later(AgentRunId id, std::string reason) {
  AgentResult& result = runs_.at(id)->result;
  result.exit_code = kOcfErrInstalled;
  result.exit_reason = reason;
  result.error_output = std::move(reason);
  loop_.defer([this, id, alive = alive_] {
    if (*alive) report(id);
  });
}

void AgentProcesses::report(AgentRunId id) {
  const auto it = runs_.find(id);
  const std::unique_ptr<Run> run = std::move(it->second);
  runs_.erase(it);
  for (FileDescriptor* fd : {&run->process, &run->input, &run->output, &run->error_output}) close_pipe(*fd);
  run->client->on_agent_exit(id, run->result);
}

}  // namespace simcluster::clusterd
