#include "engine/cib/crm_roles.h"

#include <charconv>
#include <utility>

namespace simcluster::cib {

bool has_old_roles(const Document& cib) {
  std::string_view schema = cib.root().value("validate-with");
  constexpr std::string_view kHead = "pacemaker-";
  if (!schema.starts_with(kHead)) return false;
  schema.remove_prefix(kHead.size());
  const char* const end = schema.data() + schema.size();
  std::pair<int, int> version;
  const auto major = std::from_chars(schema.data(), end, version.first);
  if (major.ptr != end && *major.ptr == '.') std::from_chars(major.ptr + 1, end, version.second);
  return version < std::pair(3, 7);
}

bool names_role(std::string_view name) {
  return name == "role" || name == "target-role" || name == "rsc-role" || name == "with-rsc-role";
}

std::string_view old_role(std::string_view role) {
  if (role == "Promoted") return "Master";
  return role == "Unpromoted" ? "Slave" : role;
}

}  // namespace simcluster::cib
