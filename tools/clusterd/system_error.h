// Errors of system calls as values.
#pragma once

#include <cerrno>
#include <string>
#include <string_view>

#include "engine/base/error.h"

namespace simcluster::clusterd {

// "cannot WHAT: reason", with the reason of errno.
tl::unexpected<Error> system_failure(std::string_view what, int error = errno);
std::string system_reason(int error);

}  // namespace simcluster::clusterd
