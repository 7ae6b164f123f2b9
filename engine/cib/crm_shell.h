// The crm shell's configuration language (AT part G): text to CIB and back, with the ids that crmsh makes.
// All statements of AT-7.2 but `user`, the access control of the first generation.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/error.h"
#include "engine/cib/document.h"

namespace simcluster::cib {

// How objects that exist already are treated (AT-7.6).
enum class CrmLoad : std::uint8_t {
  kUpdate,   // a statement replaces the object of its id; property, rsc_defaults, op_defaults sets are merged
  kReplace,  // the whole configuration is replaced
};

// A CIB without any object: the four mandatory sections and an empty status.
Document empty_cib();

// Applies crm shell text to `cib`. `first_line` is the line number of the text's first line in `file_name`, for text
// that stands inside another file; every column is moved right by `indent`. An error names file, line, column and what
// was expected; `cib` is then unchanged.
Result<void> apply_crm_shell(Document& cib, std::string_view text, std::string_view file_name,
                             CrmLoad method = CrmLoad::kUpdate, int first_line = 1, int indent = 0);

// The text applied to an empty CIB.
Result<Document> parse_crm_shell(std::string_view text, std::string_view file_name, int first_line = 1, int indent = 0);

// `crm configure show` (AT-7.5), current spelling.
std::string write_crm_shell(const Document& cib);

}  // namespace simcluster::cib
