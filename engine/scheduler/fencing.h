// Requests for fencing and unfencing, as any stage may make them (S2 chapter 8, S5 E.1 to E-11).
#pragma once

#include <cstdint>
#include <string_view>

#include "engine/scheduler/ids.h"

namespace simcluster::scheduler {

struct Model;
struct Node;
struct Resource;

// S2 F-8.2.
bool can_fence(const Model& model, NodeId node);

// S2 F-8.1: marks the node unclean (a guest's launcher failed) and registers the fence action as optional with this
// reason. The first reason of a node stays. `reason` is copied.
void request_fencing(Model& model, NodeId node, std::string_view reason, bool priority_delay = false);

// S2 F-8.3, S5 E-4: the action `stonith-<node>-<operation>`, created once. An empty operation means the cluster's
// fencing-action; `on` is unfencing. An empty reason is none.
ActionId fence_action(Model& model, NodeId node, std::string_view operation, bool optional, std::string_view reason,
                      bool priority_delay);

// S2 F-8.6: seconds.
std::int64_t priority_fencing_delay(const Model& model, const Node& node);

// S2 U-18.9, S5 E-11. `device` and `node` may be none.
void trigger_unfencing(Model& model, ResourceId device, NodeId node, std::string_view reason);

// S2 U-18.10: attribute `#node-unfenced` exists and is not 0.
bool is_unfenced(const Node& node);

}  // namespace simcluster::scheduler
