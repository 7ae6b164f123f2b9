#include "engine/agents/netmask.h"

#include <bit>

#include "engine/agents/ocf.h"
#include "engine/base/address.h"

namespace simcluster::agents {

std::optional<int> parse_dotted_netmask(std::string_view text) {
  const auto mask = IpAddress::parse(text);
  if (!mask || mask->family != IpAddress::Family::kV4) return std::nullopt;
  const std::uint32_t bits = mask->v4_value();
  const int ones = std::countl_one(bits);
  if (std::popcount(bits) != ones) return std::nullopt;
  return ones;
}

std::optional<int> parse_netmask(std::string_view text) {
  if (const auto bits = parse_number(text)) {
    if (*bits > 32) return std::nullopt;
    return static_cast<int>(*bits);
  }
  return parse_dotted_netmask(text);
}

}  // namespace simcluster::agents
