// Tells frames that come for the first time from such as somebody has recorded and sends again. A sender numbers its
// frames; its life, a number that every start makes larger, tells one numbering from another.
#pragma once

#include <bitset>
#include <cstdint>

namespace simcluster::clusterd {

class ReplayWindow {
 public:
  // How far behind the newest a frame may come on another link.
  static constexpr std::uint64_t kWindow = 4096;

  // True once for every frame of the sender's present life. A larger life ends the one before for good.
  bool first_time(std::uint64_t life, std::uint64_t number);

 private:
  std::uint64_t life_ = 0;
  std::uint64_t newest_ = 0;
  std::bitset<kWindow> seen_;
};

}  // namespace simcluster::clusterd
