#include "engine/base/assert.h"

#include <string_view>

#include <fmt/core.h>

namespace simcluster {

void assertion_failed(const char* file, int line, const char* text) {
  // The path below the source folder only: the text goes into traces, which must not depend on where the build stands.
  std::string_view path(file);
  for (std::string_view room : {"engine/", "sim/", "reports/", "tools/"})
    if (const auto at = path.rfind(room); at != std::string_view::npos) {
      path.remove_prefix(at);
      break;
    }
  throw AssertionFailure(fmt::format("{}:{}: assertion failed: {}", path, line, text));
}

}  // namespace simcluster
