// The working set of one scheduler run: what was read from the CIB, what status unpacking found out, and what the later
// stages add. Dense arrays, cross references by id, texts borrowed from the document or from `strings`.
//
// One Model lives from step 4 to step 31 of S0 GU-2.1: the same objects are displayed and then scheduled (S0 GU-2.2).
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/base/intern.h"
#include "engine/cib/document.h"
#include "engine/scheduler/action.h"
#include "engine/scheduler/constraints.h"
#include "engine/scheduler/history.h"
#include "engine/scheduler/ids.h"
#include "engine/scheduler/legacy.h"
#include "engine/scheduler/log_sink.h"
#include "engine/scheduler/node.h"
#include "engine/scheduler/operation.h"
#include "engine/scheduler/options.h"
#include "engine/scheduler/ordering.h"
#include "engine/scheduler/resource.h"
#include "engine/scheduler/score_line.h"

namespace simcluster::scheduler {

struct LookupTables;    // lookups.h
struct Graph;           // graph.h
class ColocationMemo;   // colocation_memo.h
struct ParameterCache;  // parameters.h
class Recorder;         // recorder.h

// Seconds east of UTC of local time at an instant (seconds since 1970).
using LocalOffset = int (*)(std::int64_t seconds);

// A list of ids under a name: the users of a template, the members of a tag (S1 C-9.6, C-12.1).
struct NamedList {
  std::string_view id;
  std::vector<std::string_view> members;
};

// A comparison of parameters that waits for assignment (S2 U-18.8), oldest first.
struct DeferredCheck {
  HistoryId entry;
  ResourceId resource;
  NodeId node;
  bool last_failure = false;  // else: check of an active operation
};

// Section 19 of S2.
struct InstanceCounts {
  int total = 0;
  int disabled = 0;
  int blocked = 0;
};

struct Model {
  Model();
  ~Model();
  Model(const Model&) = delete;
  Model& operator=(const Model&) = delete;

  // --- input ---
  const cib::Document* cib = nullptr;  // borrowed, outlives the model
  cib::Document implicit;              // elements that the scheduler invents: guest connections, bundle parts
  StringPool strings;                  // texts that the model makes
  std::int64_t now = 0;                // effective time, seconds since 1970
  int now_offset = 0;                  // see Options
  int date_offset = 0;                 // see Options
  LocalOffset utc_offset = nullptr;    // see Options
  LogSink* log = nullptr;              // borrowed; null: nobody listens
  std::int64_t recheck_by = 0;         // earliest future change, 0: none (S1 C-4.5)
  bool sanitized = true;               // input from file, not live (S1 C-18.9)
  bool old_fail_counts = false;        // see Options
  Legacy legacy;                       // see Options

  // --- configuration ---
  cib::Element rsc_defaults;  // none when absent or not unique (S1 C-4.1)
  cib::Element op_defaults;
  ClusterOptions options;
  std::deque<Node> nodes;            // by NodeId; references stay valid
  NodeShapes shapes;                 // of the node tables
  std::vector<NodeId> node_order;    // the node list, name order (S2 N-3.1)
  std::vector<NodeId> probed_nodes;  // those of the list that are no bundle nodes
  NodeId dc;
  std::deque<Resource> resources;     // by ResourceId; references stay valid
  std::vector<ResourceId> top_level;  // the resource list
  std::vector<Operation> operations;
  std::vector<NamedList> templates;
  std::vector<NamedList> tags;
  std::vector<Ticket> tickets;
  bool have_fence_device = false;  // or a watchdog (S1 C-5.6)
  bool have_remote_nodes = false;
  std::vector<ResourceId> unfencing_devices;  // in the order of S1 C-17.4

  // --- constraints ---
  std::vector<Location> locations;  // oldest first; applied backwards
  std::deque<Colocation> colocations;
  OrderingTable orderings;  // ordering.h

  // --- status ---
  std::vector<HistoryEntry> history;
  std::vector<ResourceHistory> resource_histories;  // in the order unpacked
  std::vector<FailedAction> failed_actions;
  std::vector<DeferredCheck> deferred_checks;
  std::vector<ResourceId> containers_to_stop;  // S2 P-7.3a, oldest first
  InstanceCounts counts;

  // --- actions ---
  ActionTable actions;           // action.h
  std::unique_ptr<Graph> graph;  // graph.h; made by create_graph()

  // --- what scheduling prints ---
  std::vector<ScoreLine> score_lines;  // in the order produced
  bool want_scores = false;
  bool want_utilization = false;
  std::vector<std::string> info_lines;  // informational lines of status unpacking
  bool scheduling = false;              // status unpacking is over

  // What changed which score and why; null unless Options::explain.
  std::unique_ptr<Recorder> recorder;

  // Kept between assignments while no collective is being assigned: then only touched tables change.
  std::unique_ptr<ColocationMemo> colocation_memo;
  int collectives_assigning = 0;
  bool walk_all_paths = false;  // for tests: what colocation_memo.h must agree with

  std::unique_ptr<LookupTables> lookups;
  std::unique_ptr<ParameterCache> parameters;

  Node& node(NodeId id) { return nodes[id.index()]; }
  const Node& node(NodeId id) const { return nodes[id.index()]; }
  Resource& resource(ResourceId id) { return resources[id.index()]; }
  const Resource& resource(ResourceId id) const { return resources[id.index()]; }
  Colocation& colocation(ColocationId id) { return colocations[id.index()]; }
  const Colocation& colocation(ColocationId id) const { return colocations[id.index()]; }
  const Location& location(LocationId id) const { return locations[id.index()]; }
  const Operation& operation(OperationId id) const { return operations[id.index()]; }
  HistoryEntry& history_entry(HistoryId id) { return history[id.index()]; }
  const HistoryEntry& history_entry(HistoryId id) const { return history[id.index()]; }
};

// Of local time at an instant; 0 without a time zone.
inline int local_offset(const Model& model, std::int64_t seconds) {
  return model.utc_offset == nullptr ? 0 : model.utc_offset(seconds);
}

// A line about digests (S1 C-18.8a): printed at once while the status is unpacked; later among scores, if they are
// asked for, else information.
void inform(Model& model, std::string line);

// S1 C-4.5, S2: remembers the earliest future time at which something changes.
void update_recheck(Model& model, std::int64_t when);

// --- nodes (S2 V-1.9: case-insensitive, first in list order) ---
NodeId find_node(const Model& model, std::string_view name);
NodeId find_node_by_id(const Model& model, std::string_view id);
NodeId find_node_by_id_then_name(const Model& model, std::string_view id, std::string_view name);
// S2 V-1.14: variant remote with a linked connection that has a launcher. Bundle nodes included.
bool is_guest(const Model& model, const Node& node);
// Variant remote, but no guest.
bool is_remote(const Model& model, const Node& node);
bool is_bundle_node(const Model& model, const Node& node);
// S3 without the tests on score and guest: online, not shutting down, clean, no standby, no maintenance.
bool is_available(const Node& node);
// S2: the node's attribute, or that of a guest's host when `rsc` asks for it (current host).
std::optional<std::string_view> node_attribute(const Node& node, std::string_view name);

// --- resources ---
// S2 M-9.2: the first resource in depth-first order whose id or history id equals `name`.
ResourceId find_resource(const Model& model, std::string_view name);
// S1 C-12.2: as constraints look resources up; an anonymous instance found by its history id gives its top.
ResourceId find_constraint_resource(const Model& model, std::string_view name);
// S3: the current node; bundles have their own rule (S4 CR-10.51).
NodeId current_node(const Model& model, const Resource& resource);
// S2 V-1.12: the role that `target-role` asks for, kUnknown when none.
Role requested_role(const Model& model, const Resource& resource);
// S4 CR-0.2: a primitive's role; of groups and clones the maximum of the children; Unknown for bundles.
Role collective_role(const Model& model, const Resource& resource, bool current);
// S2 D-20.12.
bool is_fully_active(const Model& model, const Resource& resource);
bool is_partially_active(const Model& model, const Resource& resource);
// S1 C-9.8: instance parameters evaluated for a node (none: without node), cached. Stays valid as long as the model.
const Pairs& resource_parameters(Model& model, const Resource& resource, NodeId node);

}  // namespace simcluster::scheduler
