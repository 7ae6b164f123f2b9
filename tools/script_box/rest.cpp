#include "tools/script_box/rest.h"

#include <cstdlib>
#include <string_view>

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

namespace script_box {

namespace {

std::string read_all(const std::string& path) {
  std::string text;
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return text;
  char piece[4096];
  for (ssize_t length = 0; (length = read(file, piece, sizeof piece)) > 0;)
    text.append(piece, static_cast<std::size_t>(length));
  close(file);
  return text;
}

// The line that begins with this name; not the first one of the text.
std::string_view line_of(std::string_view text, std::string_view name) {
  std::size_t begin = text.find("\n" + std::string(name));
  if (begin == std::string_view::npos) return {};
  ++begin;
  return text.substr(begin, text.find('\n', begin) - begin);
}

// Who was interrupted on its way to sleep is shown as asleep, but still waits for the processor, and may never sleep.
// The kernel tells the system call only of those that have left the processor's queue.
bool left_queue(const std::string& process) {
  const std::string call = read_all(process + "/syscall");
  if (!call.empty()) return !call.starts_with("running");
  return read_all(process + "/wchan") != "0";
}

}  // namespace

bool Rest::look(Look& seen) {
  DIR* directory = opendir("/.sim/proc");
  if (directory == nullptr) return false;
  bool all_sleep = true;
  while (const dirent* entry = readdir(directory)) {
    const pid_t pid = static_cast<pid_t>(strtol(entry->d_name, nullptr, 10));
    if (pid <= 1) continue;
    const std::string process = "/.sim/proc/" + std::to_string(pid);
    const std::string status = read_all(process + "/status");
    const std::string_view state = line_of(status, "State:");
    const char letter = state.size() > 7 ? state[7] : '?';
    all_sleep = letter == 'Z' || letter == 'T' || (letter == 'S' && left_queue(process));
    seen[pid] = std::string(line_of(status, "voluntary_ctxt_switches:")) +
                std::string(line_of(status, "nonvoluntary_ctxt_switches:")) + letter;
    if (!all_sleep) break;
  }
  closedir(directory);
  return all_sleep;
}

bool Rest::reached() {
  Look first;
  Look second;
  return look(first) && look(second) && first == second;
}

}  // namespace script_box
