// The values of logging{} and its subsections (M 14.4).
#pragma once

#include <map>
#include <optional>
#include <string>

#include "engine/base/error.h"
#include "engine/base/profile.h"
#include "engine/membership/cmap.h"

namespace simcluster::membership {

// The first wrong value, in Corosync's words (exit status 7).
std::optional<Error> check_logging(const CmapEntries& map, const std::map<std::string, int, std::less<>>& lines,
                                   std::string_view file_name, const Profile& profile);

}  // namespace simcluster::membership
