// What requests of the tools do to a CIB (AT-9.1, measured on files with cibadmin of 2.1.5).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/cib/document.h"

namespace simcluster::commands {

enum class CibError : std::uint8_t {
  kNone,
  kNoSuchObject,
  kExists,
  kInvalid,     // the request makes no sense
  kSchema,      // what came of it is no valid CIB
  kOld,         // its version is older than what is here
  kFeatureSet,  // the CIB is of a newer release
};
// "File exists", and what the tools leave with.
std::string_view error_text(CibError error);
int exit_status_of(CibError error);

struct CibChange {
  enum class Kind : std::uint8_t { kCreate, kModify, kReplace, kDelete, kPatch, kBump, kErase, kUpgrade };
  Kind kind = Kind::kModify;
  std::string section;           // -o; empty: the whole CIB
  std::string xpath;             // -A
  cib::Element data = {};        // -X, -x, -p; none: nothing was given
  bool may_create = false;       // -c
  bool all = false;              // -d: everything that the xpath finds
  std::string feature_set = {};  // the newest that the release knows; empty: any
};

struct CibAnswer {
  CibError error = CibError::kNone;
  std::string refused;  // kSchema: the CIB that was not taken, as text
  std::string failed;   // kCreate: which object could not be made, and why, as text
  bool changed = false;
};

// An error leaves `cib` as it was. Otherwise its version has grown if anything is new.
CibAnswer change_cib(cib::Document& cib, const CibChange& change);

// The section of that name; none when there is none, the root for a name that is no section.
cib::Element find_section(const cib::Document& cib, std::string_view section);

// "/cib/configuration/resources/clone[@id='ms']"
std::string path_text(const cib::Element& element);

}  // namespace simcluster::commands
