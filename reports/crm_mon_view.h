// What every layout of crm_mon shows, read once from the CIB: nodes, attributes, failures, operations, clone instances.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/cib/document.h"
#include "engine/scheduler/scheduler.h"
#include "engine/scheduler/status_report.h"
#include "reports/crm_mon.h"

namespace simcluster::reports {

// AT-1.4; `old`: as before 2.1.
std::string_view rc_text(int rc, bool old);

struct ShownAttribute {
  std::string_view name;
  std::string_view value;
  std::string connectivity;  // "Connectivity is lost", ...; empty: none
};

struct ShownOperation {
  std::string_view task;  // as recorded
  int call = 0;
  std::uint32_t interval = 0;  // ms
  int rc = 0;
  std::int64_t last_change = 0;  // seconds since 1970, 0: unknown
  std::string_view exec_time;    // ms, as recorded
  std::string_view queue_time;
  bool is_probe = false;
};

// One resource in a node's history.
struct ShownHistory {
  std::string_view resource;    // as in the history
  std::string_view shown_name;  // without the number of an anonymous instance
  bool known = false;           // false: not in the configuration
  int migration_threshold = 0;
  int fail_count = 0;
  std::int64_t last_failure = 0;           // seconds since 1970, 0: unknown
  std::vector<ShownOperation> operations;  // by call id
};

struct ShownFailure {
  std::string_view key;
  std::string_view resource;  // of the key; empty when it cannot be split
  std::string_view task;
  std::uint32_t interval = 0;
  std::string_view node;
  std::string_view call;
  int rc = 0;
  int status = 0;
  std::string_view reason;
  std::optional<std::int64_t> last_change;
  std::string_view queue_time;
  std::string_view exec_time;
  bool masked_probe = false;  // newer releases do not list it (S2 D-20.24)
};

// How the instances of a clone are shown: in full, or as names of nodes.
struct CloneInstances {
  std::vector<scheduler::ResourceId> in_full;
  std::vector<scheduler::NodeId> promoted;
  std::vector<scheduler::NodeId> started;
  std::vector<scheduler::ResourceId> inactive;
};

class ClusterView {
 public:
  // `configured` is the CIB as the cluster has it, `cib` the same brought to the newest schema. Both must outlive it.
  ClusterView(const cib::Document& configured, const cib::Document& cib, const CrmMonOptions& options,
              const CrmMonContext& context);

  const cib::Document& cib() const { return cib_; }
  const scheduler::Model& model() const { return *schedule_.model; }
  const CrmMonOptions& options() const { return options_; }
  const CrmMonContext& context() const { return context_; }
  // Pacemaker before 2.1: Master and Slave, "unknown error", ocf::heartbeat.
  bool old_words() const { return context_.profile.old_rc_texts; }

  // A cluster property as configured; nothing when it is not set.
  std::optional<std::string_view> property(std::string_view name) const;
  const scheduler::Node* dc() const;
  // Online nodes of different feature sets; never before 2.1 (AT-8.8).
  bool has_mixed_versions() const;
  // All of it as plain data.
  scheduler::ClusterReport report() const;
  bool quorate() const { return model().options.quorate; }

  // Online nodes in the order of the status section.
  std::vector<scheduler::NodeId> online_in_status_order() const;
  // Sorted by name, without those that are never shown.
  std::vector<ShownAttribute> attributes(const scheduler::Node& node) const;
  // In the order of the status section.
  std::vector<ShownHistory> history(const scheduler::Node& node) const;
  std::vector<ShownFailure> failures() const;
  // The entries of an `lrm_resource`, oldest first (S2 O-10.1).
  std::vector<cib::Element> sorted_entries(const cib::Element& resource_history) const;

  CloneInstances instances(const scheduler::Resource& clone) const;
  // "[ a b ]"
  std::string node_list(const std::vector<scheduler::NodeId>& nodes, bool sorted) const;
  std::string_view role_text(const scheduler::Resource& resource) const;
  // "ocf::heartbeat:IPaddr2", "stonith:fence_vbox".
  std::string agent_text(const scheduler::Resource& resource) const;
  // The resource's own `target-role` when it keeps the resource from a higher role; else empty.
  std::string_view limiting_target_role(const scheduler::Resource& resource) const;
  // What is said about a resource that is not managed: "unmanaged" or "maintenance".
  std::string_view care_word(const scheduler::Resource& resource) const;
  // " (health is RED)", " (health is YELLOW)", or nothing (S2 ).
  std::string_view health_text(const scheduler::Node& node) const;
  std::string_view name_of(const scheduler::Resource& resource) const;
  // Where the resource is said to be; null: nowhere.
  const scheduler::Node* shown_node(const scheduler::Resource& resource) const;
  // A resource of the top level; one inside another.
  bool shown_at_all(const scheduler::Resource& resource) const;
  bool shown_inside(const scheduler::Resource& resource) const;

  // Nodes where an instance could be and none is (S2 D-20.17).
  std::vector<scheduler::NodeId> stopped_nodes(const scheduler::Resource& clone, const CloneInstances& instances) const;

  // -s since 1.1: "CLUSTER OK: ..." or "CLUSTER WARN: ..." (AT-8.8).
  std::string simple_cluster_text() const;

  std::string_view rc_text(int rc) const;
  std::string_view status_text(int status) const;

 private:
  std::string connectivity(const scheduler::Node& node, std::string_view name, std::string_view value) const;
  bool hides_failures_of(const scheduler::Node& node) const;
  void add_stale_failures(std::vector<ShownFailure>& shown) const;
  std::vector<ShownOperation> operations(const cib::Element& resource_history) const;

  const cib::Document& configured_;
  const cib::Document& cib_;
  const CrmMonOptions& options_;
  const CrmMonContext& context_;
  scheduler::Schedule schedule_;
};

// "1 node", "2 nodes".
std::string counted(int number, std::string_view singular, std::string_view plural);

}  // namespace simcluster::reports
