#include "sim/kernel/proc_net_dev.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

namespace simcluster::sim {

namespace {

constexpr std::string_view kHeader[] = {
    "Inter-|   Receive                                                |  Transmit\n",
    " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier "
    "compressed\n",
};

// Right-aligned in at least `width` characters. By hand: agents read millions of these lines in a simulated week.
char* put_number(char* out, std::uint64_t number, std::size_t width) {
  std::array<char, 20> digits;
  const char* end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  const auto count = static_cast<std::size_t>(end - digits.data());
  for (std::size_t i = count; i < width; ++i) *out++ = ' ';
  std::memcpy(out, digits.data(), count);
  return out + count;
}

char* put_text(char* out, std::string_view text) {
  std::memcpy(out, text.data(), text.size());
  return out + text.size();
}

}  // namespace

ProcNetDev::ProcNetDev(const NetStack& net, bool shared_position, bool narrow_columns)
    : net_(net), shared_(shared_position), narrow_(narrow_columns) {}

void ProcNetDev::open(ProcNetDevReader& reader) {
  reader = {};
  shared_position_ = 0;
}

std::string_view ProcNetDev::read_line(ProcNetDevReader& reader) {
  const std::size_t step = reader.step++;
  if (step < std::size(kHeader)) return kHeader[step];
  std::size_t& position = shared_ ? shared_position_ : reader.position;
  if (position >= net_.interfaces().size()) {
    reader.ended = true;
    return {};
  }
  reader.seen |= std::uint64_t{1} << std::min<std::size_t>(position, 63);
  return device_line(net_.interfaces()[position++]);
}

std::string_view ProcNetDev::device_line(const Interface& interface) {
  const InterfaceCounters& c = interface.counters;
  char* out = line_.data();
  for (std::size_t i = interface.name.size(); i < 6; ++i) *out++ = ' ';
  out = put_text(out, interface.name);
  *out++ = ':';
  if (!narrow_) *out++ = ' ';
  out = put_number(out, c.rx_bytes, narrow_ ? 8 : 7);
  *out++ = ' ';
  out = put_number(out, c.rx_packets, 7);
  out = put_text(out, "    0    0    0     0          0 ");
  out = put_number(out, c.rx_multicast, 9);
  *out++ = ' ';
  out = put_number(out, c.tx_bytes, 8);
  *out++ = ' ';
  out = put_number(out, c.tx_packets, 7);
  out = put_text(out, "    0    0    0     0 ");
  out = put_number(out, c.tx_carrier_errors, 7);
  out = put_text(out, "          0\n");
  return {line_.data(), static_cast<std::size_t>(out - line_.data())};
}

std::vector<std::string_view> ProcNetDev::missed(const ProcNetDevReader& reader) const {
  std::vector<std::string_view> names;
  const auto& interfaces = net_.interfaces();
  for (std::size_t i = 0; i < interfaces.size() && i < 64; ++i)
    if ((reader.seen >> i & 1) == 0) names.emplace_back(interfaces[i].name);
  return names;
}

std::string ProcNetDev::whole() {
  std::string text;
  for (const std::string_view line : kHeader) text += line;
  for (const Interface& interface : net_.interfaces()) text += device_line(interface);
  return text;
}

}  // namespace simcluster::sim
