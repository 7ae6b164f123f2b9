// One resource of any variant: primitive, group, clone, bundle, and every instance, member and implicit resource of
// them (S0 section 3 for the terms; S1 chapters 9 and 10; S4 chapters 1 and 10).
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "engine/cib/document.h"
#include "engine/scheduler/constraints.h"
#include "engine/scheduler/ids.h"
#include "engine/scheduler/node_set.h"
#include "engine/scheduler/node_table.h"
#include "engine/scheduler/pairs.h"
#include "engine/scheduler/roles.h"
#include "engine/scheduler/scores.h"

namespace simcluster::scheduler {

// The numeric order is used in comparisons (S3 0.2).
enum class Variant : std::uint8_t { kPrimitive, kGroup, kClone, kBundle };

enum class MultipleActive : std::uint8_t { kStopStart, kStopOnly, kBlock, kStopUnexpected };

// `requires` (S3 ). Unfencing implies fencing.
enum class Requires : std::uint8_t { kNothing, kQuorum, kFencing, kUnfencing };

// Extra data of groups (S1 C-10.2).
struct GroupData {
  bool ordered = true;
  bool collocated = true;
};

// The four pseudo-actions that tell instances about one task (S4 CR-12.2); none when there are none.
struct NotificationActions {
  ActionId pre;
  ActionId pre_done;
  ActionId post;
  ActionId post_done;
};

// Extra data of clones (S4 CR-1.6).
struct CloneData {
  int clone_max = 0;
  int clone_node_max = 1;
  int promoted_max = 0;
  int promoted_node_max = 0;
  int clone_min = 0;  // 0: unset (S1 C-14.7)
  bool ordered = false;
  bool interleave = false;
  cib::Element child_xml;              // the cloned primitive or group
  int instances_created = 0;           // running number of the next instance (S4 CR-1.12)
  bool promotion_constrained = false;  // promotion sorting has begun (S4 CR-5.12)
  // For start, stop, promote, demote.
  NotificationActions start_notifications;
  NotificationActions stop_notifications;
  NotificationActions promote_notifications;
  NotificationActions demote_notifications;
};

enum class ContainerTechnology : std::uint8_t { kDocker, kPodman };

// One numbered element of a bundle (S4 section 10).
struct BundleReplica {
  int offset = 0;
  std::string_view ip;  // empty: none
  ResourceId child;     // instance of the bundled clone; none without a primitive
  ResourceId container;
  ResourceId ip_resource;
  ResourceId connection;
  NodeId node;  // the bundle node behind the connection
};

struct BundleData {
  ContainerTechnology technology = ContainerTechnology::kDocker;
  std::string_view image;
  int promoted_max = 0;
  int replicas_per_host = 1;
  int replica_count = 0;
  ResourceId clone;  // the bundled clone; none without a primitive
  std::vector<BundleReplica> replicas;
};

struct Resource {
  ResourceId self;
  Variant variant = Variant::kPrimitive;

  // --- identity ---
  std::string_view id;          // full id, "db:1" for an instance
  std::string_view xml_id;      // configured id, "db"
  std::string_view history_id;  // name in the status section where that differs; empty: none (S2 M-9.4)
  int instance_number = -1;     // of a clone instance and its members
  ResourceId parent;
  ResourceId top;                    // climbs parents, stops below a bundle (S2 V-1.13); itself without parent
  ResourceId absolute_top;           // climbs into the bundle too
  std::vector<ResourceId> children;  // in the order of the moment (S4 CR-7.2)
  std::uint32_t position = 0;        // depth-first number at unpacking; order of name lookups (S0 GU-8.2)

  // --- configuration ---
  cib::Element xml;           // own element; for an instance that of the cloned resource
  cib::Element template_xml;  // the template's element, or none
  std::string_view agent_class;
  std::string_view provider;
  std::string_view type;
  Pairs meta;                         // final meta-attributes (S1 C-9.9)
  std::uint32_t first_operation = 0;  // range of Model::operations
  std::uint32_t operation_count = 0;
  Score priority = 0;  // changed by promotion (S4)
  Score stickiness = 0;
  Score migration_threshold = kInfinity;
  std::uint32_t failure_timeout_ms = 0;     // 0: failures do not expire; cleared by a blocking failure (S2 C-12.3)
  std::uint32_t reconnect_interval_ms = 0;  // remote connections
  MultipleActive multiple_active = MultipleActive::kStopStart;
  Requires requires_ = Requires::kNothing;
  AttributeTable utilization;

  // --- flags of the configuration ---
  bool managed = true;
  bool maintenance = false;
  bool critical = true;
  bool notify = false;
  bool unique = true;       // also everything outside clones
  bool promotable = false;  // resources below (and including) a promotable clone
  bool removed = false;     // in the history, not in the configuration
  bool removed_launched = false;
  bool internal = false;  // meta internal_rsc: prints nothing
  bool fence_device = false;
  bool remote_connection = false;
  bool allow_migrate = false;
  bool exclusive_discovery = false;
  bool allow_unhealthy_nodes = false;
  bool replica_container = false;       // container of a bundle
  bool remote_nesting_allowed = false;  // connection of a bundle
  bool needs_remote_address = false;    // bundle connection whose address is `#uname` (S4 CR-10.37)
  bool in_bundle = false;               // any ancestor is a bundle

  // --- state from history (S2) ---
  bool blocked = false;
  bool failed = false;
  bool stop_if_failed = false;
  bool start_pending = false;
  bool ignore_failure = false;
  bool reload = false;           // an agent reload was requested (S5 D-35)
  bool stop_unexpected = false;  // multiply active: instances elsewhere stop, the expected one stays (S5 D-2.6)
  Role original_role = Role::kStopped;
  Role next_role = Role::kUnknown;
  std::vector<NodeId> active;       // active nodes in order; ancestors of unmanaged leaves may repeat one
  NodeSet known_on;                 // nodes where its state is known (probed)
  std::string_view pending_action;  // task, empty: none
  NodeId pending_node;
  NodeId partial_migration_source;
  NodeId partial_migration_target;
  std::vector<NodeId> dangling_migrations;  // newest LAST: walk backwards for S2's "front of the list"
  NodeId lock_node;                         // shutdown lock (S2 chapter 17)
  std::int64_t lock_time = 0;

  // --- links ---
  ResourceId launcher;  // the `container` resource that must run for this one
  std::vector<ResourceId> launched;
  NodeId remote_node;  // connections: the node behind it

  // --- constraints; see S3 ff. for the effective lists ---
  std::vector<LocationId> locations;      // oldest first; walk backwards for newest first
  std::vector<ColocationId> this_with;    // sorted insertion by primary
  std::vector<ColocationId> with_this;    // sorted insertion by dependent
  std::vector<TicketDependency> tickets;  // in order of creation

  // --- placement ---
  NodeTable allowed;  // S3 section 3
  NodeId assigned;
  bool unassigned = true;        // until assignment was done, successfully or not
  Score promotion_priority = 0;  // of an instance of a promotable clone (S4 CR-5.9)
  bool assigning = false;        // loop guard
  bool updating = false;         // recursion guard of S3

  // --- actions, newest last (S5 A-1: walk backwards) ---
  std::vector<ActionId> actions;

  std::unique_ptr<GroupData> group;
  std::unique_ptr<CloneData> clone;
  std::unique_ptr<BundleData> bundle;

  // --- simple questions ---
  bool is_primitive() const { return variant == Variant::kPrimitive; }
  bool is_group() const { return variant == Variant::kGroup; }
  bool is_clone() const { return variant == Variant::kClone; }
  bool is_bundle() const { return variant == Variant::kBundle; }
  bool is_collective() const { return variant >= Variant::kClone; }
  bool is_active() const { return !active.empty(); }
  bool needs_fencing() const { return requires_ >= Requires::kFencing; }
  bool needs_unfencing() const { return requires_ == Requires::kUnfencing; }
  bool needs_quorum() const { return requires_ == Requires::kQuorum; }
  // Where the attributes of the element itself are: with a template, they come from there (S1 C-9.6).
  const cib::Element& own_xml() const { return template_xml ? template_xml : xml; }
  // The id that keys of history and notifications use.
  std::string_view name_in_history() const { return history_id.empty() ? id : history_id; }
};

}  // namespace simcluster::scheduler
