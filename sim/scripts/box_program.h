// The program of tools/script_box, which is a part of this one.
#pragma once

#include <string_view>

namespace simcluster::sim {

std::string_view box_program();

}  // namespace simcluster::sim
