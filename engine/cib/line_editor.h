// What sed does to a text, as far as people need it who change a configuration by a filter: `s` and `d`, for all lines
// or those that match.
#pragma once

#include <string>
#include <string_view>

#include "engine/base/error.h"

namespace simcluster::cib {

// `script`: commands separated by semicolons or newlines. A command is [ADDRESS]s/EXPRESSION/TEXT/[g] (any delimiter)
// or [ADDRESS]d; ADDRESS is /EXPRESSION/ or the number of a line. Expressions are POSIX basic ones; TEXT may have & and
// \1 to \9. An error says what is not understood.
Result<std::string> edit_lines(std::string_view text, std::string_view script);

}  // namespace simcluster::cib
