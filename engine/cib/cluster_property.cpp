#include "engine/cib/cluster_property.h"

namespace simcluster::cib {

std::optional<ClusterProperty> find_property(const Document& cib, std::string_view name) {
  for (const auto& set : cib.find_path("configuration/crm_config").children())
    for (const auto& pair : set.children())
      if (pair.value("name") == name)
        return ClusterProperty{std::string(pair.value("id")), std::string(pair.value("value"))};
  return std::nullopt;
}

}  // namespace simcluster::cib
