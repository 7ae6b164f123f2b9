// A command line in words.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/base/error.h"

namespace simcluster {

// As a POSIX shell splits it: at blanks, with quotes and backslashes, without anything that a shell would expand. An
// error says which quotation mark is not closed.
Result<std::vector<std::string>> split_shell_words(std::string_view line);

}  // namespace simcluster
