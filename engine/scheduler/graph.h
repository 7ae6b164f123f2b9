// The transition graph: what must be done, and what must be done before it (S5 chapter I). The controller walks these
// structures; write_graph() prints them as the XML that cluster tools know.
//
// A Graph owns all its texts and stays valid without the model and the document it was made from.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/intern.h"

namespace simcluster::scheduler {

enum class GraphActionKind : std::uint8_t {
  kResource,  // <rsc_op>: an executor must run it
  kPseudo,    // <pseudo_event>: a synchronisation point, done at once
  kCluster,   // <crm_event>: fencing, shutdown, deletion of history, fail counts
};

using NameValue = std::pair<std::string_view, std::string_view>;

struct GraphAction {
  GraphActionKind kind = GraphActionKind::kResource;
  int id = 0;                               // unique in the graph
  std::string_view operation;               // start, stop, monitor, cancel, stonith, do_shutdown, ...
  std::string_view operation_key;           // RSC_OPERATION_INTERVAL
  std::string_view internal_operation_key;  // empty: none. The instance's own key where the history knows another name
  std::string_view node;                    // name; empty: none
  std::string_view node_id;
  std::string_view router_node;  // empty: none. The cluster node whose executor reaches a remote node
  bool mode_cib = false;         // lrm_delete: to be done in the CIB

  // Details; only of actions that have a synapse of their own.
  struct Primitive {
    std::string_view id;
    std::string_view long_id;  // empty: none
    std::string_view agent_class;
    std::string_view provider;  // empty: none
    std::string_view type;
  };
  std::optional<Primitive> primitive;
  std::string_view shutdown_lock;                              // seconds since 1970 as text; empty: none
  std::vector<NameValue> attributes;                           // parameters and CRM_meta_*, sorted by name
  std::vector<NameValue> named_parameters;                     // parameters whose name begins with a digit (S5 I-10)
  std::vector<std::string_view> downed;                        // ids of nodes that this action takes down
  std::vector<std::pair<std::string_view, bool>> maintenance;  // node id, in maintenance (maintenance_nodes only)

  // An attribute, empty when missing.
  std::string_view attribute(std::string_view name) const;
  // CRM_meta_interval and CRM_meta_timeout in milliseconds, 0 when missing.
  std::uint32_t interval() const;
  std::uint32_t timeout() const;
};

// One action with the actions that must be confirmed first. Its number is its index in Graph::synapses.
struct Synapse {
  int priority = 0;
  std::uint32_t action = 0;           // index into Graph::actions
  std::vector<std::uint32_t> inputs;  // indexes into Graph::actions, ascending by action id
};

struct Graph {
  Graph() = default;
  Graph(Graph&&) noexcept = default;
  Graph& operator=(Graph&&) noexcept = default;

  // Header (S5 I-1).
  std::string_view cluster_delay = "60s";
  std::string_view fencing_timeout = "60s";
  std::string_view failed_start_offset = "INFINITY";
  std::string_view batch_limit = "0";
  std::string_view migration_limit;  // empty: not printed
  std::string_view feature_set;
  int transition_id = 1;
  std::int64_t recheck_by = 0;  // seconds since 1970, 0: not printed

  // All actions that appear as synapse or input. An input may have no synapse: then it never happens (S5 I-5).
  std::vector<GraphAction> actions;
  std::vector<Synapse> synapses;

  StringPool texts;  // owner of all views above
};

// The XML text of the graph (S5 I-12).
std::string write_graph(const Graph& graph);

struct Schedule;
// The picture (S5 chapter J). `all_actions`: also optional and unmanaged ones; `with_ids`: numbers behind the names.
std::string write_dot(const Schedule& schedule, bool all_actions, bool with_ids);

// What the transition does, in the words of cluster tools, one text per line, without bullets (S5 chapter K).
// Call after run().
std::vector<std::string> transition_summary(const Schedule& schedule);

}  // namespace simcluster::scheduler
