// The crm shell's configuration language (AT part G): text to CIB and back, with the ids that crmsh makes.
// All statements of AT-7.2 but `user`, the access control of the first generation.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/error.h"
#include "engine/cib/document.h"

namespace simcluster::cib {

// How objects that exist already are treated (AT-7.6).
enum class CrmLoad : std::uint8_t {
  kUpdate,   // a statement replaces the object of its id, ids of its parts are kept; sets of options are merged
  kReplace,  // all but nodes that are not mentioned is replaced
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

// Which objects are shown; empty: all.
using CrmSelection = std::function<bool(const Element& object)>;

// `crm configure show` (AT-7.5), current spelling.
std::string write_crm_shell(const Document& cib, const CrmSelection& selected = {});

// The same for `crm configure show [xml] WORD...` of crmsh 4.4 (black-box runs): ids, type:, tag:, related:, obscure:,
// changed, with `and` and `or` between them. An error names the object that does not exist.
Result<std::string> show_crm_objects(const Document& cib, std::vector<std::string_view> words);

}  // namespace simcluster::cib
