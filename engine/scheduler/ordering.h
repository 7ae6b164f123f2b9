// Ordering constraints: "this action of that resource before ...", kept until step 28 expands them into relations
// between actions (S5 F-2, G.1). Creation order decides.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "engine/base/intern.h"
#include "engine/scheduler/action.h"
#include "engine/scheduler/ids.h"

namespace simcluster::scheduler {

// One side: a resource with a key (task and interval), or one given action, or both.
struct OrderingSide {
  ResourceId resource;
  Symbol key_task;  // of ActionTable; none: only the action counts
  std::uint32_t interval = 0;
  ActionId action;
};

struct Ordering {
  OrderingSide first;
  OrderingSide then;
  RelationFlags flags = relation::kNone;
};

// In creation order.
using OrderingTable = std::vector<Ordering>;

// Sides of an ordering.
OrderingSide side(Model& model, ResourceId resource, Task task);
OrderingSide side(Model& model, ResourceId resource, std::string_view task, std::uint32_t interval = 0);
// Resource and key are taken from the action (S5 F-3).
OrderingSide side(const Model& model, ActionId action);

// S5 F-2: stores a constraint and, between unrelated resources that may migrate, its companions (S5 F-12). Nothing when
// a side is empty.
void order(Model& model, const OrderingSide& first, const OrderingSide& then, RelationFlags flags);
// Shorthand for plain actions of two resources.
void order(Model& model, ResourceId first, Task first_task, ResourceId then, Task then_task, RelationFlags flags);

}  // namespace simcluster::scheduler
