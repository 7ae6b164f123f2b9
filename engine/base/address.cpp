#include "engine/base/address.h"

#include <charconv>
#include <vector>

#include <fmt/core.h>

namespace simcluster {

namespace {

std::optional<IpAddress> parse_v4(std::string_view text) {
  std::uint32_t value = 0;
  for (int part = 0; part < 4; ++part) {
    if (part > 0) {
      if (text.empty() || text.front() != '.') return std::nullopt;
      text.remove_prefix(1);
    }
    unsigned byte = 0;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), byte);
    const auto digits = static_cast<std::size_t>(end - text.data());
    if (ec != std::errc() || byte > 255 || digits > 3) return std::nullopt;
    text.remove_prefix(digits);
    value = value << 8 | byte;
  }
  if (!text.empty()) return std::nullopt;
  return IpAddress::v4(value);
}

// Reads groups separated by ':' up to the end or "::". A trailing dotted quad counts as two groups.
bool parse_groups(std::string_view text, std::vector<std::uint16_t>& groups) {
  if (text.empty()) return true;
  while (true) {
    const auto colon = text.find(':');
    const std::string_view group = text.substr(0, colon);
    if (colon == std::string_view::npos && group.find('.') != std::string_view::npos) {
      const auto v4 = parse_v4(group);
      if (!v4) return false;
      groups.push_back(static_cast<std::uint16_t>(v4->v4_value() >> 16));
      groups.push_back(static_cast<std::uint16_t>(v4->v4_value() & 0xffff));
      return true;
    }
    unsigned value = 0;
    const auto [end, ec] = std::from_chars(group.data(), group.data() + group.size(), value, 16);
    if (ec != std::errc() || end != group.data() + group.size() || group.size() > 4) return false;
    groups.push_back(static_cast<std::uint16_t>(value));
    if (colon == std::string_view::npos) return true;
    text.remove_prefix(colon + 1);
  }
}

std::optional<IpAddress> parse_v6(std::string_view text) {
  std::vector<std::uint16_t> head;
  std::vector<std::uint16_t> tail;
  const auto gap = text.find("::");
  if (!parse_groups(text.substr(0, gap), head)) return std::nullopt;
  if (gap != std::string_view::npos && !parse_groups(text.substr(gap + 2), tail)) return std::nullopt;
  const std::size_t given = head.size() + tail.size();
  if (gap == std::string_view::npos ? given != 8 : given > 7) return std::nullopt;
  IpAddress address;
  address.family = IpAddress::Family::kV6;
  const auto put = [&address](std::size_t at, std::uint16_t group) {
    address.bytes[2 * at] = static_cast<std::uint8_t>(group >> 8);
    address.bytes[2 * at + 1] = static_cast<std::uint8_t>(group & 0xff);
  };
  for (std::size_t i = 0; i < head.size(); ++i) put(i, head[i]);
  for (std::size_t i = 0; i < tail.size(); ++i) put(8 - tail.size() + i, tail[i]);
  return address;
}

std::string v6_text(const IpAddress& address) {
  std::array<unsigned, 8> groups{};
  for (std::size_t i = 0; i < 8; ++i) groups[i] = unsigned{address.bytes[2 * i]} << 8 | address.bytes[2 * i + 1];
  // RFC 5952: the longest run of two or more zero groups becomes "::", the first of equals.
  std::size_t best_at = 8;
  std::size_t best_length = 1;
  for (std::size_t i = 0; i < 8; ++i) {
    std::size_t length = 0;
    while (i + length < 8 && groups[i + length] == 0) ++length;
    if (length > best_length) {
      best_at = i;
      best_length = length;
    }
    if (length > 0) i += length - 1;
  }
  std::string text;
  for (std::size_t i = 0; i < 8; ++i) {
    if (i == best_at) {
      text += "::";
      i += best_length - 1;
      continue;
    }
    if (!text.empty() && text.back() != ':') text += ':';
    text += fmt::format("{:x}", groups[i]);
  }
  return text;
}

}  // namespace

IpAddress IpAddress::network(int prefix_length) const {
  if (family == Family::kV4) {
    const std::uint32_t host_bits = prefix_length <= 0 ? ~0U : prefix_length >= 32 ? 0 : ~0U >> prefix_length;
    return v4(v4_value() & ~host_bits);
  }
  IpAddress result = *this;
  for (std::size_t i = 0; i < result.bytes.size(); ++i) {
    const int bits = prefix_length - static_cast<int>(8 * i);
    if (bits <= 0)
      result.bytes[i] = 0;
    else if (bits < 8)
      result.bytes[i] = static_cast<std::uint8_t>(result.bytes[i] & (0xff << (8 - bits)));
  }
  return result;
}

namespace {

// By hand: every monitor of an address writes some.
std::string v4_text(const IpAddress& address) {
  std::array<char, 16> text;
  char* at = text.data();
  for (std::size_t i = 0; i < 4; ++i) {
    at = std::to_chars(at, text.data() + text.size(), address.bytes[i]).ptr;
    *at++ = '.';
  }
  return {text.data(), at - 1};
}

}  // namespace

std::string IpAddress::text() const {
  switch (family) {
    case Family::kNone:
      return {};
    case Family::kV4:
      return v4_text(*this);
    case Family::kV6:
      return v6_text(*this);
  }
  return {};
}

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  return text.find(':') == std::string_view::npos ? parse_v4(text) : parse_v6(text);
}

IpAddress broadcast_of(const IpAddress& address, int prefix_length) {
  const std::uint32_t host_bits = prefix_length >= 32 ? 0 : 0xffffffffU >> prefix_length;
  return IpAddress::v4(address.v4_value() | host_bits);
}

}  // namespace simcluster
