// The environment of the cluster manager's daemons: what /etc/sysconfig/pacemaker sets.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "engine/base/profile.h"

namespace simcluster::node {

inline constexpr std::string_view kSysconfigFile = "/etc/sysconfig/pacemaker";

// Name to value of the lines NAME=VALUE. Where a shell reads the file, only exported variables reach the daemons;
// where the service manager does, it takes plain assignments only (CM-14.22).
std::map<std::string, std::string, std::less<>> read_environment(std::string_view text, const Profile& profile);

}  // namespace simcluster::node
