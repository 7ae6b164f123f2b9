// Exit codes of agents (AT-1.4, CM H.4).
#pragma once

#include <string_view>

#include "engine/base/profile.h"
#include "engine/executor/operation.h"

namespace simcluster::executor {

// What an agent's exit code means in OCF terms: LSB init scripts answer in a language of their own (AT-1.4).
int to_ocf_exit_code(std::string_view standard, std::string_view action, int exit_code);

// "ok", "not running", ...: lower-case text of the profile's version.
std::string_view exit_code_text(int rc, const Profile& profile);

// "complete", "Timed Out", ... (CM-8.19).
std::string_view op_status_text(ExecStatus status, const Profile& profile);

}  // namespace simcluster::executor
