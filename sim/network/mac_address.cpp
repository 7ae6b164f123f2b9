#include "sim/network/mac_address.h"

#include <fmt/core.h>

namespace simcluster::sim {

MacAddress MacAddress::of_multicast(const IpAddress& group) {
  if (group.family == IpAddress::Family::kV4) return {std::uint64_t{0x0100'5e00'0000} | (group.v4_value() & 0x7f'ffff)};
  std::uint64_t low = 0;
  for (std::size_t i = 12; i < 16; ++i) low = low << 8 | group.bytes[i];
  return {std::uint64_t{0x3333'0000'0000} | low};
}

std::optional<MacAddress> MacAddress::parse(std::string_view text) {
  if (text.size() != 17) return std::nullopt;
  MacAddress mac;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (i % 3 == 2) {
      if (c != ':') return std::nullopt;
      continue;
    }
    std::uint64_t digit = 0;
    if (c >= '0' && c <= '9')
      digit = static_cast<std::uint64_t>(c - '0');
    else if (c >= 'a' && c <= 'f')
      digit = static_cast<std::uint64_t>(c - 'a' + 10);
    else if (c >= 'A' && c <= 'F')
      digit = static_cast<std::uint64_t>(c - 'A' + 10);
    else
      return std::nullopt;
    mac.value = mac.value << 4 | digit;
  }
  return mac;
}

std::string MacAddress::text() const {
  return fmt::format("{:02x}:{:02x}:{:02x}:{:02x}:{:02x}:{:02x}", value >> 40 & 0xff, value >> 32 & 0xff,
                     value >> 24 & 0xff, value >> 16 & 0xff, value >> 8 & 0xff, value & 0xff);
}

}  // namespace simcluster::sim
