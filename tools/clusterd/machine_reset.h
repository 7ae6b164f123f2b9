// Resets the machine at once.
#pragma once

#include <string>

namespace simcluster::clusterd {

// Runs `command` if there is one (it is expected to end this process too); else asks the kernel for an immediate
// restart, without unmounting anything. Does not return: a machine that is to be reset must do nothing more.
[[noreturn]] void reset_machine(const std::string& command);

}  // namespace simcluster::clusterd
