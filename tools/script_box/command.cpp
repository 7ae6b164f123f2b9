// One command of the box, under the name of the one that it stands for.
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "sim/scripts/message.h"
#include "tools/script_box/box.h"

namespace script_box {

namespace {

using simcluster::sim::append_message;
using simcluster::sim::Message;
using simcluster::sim::take_message;

void put(int file, const std::string& text) {
  std::string_view rest = text;
  while (!rest.empty()) {
    const ssize_t written = write(file, rest.data(), rest.size());
    if (written <= 0) return;
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
}

std::string standard_input() {
  std::string text;
  char piece[65536];
  for (ssize_t length = 0; (length = read(0, piece, sizeof piece)) > 0;)
    text.append(piece, static_cast<std::size_t>(length));
  return text;
}

// logger without a message logs what it reads.
bool logs_its_input(std::string_view name, int argc, char** argv) {
  if (name != "logger") return false;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word == "-t" || word == "-p" || word == "-f") {
      ++i;
    } else if (!word.starts_with("-")) {
      return false;
    }
  }
  return true;
}

bool exchange(const Message& question, Message& answer) {
  const int socket_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  strncpy(address.sun_path, kSocket, sizeof address.sun_path - 1);
  if (connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) return false;
  std::string bytes;
  append_message(bytes, question);
  put(socket_, bytes);
  bytes.clear();
  char piece[65536];
  for (;;) {
    const ssize_t length = recv(socket_, piece, sizeof piece, 0);
    if (length < 0 && errno == EINTR) continue;
    if (length <= 0) return false;
    bytes.append(piece, static_cast<std::size_t>(length));
    if (take_message(bytes, answer)) return true;
  }
}

// mktemp(1): the first name that is free, so that every run gets the same.
int make_temporary(int argc, char** argv) {
  bool directory = false;
  std::string folder;
  std::string name;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word == "-d" || word == "--directory") {
      directory = true;
    } else if (word == "-p" && i + 1 < argc) {
      folder = argv[++i];
    } else if (word.starts_with("--tmpdir=")) {
      folder = word.substr(9);
    } else if (word == "-t" || word == "--tmpdir") {
      folder = "/tmp";
    } else if (!word.starts_with("-")) {
      name = word;
    }
  }
  if (name.empty()) {
    name = "tmp.XXXXXXXXXX";
    if (folder.empty()) folder = "/tmp";
  }
  if (!folder.empty()) name = folder + "/" + name;
  const std::size_t end = name.find_last_of('X');
  std::size_t begin = end;
  while (begin != std::string::npos && begin > 0 && name[begin - 1] == 'X') --begin;
  const std::size_t width = end == std::string::npos ? 0 : end - begin + 1;
  if (width < 3) {
    fprintf(stderr, "mktemp: too few X's in template '%s'\n", name.c_str());
    return 1;
  }
  for (unsigned number = 0; number < 100000; ++number) {
    std::string digits = std::to_string(number);
    digits.insert(0, width > digits.size() ? width - digits.size() : 0, '0');
    std::string path = name;
    path.replace(begin, width, digits.substr(digits.size() - width));
    if (directory ? mkdir(path.c_str(), 0700) != 0
                  : close(open(path.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600)) != 0) {
      if (errno == EEXIST) continue;
      fprintf(stderr, "mktemp: failed to create %s via template '%s': %s\n", directory ? "directory" : "file",
              name.c_str(), strerror(errno));
      return 1;
    }
    puts(path.c_str());
    return 0;
  }
  return 1;
}

}  // namespace

int run_command(std::string_view name, int argc, char** argv) {
  if (name == "mktemp") return make_temporary(argc, argv);
  const char* mark = getenv(kMark);
  Message question{mark == nullptr ? "" : mark, "", std::string(name)};
  for (int i = 1; i < argc; ++i) question.emplace_back(argv[i]);
  if (logs_its_input(name, argc, argv)) question[1] = standard_input();
  Message answer;
  if (!exchange(question, answer) || answer.size() < 3) return 127;
  put(1, answer[1]);
  put(2, answer[2]);
  if (answer.size() > 3) {
    std::vector<char*> words;
    for (std::size_t i = 3; i < answer.size(); ++i) words.push_back(answer[i].data());
    words.push_back(nullptr);
    execv(words[0], words.data());
    fprintf(stderr, "%s: %s\n", words[0], strerror(errno));
    return 127;
  }
  return atoi(answer[0].c_str());
}

}  // namespace script_box
