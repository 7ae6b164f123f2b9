#include "tools/clusterd/replay_guard.h"

namespace simcluster::clusterd {

bool ReplayGuard::first_time(const Mark& mark) {
  const bool known = senders_.contains(mark.sender);
  const bool fresh = (known || senders_.size() < kMaxSenders) && mark.sender != self_.value &&
                     senders_[mark.sender].first_time(mark.life, mark.number);
  if (!fresh) ++replayed_;
  return fresh;
}

}  // namespace simcluster::clusterd
