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
  bool pending = false;
};

// How much of the history is told: `crm_mon -m LEVEL`.
enum class FencingLevel : unsigned char {
  kNothing,
  kFailures,   // failures, and what goes on; when nothing is said
  kSuccesses,  // successes, too; -m alone
  kEverything,
};

// In which words.
struct FencingWords {
  FencingLevel level = FencingLevel::kFailures;
  bool old = false;     // those of 2.0
  bool detail = false;  // -R
};

enum class FencingKind : unsigned char { kFailed, kPending, kSucceeded };

// One operation in technical words, as crm_mon -R and stonith_admin tell it.
std::string fencing_item(const FencingRecord& record, const FencingWords& words);

// The items of one kind, newest first, of those that are alike but for their time only the newest below level
// kEverything.
std::vector<std::string> fencing_items(std::span<const FencingRecord> history, FencingKind kind,
                                       const FencingWords& words);

}  // namespace simcluster::reports
