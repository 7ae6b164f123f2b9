// How busy this machine is, for throttling (CM-7.13).
#pragma once

#include <cstdint>
#include <string_view>

#include "engine/base/host.h"
#include "engine/base/time.h"

namespace simcluster::clusterd {

// The one-minute average in the text of /proc/loadavg, in hundredths; 0 when there is none in it.
std::int64_t load_average_of(std::string_view loadavg);

// Processors that this process may run on.
int usable_cores();

// Looks at the machine from one call to the next.
class MachineLoad {
 public:
  MachineLoad();

  // The load average, and what this thread, in which the CIB manager runs among others, has used of a core since the
  // call before. At most once in a second; sooner, the last answer.
  HostLoad sample();

 private:
  Duration sampled_at_;
  Duration used_;
  HostLoad last_;
};

}  // namespace simcluster::clusterd
