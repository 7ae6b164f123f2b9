// Questions that the crm shell hands to a tool of the cluster.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "commands/tool.h"

namespace simcluster::commands {

// `words` is what follows "crm": "resource status" is "crm_resource --list", "resource locate a b" one
// "crm_resource --locate" for each. The command line of each, with the tool's name first; none when it is no such
// question (black-box runs of crmsh 4.4).
std::vector<Arguments> questions_of_shell(std::span<const std::string> words);

}  // namespace simcluster::commands
