// Ethernet addresses, as integers in the order in which they are written.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/address.h"

namespace simcluster::sim {

struct MacAddress {
  std::uint64_t value = 0;  // 48 bits; 0: none

  constexpr auto operator<=>(const MacAddress&) const = default;
  constexpr bool specified() const { return value != 0; }
  // Broadcast or multicast.
  constexpr bool group() const { return (value >> 40 & 1) != 0; }
  constexpr bool broadcast() const { return value == 0xffff'ffff'ffff; }

  static constexpr MacAddress make_broadcast() { return {0xffff'ffff'ffff}; }
  // The group address of an IPv4 or IPv6 multicast address (RFC 1112, RFC 2464).
  static MacAddress of_multicast(const IpAddress& group);
  // "00:16:3e:39:91:00", also with upper-case digits.
  static std::optional<MacAddress> parse(std::string_view text);
  std::string text() const;
};

// 224.0.0.0/4 or ff00::/8.
constexpr bool is_multicast(const IpAddress& address) {
  if (address.family == IpAddress::Family::kV4) return address.bytes[0] >> 4 == 14;
  return address.family == IpAddress::Family::kV6 && address.bytes[0] == 0xff;
}

}  // namespace simcluster::sim
