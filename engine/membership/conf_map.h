// From the sections of corosync.conf to the flat, typed map (CF-2, M 14.3, 14.4), with the checks that Corosync makes
// while it reads: types and ranges, words out of a list, names of keys.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "engine/base/error.h"
#include "engine/base/profile.h"
#include "engine/membership/cmap.h"
#include "engine/membership/conf_reader.h"

namespace simcluster::membership {

struct ConfMap {
  CmapEntries entries;
  std::map<std::string, int, std::less<>> lines;  // of keys and of numbered sections ("nodelist.node.0")
  std::optional<Error> error;                     // the first one in the file
};

ConfMap map_conf(const ConfSection& top, std::string_view file_name, const Profile& profile);

// The type of a key in a section ("totem.interface", "knet_link_priority").
CmapType conf_key_type(std::string_view section, std::string_view key);

}  // namespace simcluster::membership
