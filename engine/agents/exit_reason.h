// What an agent says about its exit status.
#pragma once

#include <string>
#include <string_view>

namespace simcluster::agents {

// What stands behind the last "ocf-exit-reason:" on standard error, to the end of its line (AT-1.5, CM-8.14); empty:
// there is none.
std::string exit_reason_of(std::string_view error_output);

}  // namespace simcluster::agents
