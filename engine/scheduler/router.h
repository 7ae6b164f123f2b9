// Through which cluster node an action on a remote node goes (S5 E-24).
#pragma once

#include "engine/scheduler/ids.h"

namespace simcluster::scheduler {

struct Model;
struct Action;

NodeId router_node(Model& model, const Action& action);
// S5 I-10: the host that a guest's action sees as its physical host; none when the attribute is not set.
NodeId physical_host(Model& model, const Action& action);

}  // namespace simcluster::scheduler
