// IP addresses, IPv4 and IPv6, as values.
#pragma once

#include <array>
#include <bit>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace simcluster {

// 16 bytes in network order; IPv4 uses the first four.
struct IpAddress {
  enum class Family : std::uint8_t { kNone, kV4, kV6 };

  std::array<std::uint8_t, 16> bytes{};
  Family family = Family::kNone;

  constexpr auto operator<=>(const IpAddress&) const = default;
  // As two integers: every frame on its way is compared several times.
  constexpr bool operator==(const IpAddress& other) const {
    using Halves = std::array<std::uint64_t, 2>;
    const auto mine = std::bit_cast<Halves>(bytes);
    const auto others = std::bit_cast<Halves>(other.bytes);
    return family == other.family && ((mine[0] ^ others[0]) | (mine[1] ^ others[1])) == 0;
  }
  constexpr bool specified() const { return family != Family::kNone; }

  static constexpr IpAddress v4(std::uint32_t host_order) {
    IpAddress a;
    a.family = Family::kV4;
    for (std::size_t i = 0; i < 4; ++i) a.bytes[i] = static_cast<std::uint8_t>(host_order >> (24 - 8 * i));
    return a;
  }
  // The IPv4 address as a host-order integer; 0 for other families.
  constexpr std::uint32_t v4_value() const {
    if (family != Family::kV4) return 0;
    return std::uint32_t{bytes[0]} << 24 | std::uint32_t{bytes[1]} << 16 | std::uint32_t{bytes[2]} << 8 | bytes[3];
  }
  // The network part: all bits from `prefix_length` on cleared.
  IpAddress network(int prefix_length) const;
  // Dotted quad, or RFC 5952 text.
  std::string text() const;
  // Accepts dotted quad and IPv6 text; nothing else, no names.
  static std::optional<IpAddress> parse(std::string_view text);
};

// The last address of an IPv4 network.
IpAddress broadcast_of(const IpAddress& address, int prefix_length);

}  // namespace simcluster
