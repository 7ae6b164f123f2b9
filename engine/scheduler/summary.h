// What a transition does, resource by resource and node by node (S5 chapter K).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/scheduler/ids.h"
#include "engine/scheduler/roles.h"

namespace simcluster::scheduler {

struct Model;

struct NodeChange {
  std::string task;  // "Shutdown", "Fence (reboot)", ...
  std::string node;
  std::string_view reason;
};

struct ResourceChange {
  std::string_view change;  // "Start", "Move", "Recover", ...
  std::string_view resource;
  Role role = Role::kUnknown;
  Role next_role = Role::kUnknown;
  NodeId origin;       // may be none
  NodeId destination;  // may be none
  std::string_view reason;
  bool runnable = true;
};

struct TransitionChanges {
  std::vector<NodeChange> nodes;
  std::vector<ResourceChange> resources;
};

TransitionChanges transition_changes(Model& model);
// Finds them and tells the log, with widths that grow as they go (S5 K-6).
void log_changes(Model& model);
// Whether the roles are worth telling (S5 K-4).
bool needs_role(const ResourceChange& change);
// S5 K-4.
std::string change_details(const Model& model, const ResourceChange& change);

}  // namespace simcluster::scheduler
