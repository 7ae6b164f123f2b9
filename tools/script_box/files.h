// The files that scripts have written, for the simulator's own disk, and the other way round.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "sim/scripts/message.h"

namespace script_box {

class Files {
 public:
  // Everything there is now was made by the box or the simulator, and is no change.
  void settle();
  // What has changed since the last call, in the order of the paths: {"file", PATH, CONTENT}, {"directory", PATH} and
  // {"gone", PATH}.
  std::vector<simcluster::sim::Message> changes();
  // The simulator's own changes; settle() is to follow.
  void write(const std::string& path, const std::string& content);
  void make_directory(const std::string& path);
  void remove(const std::string& path);

 private:
  struct Seen {
    bool directory = false;
    std::int64_t changed = 0;  // ns
    std::int64_t size = 0;
    std::uint64_t inode = 0;
    std::string content;
  };
  using Table = std::map<std::string, Seen>;
  void walk(const std::string& path, Table& table);

  Table seen_;
};

}  // namespace script_box
