// What cibadmin prints for --help, and when it does not understand.
#pragma once

#include <string_view>

namespace simcluster::commands {

std::string_view cibadmin_usage();

}  // namespace simcluster::commands
