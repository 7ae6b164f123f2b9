// What stonith_admin of Pacemaker 2.0 and later answers: of the past (--history, --last), and of the devices of a node
// (-L, -l, -s, -Q) (AT-9.5, runs of 2.1.5).
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/error.h"
#include "reports/crm_mon_fencing.h"

namespace simcluster::reports {

struct FencingQuestion {
  enum class Kind : unsigned char { kHistory, kLast, kDevices, kTargets, kStatus };
  Kind kind = Kind::kHistory;
  bool about_devices() const { return kind == Kind::kDevices || kind == Kind::kTargets || kind == Kind::kStatus; }
  std::string request;  // the command line
  std::string target;   // a node, or "*" for all; a device; empty: all devices
  bool verbose = false;
  bool quiet = false;
  bool xml = false;
};

// None: the command asks something else. An error names the option that is not known.
Result<std::optional<FencingQuestion>> parse_fencing_question(std::string_view command);

// Of the past. `old`: in the words of 2.0.
std::string fencing_answer(const FencingQuestion& question, std::span<const FencingRecord> history, bool old);

// What the devices said.
struct FencingDevices {
  bool known = true;  // there is such a device
  bool ok = true;
  std::vector<std::string> names;
  std::string reason;  // why it did not answer
};
// Of the devices, standard error before standard output, and the exit status when it is not 0.
std::string devices_answer(const FencingQuestion& question, const FencingDevices& devices);

}  // namespace simcluster::reports
