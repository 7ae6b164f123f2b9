// The names of roles in CIBs of old schemas, as crmsh 4.4 treats them (black-box runs).
#pragma once

#include <string_view>

#include "engine/cib/document.h"

namespace simcluster::cib {

// The schema of the CIB is older than pacemaker-3.7, which has Promoted and Unpromoted.
bool has_old_roles(const Document& cib);

// An attribute or nvpair of that name is a role.
bool names_role(std::string_view name);

// Master or Slave for Promoted or Unpromoted; anything else is left as it is.
std::string_view old_role(std::string_view role);

}  // namespace simcluster::cib
