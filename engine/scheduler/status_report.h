// The cluster's state as plain data, for output formats other than text: what the status block of crm_simulate tells
// (S2 chapter 20, S5 M-9), and what its XML form tells beyond it.
//
// Texts are those of the model, which must outlive the report.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/scheduler/display.h"
#include "engine/scheduler/model.h"

namespace simcluster::scheduler {

struct NodeReport {
  std::string_view name;
  std::string_view id;
  bool online = false;
  bool standby = false;
  bool fail_standby = false;
  bool maintenance = false;
  bool pending = false;
  bool unclean = false;
  int health = 1;                // 1 green, 0 yellow, -1 red (S2)
  std::string_view feature_set;  // of online cluster nodes, "<3.15.1" when they do not tell; else empty
  bool shutdown = false;
  bool expected_up = false;
  bool dc = false;
  std::size_t running = 0;    // primitives active there
  bool remote = false;        // remote, guest and bundle nodes
  std::string_view launcher;  // guest nodes: the resource that they are
  std::string_view status;    // S2 D-20.20: "online", "UNCLEAN (offline)", ...
};

// Where a resource is active.
struct ActiveNode {
  std::string_view name;
  std::string_view id;
  bool online = false;
};

struct ResourceReport {
  enum class Kind : std::uint8_t { kPrimitive, kGroup, kClone, kBundle, kReplica };

  Kind kind = Kind::kPrimitive;
  std::string id;                // of instances the configured id; of replicas the number
  std::string agent;             // "ocf:heartbeat:Dummy"
  std::string_view role;         // S2 D-20.9; or a pending change of it: "Starting"
  std::string_view target_role;  // as written, empty: none
  std::string_view description;
  bool active = false;
  bool removed = false;  // in the history, not in the configuration
  bool blocked = false;
  bool maintenance = false;
  bool managed = true;
  bool failed = false;
  bool failure_ignored = false;
  bool disabled = false;        // groups and clones
  bool promotable = false;      // clones
  bool unique = false;          // clones and bundles
  std::string_view pending;     // "Monitoring"; empty: none
  std::string_view locked_to;   // node of a shutdown lock
  std::string_view technology;  // of bundles: "docker", "podman"
  std::string_view image;       // of bundles
  std::vector<ActiveNode> nodes;
  std::vector<ResourceReport> children;
};

// One attribute of a node (S2 D-20.22).
struct AttributeReport {
  std::string_view name;
  std::string_view value;
  std::optional<std::int64_t> expected;  // of attributes that a ping resource keeps
};
struct NodeAttributes {
  std::string_view node;
  std::vector<AttributeReport> attributes;  // never empty
};

// One resource with failures on one node (S2 D-20.23).
struct FailureCount {
  std::string_view resource;  // as in the history
  Score migration_threshold = 0;
  Score count = 0;
  std::int64_t last_failure = 0;  // seconds since 1970, 0: unknown
};
struct NodeFailures {
  std::string_view node;
  std::vector<FailureCount> resources;  // may be empty
};

// One failed action (S2 D-20.24).
struct FailureReport {
  std::string_view key;
  bool keyed = false;  // the history entry has an operation key; else `key` is its id
  std::string_view node;
  std::string_view exit_text;
  std::optional<std::string_view> exit_reason;
  int rc = 0;
  std::string_view call;  // "unknown" when missing
  std::string_view status;
  std::int64_t last_change = -1;           // seconds since 1970, -1: unknown
  std::optional<std::string_view> queued;  // milliseconds
  std::optional<std::string_view> took;
  std::uint32_t interval = 0;  // milliseconds
  std::string_view task;
};

struct ClusterReport {
  std::vector<NodeReport> nodes;
  std::vector<ResourceReport> resources;
  // Only if asked for.
  std::vector<NodeAttributes> attributes;
  std::vector<NodeFailures> failure_counts;
  std::vector<FailureReport> failures;
};

ClusterReport report_cluster(Model& model, const DisplayOptions& options);

// The parts by themselves.
std::vector<NodeAttributes> report_attributes(Model& model);
std::vector<NodeFailures> report_failure_counts(Model& model);
std::vector<FailureReport> report_failures(const Model& model);

}  // namespace simcluster::scheduler
