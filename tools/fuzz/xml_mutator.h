// Changes an XML text as a tree, so that most results are still XML and many still a CIB.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace simcluster::fuzz {

// Nothing when the text is no XML. `other` is a second text to take parts from; it need not be XML.
std::optional<std::string> mutate_xml(std::string_view text, std::string_view other, std::uint64_t seed);

}  // namespace simcluster::fuzz
