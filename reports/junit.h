// JUnit XML, as CI servers read it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace simcluster::reports {

struct JunitCase {
  std::string suite;  // the scenario
  std::string name;   // the variant
  std::int64_t wall_ms = 0;
  bool failed = false;    // not as expected
  bool unusable = false;  // could not be run at all
  std::string message;    // one line
  std::string details;    // differences, expectations
};

// One testsuite per suite, in the order of their first cases.
std::string junit_xml(const std::vector<JunitCase>& cases);

}  // namespace simcluster::reports
