// Whether the actions of a run came in the order that the scheduler's graphs demand.
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include "tools/twin/observed.h"

namespace simcluster::twin {

struct OrderCheck {
  std::size_t checked = 0;          // pairs of which the phase has both, each once
  std::vector<std::string> broken;  // "stop web on node1 < start web on node2"
};

// `orders`: lines "BEFORE < AFTER" (Line::Kind::kOrder).
OrderCheck check_orders(const std::set<std::string>& orders, const Phase& phase);

// "start web on node1" of "Result of start operation for web on node1: ok", "fence node1" of "Peer node1 was
// terminated (reboot) by node2"; empty for others.
std::string action_name(const std::string& text);

}  // namespace simcluster::twin
