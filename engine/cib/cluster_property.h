// Properties of the cluster (crm_config) as a CIB has them, and those by which `clusterctl restart` and `clusterd`
// understand each other.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/cib/document.h"

namespace simcluster::cib {

inline constexpr std::string_view kMaintenanceMode = "maintenance-mode";
inline constexpr std::string_view kRestartingNode = "restarting-node";  // whose restart the mode is for
inline constexpr std::string_view kRestartUntil = "restart-until";      // when it must be over, seconds since 1970
inline constexpr std::string_view kRestartBefore = "restart-before";    // the mode before, if it was set

struct ClusterProperty {
  std::string id, value;
};

// The first nvpair of that name in the sets of crm_config, as they stand in the document; none where there is none.
std::optional<ClusterProperty> find_property(const Document& cib, std::string_view name);

}  // namespace simcluster::cib
