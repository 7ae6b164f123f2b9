#include "sim/scripts/box.h"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <fmt/core.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/scripts/box_program.h"

namespace simcluster::sim {

namespace {

constexpr int kControl = 3;         // as in tools/script_box/box.h
constexpr int kPatience = 120'000;  // ms of this computer's time; the box gives up earlier
constexpr std::string_view kName = "simcluster-script-box";

// The program lies in this one; a file in memory makes it a program.
int program_file() {
  const int file = memfd_create("simcluster-script-box", MFD_CLOEXEC);
  std::string_view rest = box_program();
  while (file >= 0 && !rest.empty()) {
    const ssize_t written = write(file, rest.data(), rest.size());
    if (written <= 0) break;
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
  return file;
}

std::string system_error(std::string_view what) { return fmt::format("{}: {}", what, std::strerror(errno)); }

}  // namespace

Result<std::unique_ptr<ScriptBox>> ScriptBox::open(const std::string& machine,
                                                   const std::vector<std::string>& commands) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return fail(system_error("cannot make a socket"));
  std::unique_ptr<ScriptBox> box(new ScriptBox());
  box->socket_ = ends[0];
  const int file = program_file();
  const std::string path = fmt::format("/proc/self/fd/{}", file);
  std::vector<std::string> words{std::string(kName), machine};
  words.insert(words.end(), commands.begin(), commands.end());
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  char path_variable[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
  char* environment[] = {path_variable, nullptr};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], kControl);
  const int error = posix_spawn(&box->pid_, path.c_str(), &actions, nullptr, arguments.data(), environment);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  close(file);
  if (error != 0) {
    box->pid_ = 0;
    errno = error;
    return fail(system_error("cannot start the box of a machine's scripts"));
  }
  const auto first = box->receive();
  if (!first) return tl::unexpected<Error>(first.error());
  if ((*first)[0] != "ready") return fail(first->size() > 1 ? (*first)[1] : "the box of the scripts did not start");
  return box;
}

ScriptBox::~ScriptBox() {
  if (socket_ >= 0) close(socket_);  // its first process ends, and everything in the box with it
  int status = 0;
  while (pid_ > 0 && waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
}

Result<Message> ScriptBox::receive() {
  Message message;
  while (!take_message(input_, message)) {
    pollfd wait{socket_, POLLIN, 0};
    const int ready = poll(&wait, 1, kPatience);
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return fail("the box of the scripts does not answer");
    char piece[65536];
    const ssize_t length = recv(socket_, piece, sizeof piece, 0);
    if (length < 0 && errno == EINTR) continue;
    if (length <= 0) return fail("the box of the scripts has ended");
    input_.append(piece, static_cast<std::size_t>(length));
  }
  return message;
}

Result<std::vector<Message>> ScriptBox::run() {
  send({"run"});
  std::string_view rest = output_;
  while (!rest.empty()) {
    const ssize_t sent = ::send(socket_, rest.data(), rest.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return fail("the box of the scripts has ended");
    rest.remove_prefix(static_cast<std::size_t>(sent));
  }
  output_.clear();
  std::vector<Message> all;
  for (;;) {
    auto message = receive();
    if (!message) return tl::unexpected<Error>(message.error());
    if ((*message)[0] == "rest") return all;
    if ((*message)[0] == "stuck")
      return fail("a script computed for a minute without a command that the simulator answers");
    all.push_back(std::move(*message));
  }
}

const std::string& why_no_scripts() {
  static const std::string why = [] {
    const auto box = ScriptBox::open("probe", {});
    return box ? std::string() : box.error().message;
  }();
  return why;
}

}  // namespace simcluster::sim
