// The files of one machine. What lies on a tmpfs is gone after a reboot, the rest stays. Directories exist by
// themselves; only those that were made by hand are kept, as locks (AT-1.6).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace simcluster::sim {

class FileStore {
 public:
  // nullptr when there is no such file.
  const std::string* find(std::string_view path) const;
  void write(std::string_view path, std::string_view content);
  // Adds to its end; makes it where there is none.
  void append(std::string_view path, std::string_view content);
  // The files whose paths begin so, by path.
  std::vector<std::string> list(std::string_view prefix) const;
  // False when there was none.
  bool remove(std::string_view path);
  bool exists(std::string_view path) const;
  // False when there is something of this name already.
  bool make_directory(std::string_view path);
  // A reboot: /run, /var/run, /tmp, /dev/shm, /var/lock and HA_RSCTMP below them are emptied.
  void clear_temporary();

  struct Entry {
    std::string content;
    bool directory = false;
  };
  using Entries = std::map<std::string, Entry, std::less<>>;
  // All of them, in the order of their paths.
  const Entries& entries() const { return entries_; }
  // Another number after every change.
  std::uint64_t revision() const { return revision_; }

 private:
  Entries entries_;
  std::uint64_t revision_ = 0;
};

}  // namespace simcluster::sim
