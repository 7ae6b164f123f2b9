// Roles in their numeric order, which comparisons use (S1 C-2.13, S2 V-1.1).
#pragma once

#include <cstdint>
#include <string_view>

namespace simcluster::scheduler {

enum class Role : std::uint8_t { kUnknown, kStopped, kStarted, kUnpromoted, kPromoted };

// Case-insensitive; Slave is Unpromoted, Master is Promoted; anything else is Unknown.
Role parse_role(std::string_view text);
// "Unknown", "Stopped", "Started", "Unpromoted", "Promoted".
std::string_view role_name(Role role);

}  // namespace simcluster::scheduler
