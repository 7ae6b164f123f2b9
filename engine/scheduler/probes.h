// Probes: finding out whether a resource runs on a node where that is not known yet (S5 D.5).
#pragma once

#include <cstdint>

#include "engine/scheduler/ids.h"

namespace simcluster::scheduler {

struct Model;
struct Resource;

// Makes the probes of a resource of any variant on a node. True when one was created.
bool create_probe(Model& model, Resource& resource, NodeId node);

// S5 E-20.
enum class RemoteState : std::uint8_t { kUnknown, kAlive, kResting, kFailed, kStopped };
RemoteState remote_node_state(const Model& model, NodeId node);

}  // namespace simcluster::scheduler
