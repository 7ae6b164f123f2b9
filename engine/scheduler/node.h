// One node of the cluster as the scheduler sees it: cluster, remote, guest or bundle node (S2 chapters 3 to 8).
#pragma once

#include <string_view>
#include <vector>

#include "engine/scheduler/ids.h"
#include "engine/scheduler/ordered_table.h"
#include "engine/scheduler/scores.h"

namespace simcluster::scheduler {

enum class NodeVariant : std::uint8_t { kCluster, kRemote };

// Whether probes of a resource run on a node (S3 ). The numeric order is used: a higher mode replaces a lower.
enum class ProbeMode : std::uint8_t { kAlways, kNever, kExclusive };

// Name to value in the documented hash order (S1 chapter 3). Texts are borrowed from the document or Model::strings.
using AttributeTable = OrderedTable<std::string_view>;

struct Node {
  NodeId self;
  std::string_view id;    // attribute `id`; for remote and guest nodes equal to the name
  std::string_view name;  // `uname`
  NodeVariant variant = NodeVariant::kCluster;

  // State (S2 V-1.14).
  bool online = false;
  bool unclean = false;
  bool pending = false;
  bool standby = false;
  bool fail_standby = false;
  bool shutdown = false;
  bool maintenance = false;
  bool seen = false;
  bool expected_up = false;
  bool probes_allowed = true;
  bool remote_reset = false;        // the connection must be reset by fencing
  bool remote_fenced = false;       // `node_fenced`
  bool remote_maintenance = false;  // `node_in_maintenance`: what the remote node was last told
  bool unpacked = false;            // its history was read

  Score score = 0;                            // S3; -INFINITY while offline or shutting down (S2 S-6.11)
  ProbeMode probe_mode = ProbeMode::kAlways;  // kNever for bundle nodes
  ResourceId connection;                      // remote and guest nodes: the connection resource, once linked
  std::vector<ResourceId> running;            // primitives active here, in the order found (S2)
  Score priority = 0;                         // sum of the priorities of what is active here (S2)
  std::string_view feature_set;               // `#feature-set`, display only

  AttributeTable attributes;   // permanent and transient, `#kind`, `#uname`, ... (S2)
  AttributeTable utilization;  // capacity as configured; assignment writes what is left (S3 9.1)

  // Attributes that are fail counts (S0 GU-8.3), kept apart when attributes are loaded.
  struct FailAttribute {
    std::string_view name;  // after "fail-count-" or "last-failure-"
    std::string_view value;
    bool is_count = false;  // else a time
  };
  std::vector<FailAttribute> fail_attributes;

  // Placements on this node in this run (S3 ).
  int assigned_count = 0;

  bool is_remote_variant() const { return variant == NodeVariant::kRemote; }
};

}  // namespace simcluster::scheduler
