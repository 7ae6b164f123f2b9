// Assertions that stay on in release builds. In a simulated node a violated assertion is a crash of that node in the
// trace and a failed run; in the daemon it ends the process.
#pragma once

#include <stdexcept>

namespace simcluster {

class AssertionFailure : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

// Throws AssertionFailure with "file:line: assertion failed: text".
[[noreturn]] void assertion_failed(const char* file, int line, const char* text);

}  // namespace simcluster

#define SIMCLUSTER_ASSERT(condition) \
  ((condition) ? static_cast<void>(0) : ::simcluster::assertion_failed(__FILE__, __LINE__, #condition))
