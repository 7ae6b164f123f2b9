// Changes of the CIB that a simulation makes: node states and results of operations (S5 L-5 to L-7, L-11), tickets and
// options. Each is a request of its own to the CIB and counts in its version (CM-6.3).
// Lookups are indexed, so that a transition costs no walks over the section.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/base/intern.h"
#include "engine/cib/document.h"
#include "engine/cib/patch.h"
#include "engine/scheduler/graph.h"
#include "engine/scheduler/injected_attribute.h"
#include "engine/scheduler/log_sink.h"

namespace simcluster::scheduler {

// Which resource's history is written.
struct HistoryTarget {
  std::string_view shown_name;  // name under which the cluster knows it
  std::string_view config_id;
  std::string_view agent_class;
  std::string_view provider;
  std::string_view type;
};

// One result to record (S5 L-6).
struct OperationResult {
  std::string_view task;
  std::uint32_t interval = 0;
  int rc = 0;
  int target_rc = 0;
  std::string_view exit_reason;
  std::string_view notify_type;  // of notifications
  std::string_view notify_operation;
  std::string_view migrate_source;  // empty: no migration
  std::string_view migrate_target;
  std::string digest;  // empty: none recorded
};

class StatusEditor {
 public:
  // `now` in seconds since 1970. With `create_nodes`, nodes that are missing from the configuration are added there.
  // `log` may be null.
  StatusEditor(cib::Document& cib, std::int64_t now, bool create_nodes, LogSink* log = nullptr);

  // The node's state, created when missing. `id` may be empty: then the name serves.
  cib::MutableElement node_state(std::string_view name, std::string_view id);
  void take_online(std::string_view name);
  void take_offline(std::string_view name);
  void fail(std::string_view name);
  // S5 L-7.
  void fence(std::string_view name, std::string_view id);
  // False when the agent's class or type is missing and there is no history to extend.
  bool record(std::string_view node, std::string_view node_id, const HistoryTarget& target,
              const OperationResult& result);
  // S5 L-11: what was set.
  std::vector<InjectedAttribute> count_failure(std::string_view node, std::string_view node_id,
                                               std::string_view resource, std::string_view task, std::uint32_t interval,
                                               bool infinite);
  void set_quorum(std::string_view value);
  // In the set that has the option, else in "cib-bootstrap-options".
  void set_cluster_option(std::string_view name, std::string_view value);
  void set_ticket(std::string_view id, std::string_view attribute, std::string_view value);

  // Writes the version that follows from all changes so far.
  void store_version();

 private:
  struct ResourceSlot {
    cib::MutableElement xml;
    int last_call = 0;
    bool ambiguous = false;  // several elements have this id: then none is found, and a new one is made (S2 V-1.10)
    std::vector<cib::MutableElement> entries;  // few; the first with an id counts
  };
  struct NodeSlot {
    cib::MutableElement xml;
    bool indexed = false;
    std::vector<ResourceSlot> resources;
    std::vector<std::uint32_t> by_name;  // by symbol of `names_`: 1 and the index of the resource, 0 for none
  };

  NodeSlot& slot(std::string_view name, std::string_view id);
  void index_resources(NodeSlot& slot);
  // The resource's slot, made when new.
  ResourceSlot& resource_slot(NodeSlot& node, std::string_view id, bool& is_new);
  // Null when there is none, or more than one.
  ResourceSlot* find_resource_slot(NodeSlot& node, std::string_view id) const;
  ResourceSlot& add_resource(NodeSlot& node, const HistoryTarget& target);
  void ensure_configured(std::string_view name, std::string_view id);
  void set_state(std::string_view name, std::string_view in_ccm, std::string_view crmd, std::string_view join,
                 std::string_view expected);
  void set_state(cib::MutableElement node, std::string_view in_ccm, std::string_view crmd, std::string_view join,
                 std::string_view expected, std::string_view origin);
  void clear_history(NodeSlot& slot);
  // The same as set_attribute; true when the value was another one.
  static bool change(cib::MutableElement element, std::string_view name, std::string_view value);
  void count_change(cib::ChangeExtent extent) { version_ = cib::next_version(version_, extent); }
  std::string entry_id(const HistoryTarget& target, const OperationResult& result) const;
  void write_entry(ResourceSlot& resource, const std::string& id, const HistoryTarget& target, std::string_view node,
                   int call_id, const OperationResult& result);

  cib::Document& cib_;
  std::int64_t now_;
  bool create_nodes_;
  LogSink* log_;
  cib::CibVersion version_;
  StringPool names_;                                 // of resources
  std::unordered_map<std::string, NodeSlot> nodes_;  // by name
};

}  // namespace simcluster::scheduler
