#include "tools/clusterd/system_error.h"

#include <system_error>

#include <fmt/core.h>

namespace simcluster::clusterd {

std::string system_reason(int error) { return std::generic_category().message(error); }

tl::unexpected<Error> system_failure(std::string_view what, int error) {
  return fail(fmt::format("cannot {}: {}", what, system_reason(error)));
}

}  // namespace simcluster::clusterd
