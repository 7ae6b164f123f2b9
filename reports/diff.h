// Unified differences of texts.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace simcluster::reports {

// The difference in unified form, `context` equal lines around each change; empty when the texts are equal. Shortest
// edit script (Myers); texts that differ in more than some thousand lines are shown as one replacement.
std::string unified_diff(std::string_view old_text, std::string_view new_text, std::string_view old_name,
                         std::string_view new_name, std::size_t context = 4);

}  // namespace simcluster::reports
