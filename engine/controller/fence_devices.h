// The fence devices that a node may use, as the configuration has them (CM-10.1).
#pragma once

#include <string_view>
#include <vector>

#include "engine/base/time.h"
#include "engine/cib/document.h"
#include "engine/fencer/fencer.h"

namespace simcluster::controller {

// Every stonith-class primitive that is not disabled and that location constraints, their rules among them, do not keep
// off `node`; whether it is started there does not matter. A constraint on a group or clone counts for what is in it.
std::vector<fencer::Device> usable_devices(const cib::Element& configuration, const cib::Element& status,
                                           std::string_view node, Time now);

}  // namespace simcluster::controller
