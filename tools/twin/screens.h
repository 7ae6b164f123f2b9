// What crm_mon printed in a run.
#pragma once

#include <string>
#include <vector>

#include "tools/twin/recording.h"

namespace simcluster::twin {

// The screens of crm_mon, in order, without what differs from run to run: times, the build behind Pacemaker's version.
std::vector<std::string> crm_mon_screens(const Lines& run);

}  // namespace simcluster::twin
