// Netmasks as users write them.
#pragma once

#include <optional>
#include <string_view>

namespace simcluster::agents {

// "24" or "255.255.255.0" as a prefix length of IPv4; nothing for other text (or a mask with holes).
std::optional<int> parse_netmask(std::string_view text);
// Dotted notation only.
std::optional<int> parse_dotted_netmask(std::string_view text);

}  // namespace simcluster::agents
