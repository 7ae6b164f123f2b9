// Archives of small text files in the format ustar (POSIX).
#pragma once

#include <map>
#include <string>

#include "engine/base/error.h"
#include "engine/base/time.h"

namespace simcluster::reports {

// The bytes of an archive with these files, by path; folders are not listed of their own. An error: a path is longer
// than the format takes (100 bytes).
Result<std::string> ustar_archive(const std::map<std::string, std::string>& files, Time modified);

}  // namespace simcluster::reports
