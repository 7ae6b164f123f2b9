#include "tools/script_box/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "tools/script_box/box.h"

namespace script_box {

namespace {

constexpr const char* kWritable[] = {"/run", "/var",   "/tmp",  "/etc", "/root",   "/srv",
                                     "/mnt", "/media", "/home", "/opt", "/dev/shm"};
// What is larger is no state file.
constexpr std::int64_t kLargest = 1 << 20;
// The kernel's stamps are coarse: a file that was changed this shortly ago may be changed again with the same stamp.
constexpr std::int64_t kCoarse = 50'000'000;

std::string content_of(const std::string& path) {
  std::string text;
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (file < 0) return text;
  char piece[65536];
  for (ssize_t length = 0; (length = read(file, piece, sizeof piece)) > 0;)
    text.append(piece, static_cast<std::size_t>(length));
  close(file);
  return text;
}

std::int64_t clock_now() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return now.tv_sec * 1'000'000'000LL + now.tv_nsec;
}

}  // namespace

void Files::walk(const std::string& path, Table& table) {
  DIR* directory = opendir(path.c_str());
  if (directory == nullptr) return;
  const std::int64_t now = clock_now();
  while (const dirent* entry = readdir(directory)) {
    const std::string name = entry->d_name;
    if (name == "." || name == "..") continue;
    const std::string full = path + "/" + name;
    struct stat found {};
    if (lstat(full.c_str(), &found) != 0) continue;
    Seen one;
    one.directory = S_ISDIR(found.st_mode);
    if (one.directory) {
      table[full] = one;
      walk(full, table);
      continue;
    }
    if (!S_ISREG(found.st_mode) || found.st_size > kLargest) continue;
    one.changed = found.st_ctim.tv_sec * 1'000'000'000LL + found.st_ctim.tv_nsec;
    one.size = found.st_size;
    one.inode = found.st_ino;
    const auto before = seen_.find(full);
    const bool same = before != seen_.end() && before->second.changed == one.changed &&
                      before->second.size == one.size && before->second.inode == one.inode &&
                      now - one.changed > kCoarse;
    one.content = same ? before->second.content : content_of(full);
    table[full] = std::move(one);
  }
  closedir(directory);
}

void Files::settle() { changes(); }

std::vector<simcluster::sim::Message> Files::changes() {
  Table now;
  for (const char* top : kWritable) walk(top, now);
  std::vector<simcluster::sim::Message> all;
  for (const auto& [path, before] : seen_)
    if (!now.contains(path)) all.push_back({"gone", path});
  for (const auto& [path, one] : now) {
    const auto before = seen_.find(path);
    const bool there = before != seen_.end() && before->second.directory == one.directory;
    if (one.directory && !there) all.push_back({"directory", path});
    if (!one.directory && (!there || before->second.content != one.content)) all.push_back({"file", path, one.content});
  }
  seen_ = std::move(now);
  return all;
}

void Files::write(const std::string& path, const std::string& content) {
  const std::size_t slash = path.rfind('/');
  if (slash != 0 && slash != std::string::npos) make_directories(path.substr(0, slash));
  unlink(path.c_str());
  write_file(path, content, path.starts_with("/usr/lib/ocf/resource.d/") ? 0755 : 0644);
}

void Files::make_directory(const std::string& path) { make_directories(path); }

void Files::remove(const std::string& path) {
  if (unlink(path.c_str()) != 0) rmdir(path.c_str());
}

}  // namespace script_box
