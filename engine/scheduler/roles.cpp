#include "engine/scheduler/roles.h"

#include "engine/scheduler/text.h"

namespace simcluster::scheduler {

Role parse_role(std::string_view text) {
  if (equal_ignoring_case(text, "Stopped")) return Role::kStopped;
  if (equal_ignoring_case(text, "Started")) return Role::kStarted;
  if (equal_ignoring_case(text, "Unpromoted") || equal_ignoring_case(text, "Slave")) return Role::kUnpromoted;
  if (equal_ignoring_case(text, "Promoted") || equal_ignoring_case(text, "Master")) return Role::kPromoted;
  return Role::kUnknown;
}

std::string_view role_name(Role role) {
  switch (role) {
    case Role::kUnknown:
      return "Unknown";
    case Role::kStopped:
      return "Stopped";
    case Role::kStarted:
      return "Started";
    case Role::kUnpromoted:
      return "Unpromoted";
    case Role::kPromoted:
      return "Promoted";
  }
  return "Unknown";
}

}  // namespace simcluster::scheduler
