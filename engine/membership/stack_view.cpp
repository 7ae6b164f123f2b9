#include "engine/membership/stack_view.h"

#include <algorithm>

namespace simcluster::membership {

std::vector<IpAddress> node_addresses(const StackView& view, ClusterNodeId node) {
  const auto planned = view.plan.node_addresses();
  if (const auto at = planned.find(node.value); at != planned.end()) return at->second;
  std::vector<IpAddress> result;
  for (const Processor& p : view.srp.members())
    if (p.id() == node)
      std::copy_if(p.address.begin(), p.address.end(), std::back_inserter(result),
                   [](const IpAddress& address) { return address.specified(); });
  return result;
}

}  // namespace simcluster::membership
