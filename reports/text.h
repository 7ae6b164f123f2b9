// Small texts that several reports share.
#pragma once

#include <string>
#include <string_view>

#include "engine/base/time.h"

namespace simcluster::reports {

// "1h30m", "10s", "1.5s", "250ms", "0s": exact, in as few units as possible.
std::string duration_text(Duration duration);
// Time since the start of a run: "00:07:10.123", with "1d " in front after a day. Cut to milliseconds.
std::string clock_text(Duration since_start);
// "2013-12-26 20:00:00 UTC".
std::string date_text(Time at);
// Number of columns that UTF-8 text takes, one per code point.
std::size_t columns(std::string_view text);

}  // namespace simcluster::reports
