// Hash lookups by name (S0 GU-8.2). Private to the room's unpacking; use the functions of model.h.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "engine/base/intern.h"
#include "engine/scheduler/digest_check.h"
#include "engine/scheduler/ids.h"
#include "engine/scheduler/status_index.h"

namespace simcluster::scheduler {

struct Model;

// The resources that carry one name; nearly always a single one.
struct NameBearers {
  ResourceId first;
  std::vector<ResourceId> more;

  void add(ResourceId id);
  void remove(ResourceId id);
};

// Resources by their names.
struct ResourceNames {
  struct Bearers {
    NameBearers by_id;
    NameBearers by_history_id;
  };

  // Of a name that may be new.
  Bearers& of(std::string_view name);
  // Nullptr when nobody ever had the name.
  const Bearers* find(std::string_view name) const;

  StringPool names;
  std::vector<Bearers> bearers;  // by symbol
};

// A range of Model::operations.
struct OperationRange {
  std::uint32_t first = 0;
  std::uint32_t count = 0;
};

struct LookupTables {
  // Operations of a resource element: clone instances share one range. Key: element number, 2^32 more for elements of
  // Model::implicit.
  std::unordered_map<std::uint64_t, OperationRange> operations;
  ResourceNames resources;
  // Lower-cased name or id; the first of the node list wins.
  std::unordered_map<std::string, NodeId> node_by_name;
  std::unordered_map<std::string, NodeId> node_by_id;
  std::unordered_map<std::string_view, std::size_t> template_index;
  std::vector<cib::Element> template_elements;  // by template_index
  std::unordered_map<std::string_view, std::size_t> tag_index;
  std::unordered_map<std::string_view, TicketId> ticket_index;
  std::unordered_set<std::string> failed_actions;             // key and node of what is recorded (S2 E-11.14)
  std::unique_ptr<StatusIndex> status;                        // made on demand
  std::unordered_map<std::string, OperationDigests> digests;  // by node, resource, task and interval
};

// Makes a new resource findable by its id.
void index_resource(Model& model, ResourceId resource);
// Changes the history id and its index.
void set_history_id(Model& model, ResourceId resource, std::string_view history_id);
// Depth-first order of the resource tree as it is now: negative when `a` comes first.
int compare_depth_first(const Model& model, ResourceId a, ResourceId b);
// All resources whose id or history id is `name`, last in depth-first order first (S2 U-18.1).
std::vector<ResourceId> find_all_resources(const Model& model, std::string_view name);

}  // namespace simcluster::scheduler
