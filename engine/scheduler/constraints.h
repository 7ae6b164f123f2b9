// Constraints as the later stages use them. Orderings are in ordering.h.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "engine/scheduler/ids.h"
#include "engine/scheduler/node.h"
#include "engine/scheduler/ordered_table.h"
#include "engine/scheduler/roles.h"
#include "engine/scheduler/scores.h"

namespace simcluster::scheduler {

// S3. `nodes` is in the order of application: rule locations hold reverse name order.
struct Location {
  std::string_view id;
  ResourceId resource;
  Role role = Role::kUnknown;  // filter; kUnknown: none
  ProbeMode probe_mode = ProbeMode::kAlways;
  std::vector<std::pair<NodeId, Score>> nodes;
  LocationId self;      // set by add_location()
  bool health = false;  // made from the node's health (S3)
};

// S3.
struct Colocation {
  std::string_view id;
  ResourceId dependent;
  ResourceId primary;
  Score score = 0;
  Role dependent_role = Role::kUnknown;  // kUnknown: any
  Role primary_role = Role::kUnknown;
  std::string_view node_attribute = "#uname";
  bool influence = false;
  bool explicit_ = false;  // made from the configuration, not by the scheduler itself
  ColocationId self;       // set by add_colocation()
};

enum class LossPolicy : std::uint8_t { kStop, kDemote, kFence, kFreeze };

// S1 C-16.3, kept on the resource in order of creation.
struct TicketDependency {
  std::string_view id;
  TicketId ticket;
  Role role = Role::kUnknown;
  LossPolicy policy = LossPolicy::kStop;
};

// S2 chapter 5.
struct Ticket {
  std::string_view id;
  bool granted = false;
  bool standby = false;
  std::int64_t last_granted = -1;
  OrderedTable<std::string_view> attributes;
};

struct Model;

// S3: creates the object, puts it into the lists of both sides and, for -INFINITY, creates the anti-colocation
// orderings of. Nothing for score 0. Returns the id, none when nothing was created.
ColocationId add_colocation(Model& model, const Colocation& colocation);
// S3: prepends to the global order (Model::locations is kept oldest first; walk it backwards).
LocationId add_location(Model& model, Location location);
// S3, the order of the lists of colocations. Negative: `a` goes before `b`.
int compare_colocation_priority(const Model& model, ResourceId a, ResourceId b);

}  // namespace simcluster::scheduler
