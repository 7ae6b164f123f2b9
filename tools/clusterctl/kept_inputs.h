// Which of the scheduler's inputs that a node keeps somebody means.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/base/error.h"

namespace simcluster::clusterctl {

// True for words that name an input: everything but options. "-2" is an input, too.
bool names_input(std::string_view word);

// The one of `kept` (file names, oldest first, not empty) that `word` means, in the crm shell's ways: "pe-warn-3", with
// ".bz2" or a path before it; "3", where only one series has that number; "-1", the one before the last. An error says
// that there is none, or which ones it may be.
Result<std::string> choose_input(const std::vector<std::string>& kept, std::string_view word);

}  // namespace simcluster::clusterctl
