// What crm_mon of Pacemaker 2.0 and later tells of fencing (AT-8.5, AT-8.8).
#pragma once

#include <span>
#include <string>
#include <vector>

#include "engine/base/time.h"

namespace simcluster::reports {

// One operation of the fencing history (CM-10.17).
struct FencingRecord {
  std::string target;
  std::string action;
  std::string delegate;  // empty: nobody did it
  std::string client;
  std::string origin;
  std::string reason;
  Time completed;
  bool succeeded = false;
};

// The items of "Failed Fencing Actions", newest first: of every kind of failure the last one. `technical`: in the words
// of 2.0, and of 2.1 with -R.
std::vector<std::string> failed_fencing_items(std::span<const FencingRecord> history, bool technical, bool iso_dates);

}  // namespace simcluster::reports
