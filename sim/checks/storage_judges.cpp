#include "sim/checks/storage_judges.h"

#include <algorithm>

#include <fmt/core.h>

namespace simcluster::sim {

void DoubleMount::on_settled(const Truth& truth, Time now) {
  for (const StorageUse& use : truth.storage_uses()) {
    const auto other =
        std::ranges::find_if(use.users, [&](const auto& user) { return user.machine != use.users.front().machine; });
    const bool written = std::ranges::any_of(use.users, [](const auto& user) { return user.writes; });
    if (use.cluster_aware || other == use.users.end() || !written) {
      doubled_.erase(use.storage);
      continue;
    }
    if (!doubled_.insert(use.storage).second) continue;
    found(now, other->machine,
          fmt::format("the {} of {} is mounted on {} and on {}", use.file_system, use.storage,
                      truth.machine_name(use.users.front().machine), truth.machine_name(other->machine)));
  }
}

}  // namespace simcluster::sim
