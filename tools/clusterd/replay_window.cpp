#include "tools/clusterd/replay_window.h"

namespace simcluster::clusterd {

bool ReplayWindow::first_time(std::uint64_t life, std::uint64_t number) {
  if (life < life_) return false;
  if (life > life_) {
    life_ = life;
    newest_ = number;
    seen_.reset();
    seen_.set(number % kWindow);
    return true;
  }
  if (number > newest_) {
    if (number - newest_ >= kWindow) {
      seen_.reset();
    } else {
      for (std::uint64_t i = newest_ + 1; i <= number; ++i) seen_.reset(i % kWindow);
    }
    newest_ = number;
  } else if (newest_ - number >= kWindow || seen_.test(number % kWindow)) {
    return false;
  }
  seen_.set(number % kWindow);
  return true;
}

}  // namespace simcluster::clusterd
