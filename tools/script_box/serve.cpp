// The first process of the box.
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <list>
#include <map>
#include <utility>

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sim/scripts/message.h"
#include "tools/script_box/box.h"
#include "tools/script_box/files.h"
#include "tools/script_box/rest.h"

namespace script_box {

namespace {

using simcluster::sim::append_message;
using simcluster::sim::Message;
using simcluster::sim::take_message;

constexpr std::int64_t kPatience = 60'000'000'000;  // a script that computes longer than this without a question

std::int64_t monotonic() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1'000'000'000LL + now.tv_nsec;
}

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> all;
  for (std::string& word : words) all.push_back(word.data());
  all.push_back(nullptr);
  return all;
}

class Server {
 public:
  int run();

 private:
  struct Script {
    pid_t pid = 0;
    int pipes[2] = {-1, -1};  // standard output and standard error
    std::string text[2];
  };
  struct Question {
    std::uint64_t number = 0;  // 0: not told yet
    int socket = -1;
    pid_t pid = 0;
    bool in_group = true;  // of the script's process group
    std::string script;
    std::string input;
    Message words;
    bool complete = false;
  };

  void listen_for_commands();
  bool read_control();
  void obey(const Message& message);
  void begin(const Message& message);
  void start(const Message& message);
  void answer(const Message& message);
  void halt();
  void run_to_rest();
  bool handle_ready(int timeout_us);
  void accept_one();
  bool read_question(Question& question);
  bool drain(Script& script);
  bool reap();
  void report();
  void send(const Message& message) { append_message(output_, message); }
  void flush();
  std::string script_of(pid_t pid) const;

  int listener_ = -1;
  std::string input_;
  std::string output_;
  std::vector<Message> begins_;
  std::map<std::string, Script> scripts_;
  std::list<Question> questions_;
  std::vector<Message> ended_;
  std::vector<std::uint64_t> closed_;
  std::uint64_t next_question_ = 1;
  Rest rest_;
  Files files_;
};

void Server::listen_for_commands() {
  listener_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  strncpy(address.sun_path, kSocket, sizeof address.sun_path - 1);
  if (bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || listen(listener_, 128) != 0)
    give_up(std::string("cannot listen for commands: ") + strerror(errno));
  chmod(kSocket, 0777);
}

int Server::run() {
  signal(SIGPIPE, SIG_IGN);
  listen_for_commands();
  // Above what simulated processes have.
  if (FILE* most = fopen("/.sim/proc/sys/kernel/pid_max", "re")) {
    long number = 0;
    if (fscanf(most, "%ld", &number) == 1 && number > 65536)
      write_file("/.sim/proc/sys/kernel/ns_last_pid", "32768", 0);
    fclose(most);
  }
  files_.settle();
  send({"ready"});
  flush();
  while (read_control()) {
  }
  return 0;
}

bool Server::read_control() {
  char piece[65536];
  const ssize_t length = read(kControl, piece, sizeof piece);
  if (length < 0 && errno == EINTR) return true;
  if (length <= 0) return false;
  input_.append(piece, static_cast<std::size_t>(length));
  Message message;
  while (take_message(input_, message)) obey(message);
  return true;
}

void Server::obey(const Message& message) {
  const std::string& verb = message[0];
  if (verb == "run") return run_to_rest();
  if (verb == "write") return files_.write(message[1], message[2]);
  if (verb == "mkdir") return files_.make_directory(message[1]);
  if (verb == "remove") return files_.remove(message[1]);
  if (verb == "halt") return halt();
  // What lets a script go on waits until all files are as they are to be: it would be faster than the next message, and
  // what it writes would pass for the simulator's own.
  begins_.push_back(message);
}

void Server::begin(const Message& message) {
  const std::string& verb = message[0];
  if (verb == "start") return start(message);
  if (verb == "answer") return answer(message);
  if (verb == "kill") {  // SCRIPT: its whole process group
    const auto found = scripts_.find(message[1]);
    if (found != scripts_.end()) ::kill(-found->second.pid, SIGKILL);
    return;
  }
  if (verb == "drop") {  // NUMBER: the command that asked is killed
    for (Question& question : questions_)
      if (std::to_string(question.number) == message[1]) ::kill(question.pid, SIGKILL);
  }
}

// Nothing is left, and every process id is free again.
void Server::halt() {
  ::kill(-1, SIGKILL);
  while (waitpid(-1, nullptr, 0) > 0 || errno == EINTR) {
  }
  for (auto& [key, script] : scripts_)
    for (const int pipe : script.pipes) close(pipe);
  scripts_.clear();
  for (const Question& question : questions_) close(question.socket);
  questions_.clear();
  ended_.clear();
  closed_.clear();
  begins_.clear();
}

// {"start", KEY, PID, ARGUMENTS, program, arguments..., environment...}
void Server::start(const Message& message) {
  const std::size_t count = static_cast<std::size_t>(atoi(message[3].c_str()));
  std::vector<std::string> arguments(message.begin() + 4, message.begin() + 4 + static_cast<std::ptrdiff_t>(count));
  std::vector<std::string> environment(message.begin() + 4 + static_cast<std::ptrdiff_t>(count), message.end());
  environment.push_back(std::string(kMark) + "=" + message[1]);
  int out[2];
  int err[2];
  if (pipe2(out, O_CLOEXEC) != 0 || pipe2(err, O_CLOEXEC) != 0) give_up("cannot make pipes");
  for (const int end : {out[0], err[0]}) fcntl(end, F_SETFL, O_NONBLOCK);
  pid_t wanted = atoi(message[2].c_str());
  clone_args how{};
  how.exit_signal = SIGCHLD;
  how.set_tid = reinterpret_cast<std::uint64_t>(&wanted);
  how.set_tid_size = 1;
  long pid = syscall(SYS_clone3, &how, sizeof how);
  if (pid < 0) pid = fork();
  if (pid == 0) {
    setsid();
    dup2(open("/dev/null", O_RDONLY), 0);
    dup2(out[1], 1);
    dup2(err[1], 2);
    close(kControl);
    signal(SIGPIPE, SIG_DFL);
    const std::vector<char*> argv = pointers(arguments);
    const std::vector<char*> envp = pointers(environment);
    execve(argv[0], argv.data(), envp.data());
    // As the executor tells it: not installed, or not permitted.
    dprintf(2, "%s: %s\n", argv[0], strerror(errno));
    _exit(errno == ENOENT ? 5 : errno == EACCES || errno == ENOEXEC ? 4 : 1);
  }
  close(out[1]);
  close(err[1]);
  Script script;
  script.pid = static_cast<pid_t>(pid);
  script.pipes[0] = out[0];
  script.pipes[1] = err[0];
  scripts_[message[1]] = script;
}

// {"answer", NUMBER, exit code, output, error, program and arguments to go on with...}
void Server::answer(const Message& message) {
  for (auto it = questions_.begin(); it != questions_.end(); ++it) {
    if (std::to_string(it->number) != message[1]) continue;
    std::string bytes;
    append_message(bytes, Message(message.begin() + 2, message.end()));
    std::string_view rest = bytes;
    while (!rest.empty()) {
      const ssize_t sent = ::send(it->socket, rest.data(), rest.size(), MSG_NOSIGNAL);
      if (sent <= 0) break;
      rest.remove_prefix(static_cast<std::size_t>(sent));
    }
    close(it->socket);
    questions_.erase(it);
    return;
  }
}

std::string Server::script_of(pid_t pid) const {
  const pid_t session = getsid(pid);
  for (const auto& [key, script] : scripts_)
    if (script.pid == session) return key;
  return {};
}

void Server::accept_one() {
  const int one = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  if (one < 0) return;
  Question question;
  question.socket = one;
  ucred peer{};
  socklen_t length = sizeof peer;
  if (getsockopt(one, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0) question.pid = peer.pid;
  questions_.push_back(std::move(question));
}

// False: who asked is gone.
bool Server::read_question(Question& question) {
  char piece[65536];
  const ssize_t length = recv(question.socket, piece, sizeof piece, MSG_DONTWAIT);
  if (length == 0 || (length < 0 && errno != EAGAIN && errno != EINTR)) return false;
  if (length < 0) return true;
  question.input.append(piece, static_cast<std::size_t>(length));
  if (question.complete || !take_message(question.input, question.words)) return true;
  question.complete = true;
  question.script = question.words[0].empty() ? script_of(question.pid) : question.words[0];
  question.words.erase(question.words.begin());
  const auto found = scripts_.find(question.script);
  question.in_group = found != scripts_.end() && getpgid(question.pid) == found->second.pid;
  return true;
}

bool Server::drain(Script& script) {
  bool some = false;
  for (int i = 0; i < 2; ++i) {
    if (script.pipes[i] < 0) continue;
    char piece[65536];
    for (ssize_t length = 0; (length = read(script.pipes[i], piece, sizeof piece)) > 0; some = true)
      script.text[i].append(piece, static_cast<std::size_t>(length));
  }
  return some;
}

bool Server::reap() {
  bool some = false;
  int status = 0;
  for (pid_t pid = 0; (pid = waitpid(-1, &status, WNOHANG)) > 0; some = true) {
    for (auto& [key, script] : scripts_) {
      if (script.pid != pid) continue;
      const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
      ended_.push_back({"exit", key, std::to_string(code)});
    }
  }
  return some;
}

// True when something had happened.
bool Server::handle_ready(int timeout_us) {
  std::vector<pollfd> all{{listener_, POLLIN, 0}};
  for (const Question& question : questions_) all.push_back({question.socket, POLLIN, 0});
  timespec timeout{0, timeout_us * 1000L};
  const int ready = ppoll(all.data(), all.size(), &timeout, nullptr);
  bool some = false;
  std::size_t at = 1;
  if (ready > 0) {
    for (auto it = questions_.begin(); it != questions_.end(); ++at) {
      const bool gone = all[at].revents != 0 && !read_question(*it);
      some = some || all[at].revents != 0;
      if (!gone) {
        ++it;
        continue;
      }
      if (it->number != 0) closed_.push_back(it->number);
      close(it->socket);
      it = questions_.erase(it);
    }
    if (all[0].revents != 0) {
      accept_one();
      some = true;
    }
  }
  for (auto& [key, script] : scripts_) some = drain(script) || some;
  return reap() || some;
}

void Server::run_to_rest() {
  files_.settle();
  for (const Message& message : std::exchange(begins_, {})) begin(message);
  const std::int64_t begun = monotonic();
  int wait = 0;
  for (;;) {
    if (handle_ready(wait)) {
      wait = 0;
      continue;
    }
    const bool asked = std::all_of(questions_.begin(), questions_.end(), [](const Question& q) { return q.complete; });
    if (asked && rest_.reached() && !handle_ready(0)) break;
    wait = 100;
    if (monotonic() - begun > kPatience) {
      send({"stuck"});
      break;
    }
  }
  report();
  flush();
}

void Server::report() {
  for (const Message& message : files_.changes()) send(message);
  for (auto& [key, script] : scripts_)
    for (int i = 0; i < 2; ++i) {
      if (script.text[i].empty()) continue;
      send({i == 0 ? "output" : "error", key, script.text[i]});
      script.text[i].clear();
    }
  std::sort(closed_.begin(), closed_.end());
  for (const std::uint64_t number : closed_) send({"closed", std::to_string(number)});
  closed_.clear();
  // Commands that ask at the same time, in an order that does not depend on who was faster.
  std::vector<Question*> fresh;
  for (Question& question : questions_)
    if (question.number == 0) fresh.push_back(&question);
  std::sort(fresh.begin(), fresh.end(), [](const Question* a, const Question* b) {
    if (a->script != b->script) return a->script < b->script;
    return a->words != b->words ? a->words < b->words : a->pid < b->pid;
  });
  for (Question* question : fresh) {
    question->number = next_question_++;
    Message message{"question", question->script, std::to_string(question->number), question->in_group ? "1" : "0",
                    std::to_string(question->pid)};
    message.insert(message.end(), question->words.begin(), question->words.end());
    send(message);
  }
  std::sort(ended_.begin(), ended_.end());
  for (const Message& message : ended_) {
    send(message);
    Script& script = scripts_[message[1]];
    for (const int pipe : script.pipes) close(pipe);
    scripts_.erase(message[1]);
  }
  ended_.clear();
  send({"rest"});
}

void Server::flush() {
  std::string_view rest = output_;
  while (!rest.empty()) {
    const ssize_t written = write(kControl, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) _exit(0);
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
  output_.clear();
}

}  // namespace

int serve() { return Server().run(); }

}  // namespace script_box
