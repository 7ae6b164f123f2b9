// The line grammar of corosync.conf (M 14.2): sections and keys, without knowing any of them.
#pragma once

#include <optional>
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
  int end_line = 0;                   // of the closing brace
  std::vector<ConfKey> keys;          // in file order
  std::vector<ConfSection> sections;  // in file order
};

struct ConfTree {
  ConfSection top;
  // The first mistake in the grammar, with Corosync's text and the place (CF-5, CF-6). `top` holds what stands before.
  std::optional<Error> error;
};

ConfTree read_conf(std::string_view text, std::string_view file_name);

}  // namespace simcluster::membership
