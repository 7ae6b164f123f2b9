// Times as text, without clock, locale or time zone of the machine.
#pragma once

#include <string>

#include "engine/base/time.h"

namespace simcluster {

// "Thu Dec  1 17:16:45 2011", in UTC (as ctime does, without its newline).
std::string ctime_text(Time at);

// "2011-12-01 17:16:45,123", in UTC, as the log lines of Python programs begin.
std::string log_time_text(Time at);

}  // namespace simcluster
