// crm resource restart: stopped, and begun again when that is done.
#pragma once

#include <span>
#include <string>

#include "engine/base/error.h"

namespace simcluster::clusterctl {

// Orders the resources to stop, waits until none of them is active anywhere, and orders them to start, as crmsh does
// and in its words, which are printed. An error when one does not stop although the cluster has nothing more to do:
// they are ordered to start all the same.
Result<void> restart_resources(const std::string& socket_path, std::span<const std::string> resources);

}  // namespace simcluster::clusterctl
