// What the crm shell says of a configuration before it commits it (AT-7.8), as crmsh 4.4 does (black-box runs).
#pragma once

#include <cstdint>
#include <string>

#include "engine/base/profile.h"
#include "engine/cib/document.h"
#include "engine/node/node_agents.h"

namespace simcluster::node {

struct CheckReport {
  std::string text;      // lines that begin with WARNING or ERROR, each with a newline
  bool refused = false;  // nothing is committed, unless it is forced
};

// What `crm configure verify` prints of `wanted`: of every object.
CheckReport verify_configuration(const cib::Document& wanted, const Profile& profile, const NodeAgents& agents,
                                 std::int64_t now_seconds);

// What a commit prints of the objects that are new or changed since `before`. Nothing as long as there is no primitive.
CheckReport check_commit(const cib::Document& before, const cib::Document& wanted, const Profile& profile,
                         const NodeAgents& agents, std::int64_t now_seconds);

}  // namespace simcluster::node
