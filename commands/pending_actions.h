// What a cluster has still to do, in the words of crm_resource --wait: "Action 2: d_start_0	on node1".
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/base/profile.h"
#include "engine/cib/document.h"

namespace simcluster::commands {

// What the scheduler would have done with this CIB, and otherwise what is under way; empty: nothing. `now` in seconds
// since 1970.
std::vector<std::string> pending_actions(const cib::Document& cib, const Profile& profile, std::int64_t now,
                                         bool quorate);

// Operations that an executor was asked for and has not answered yet (CM-8.6).
std::vector<std::string> running_operations(const cib::Document& cib);

}  // namespace simcluster::commands
