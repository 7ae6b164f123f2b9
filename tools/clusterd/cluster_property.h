// Properties of the cluster (crm_config) as a CIB has them, and those by which `clusterctl restart` and the daemons
// understand each other.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/cib/document.h"

namespace simcluster::clusterd {

inline constexpr std::string_view kMaintenanceMode = "maintenance-mode";
inline constexpr std::string_view kRestartingNode = "restarting-node";  // whose restart the mode is for
inline constexpr std::string_view kRestartUntil = "restart-until";      // when it must be over, seconds since 1970
inline constexpr std::string_view kRestartBefore = "restart-before";    // the mode before, if it was set

struct ClusterProperty {
  std::string id, value;
};

std::optional<ClusterProperty> find_property(const cib::Document& cib, std::string_view name);

}  // namespace simcluster::clusterd
