// The line grammar of corosync.conf (M 14.2): sections and keys, without knowing any of them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/base/error.h"

namespace simcluster::membership {

struct ConfKey {
  std::string name;
  std::string value;
  int line = 0;
};

struct ConfSection {
  std::string name;  // empty at the top
  int line = 0;
  std::vector<ConfKey> keys;          // in file order
  std::vector<ConfSection> sections;  // in file order
};

// The error has Corosync's text and the place (CF-5, CF-6).
Result<ConfSection> read_conf(std::string_view text, std::string_view file_name);

}  // namespace simcluster::membership
