// /proc/net/dev as what it is: a text that is made while it is read, line by line, by walking the device list.
//
// On a correct kernel every open file has a position of its own. Up to 2.6.18 (profile.proc_net_dev_shared_position)
// the position in the device list is shared by all readers of the machine: opening sets it to the first device, every
// step of any reader takes the device there and moves it on. Readers that overlap each see only a part of the list;
// readers that do not overlap see all of it (AT-2.12). Nothing here is left to chance.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sim/kernel/net_stack.h"

namespace simcluster::sim {

// One open file.
struct ProcNetDevReader {
  std::size_t step = 0;      // lines read so far, the two header lines included
  std::size_t position = 0;  // next device; used by correct kernels only
  std::uint64_t seen = 0;    // bit i: the line of device i was read
  bool ended = false;
};

class ProcNetDev {
 public:
  ProcNetDev(const NetStack& net, bool shared_position, bool narrow_columns);

  void open(ProcNetDevReader& reader);
  // The next line with its newline; empty at the end of the file. Borrowed until the next call.
  std::string_view read_line(ProcNetDevReader& reader);
  // Names of the devices that this reader has not been shown.
  std::vector<std::string_view> missed(const ProcNetDevReader& reader) const;
  // All of it at once, as a reader who is alone sees it.
  std::string whole();

 private:
  std::string_view device_line(const Interface& interface);

  const NetStack& net_;
  bool shared_;
  bool narrow_;  // no space after the colon (AT-2.11)
  std::size_t shared_position_ = 0;
  std::array<char, 512> line_;
};

}  // namespace simcluster::sim
