// What Corosync takes in a corosync.conf without a word, and nobody can have meant (CF-7, CF-8): keys and sections that
// it does not know, values that it does not look at, keys that are given twice.
#pragma once

#include <string_view>
#include <vector>

#include "engine/base/error.h"
#include "engine/base/profile.h"

namespace simcluster::membership {

// Sentences with file and line, in the file's order. For a text that parse_corosync_conf() takes; what it refuses is
// not told here.
std::vector<Error> conf_advice(std::string_view text, std::string_view file_name, const Profile& profile);

}  // namespace simcluster::membership
