// Who uses the file system of a block device, for judges.
#pragma once

#include <string>
#include <vector>

#include "engine/base/ids.h"

namespace simcluster::sim {

struct StorageUse {
  std::string storage;
  std::string file_system;
  bool cluster_aware = false;
  struct User {
    NodeIndex machine;
    bool writes = true;
  };
  std::vector<User> users;
};

}  // namespace simcluster::sim
