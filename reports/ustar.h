// Archives of small text files in the format ustar (POSIX).
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/error.h"
#include "engine/base/time.h"

namespace simcluster::reports {

// The bytes of an archive with these files, by path; folders are not listed of their own. `links` are symbolic links,
// by path, and what they point to. An error: a path is longer than the format takes (100 bytes).
Result<std::string> ustar_archive(const std::map<std::string, std::string>& files, Time modified,
                                  const std::map<std::string, std::string>& links = {});
// The paths in an archive that ustar_archive() has made, in its order.
std::vector<std::string> ustar_names(std::string_view archive);

}  // namespace simcluster::reports
