// Schema generations: documents that claim an older schema are brought to pacemaker-4.0 in our own code (S1 1.2).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/error.h"
#include "engine/cib/document.h"

namespace simcluster::cib {

inline constexpr std::string_view kNewestSchema = "pacemaker-4.0";

enum class UpgradeOutcome : std::uint8_t {
  kValid,          // the document is valid for the newest schema (or claims "none", which is never checked)
  kUnknownSchema,  // validate-with is missing or names no known schema, or the root is no `cib`
  kInvalid,        // it validates with no schema from the claimed one on
  kStuck,          // it validates, but what is no longer known could not be converted
};

struct UpgradeResult {
  UpgradeOutcome outcome = UpgradeOutcome::kValid;
  bool changed = false;       // the document is not what was given
  std::vector<Error> errors;  // what is wrong with it, empty for kValid
  std::string summary;        // the sentence that ends the report of kInvalid and kStuck (S1 C-1.4)
};

// True for pacemaker-1.0 to pacemaker-4.0 and "none" (S1 C-1.7).
bool is_known_schema(std::string_view name);

// Upgrades in place and validates the result (S1 C-1.8). A conversion runs only when the document is not valid without
// it. On failure the document is as it was.
UpgradeResult upgrade(Document& document);

}  // namespace simcluster::cib
