// What crm_resource tells (AT-9.2): texts, ready to be printed.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "commands/cluster_state.h"

namespace simcluster::commands {

std::string resource_list(const ClusterState& state);
std::vector<std::string> raw_names(const ClusterState& state);
std::string raw_list(const ClusterState& state);
// An operation of the history, as recorded; views into the state.
struct ListedOperation {
  std::string_view resource;
  std::string_view node;
  std::string_view key;
  std::string_view call;
  std::string_view rc;
  std::string_view status;
  std::string changed;  // as ctime; empty: not known
  std::string_view exec_time;
};
std::vector<ListedOperation> listed_operations(const ClusterState& state, std::string_view resource,
                                               std::string_view node, bool active);
// Of one resource and one node, or of all for an empty name; `active`: without what has been stopped since.
std::string operation_list(const ClusterState& state, std::string_view resource, std::string_view node, bool active);
// The line of the resource, and its element in `cib`; `raw`: before its template is filled in.
std::string resource_xml(const ClusterState& state, const scheduler::Resource& resource, const cib::Document& cib,
                         const Profile& profile, bool raw);
std::string constraint_list(const ClusterState& state, const scheduler::Resource& resource, bool itself,
                            bool recursive);
// What the configuration says against a resource running: of what it is a part of.
struct Obstacles {
  std::string_view resource;
  bool stopped = false;
  bool unpromoted = false;
  bool unmanaged = false;
};
Obstacles obstacles_of(const ClusterState& state, const scheduler::Resource& resource);
std::string reasons(const ClusterState& state, const scheduler::Resource* resource, std::string_view node);
// Its instance attributes, by name.
std::vector<std::pair<std::string, std::string>> parameters_of(const ClusterState& state,
                                                               const scheduler::Resource& resource);
// `kind`: instance_attributes, meta_attributes or utilization.
std::optional<std::string> parameter_value(const ClusterState& state, const scheduler::Resource& resource,
                                           std::string_view kind, std::string_view name);

// Nodes where it is active, or active and promoted, by name. Asked for by the id of a clone's primitive it is the
// clone.
std::vector<std::string> active_nodes(const ClusterState& state, const scheduler::Resource& resource);
std::vector<std::string> promoted_nodes(const ClusterState& state, const scheduler::Resource& resource);
// "node2", or "node2 Promoted"; the last one found first, as the tool has it.
std::vector<std::string> locations(const ClusterState& state, const scheduler::Resource& resource,
                                   std::string_view asked);

// Whose history is forgotten where.
struct Forgotten {
  std::string shown;     // "png:0"
  std::string resource;  // "png"
  std::string node;
};
// Null: all resources. `itself`: not the whole of what it is a part of.
std::vector<Forgotten> forgotten(const ClusterState& state, const scheduler::Resource* resource, bool itself,
                                 std::string_view node);
// Those of them that have failed.
std::vector<Forgotten> failed_among(const ClusterState& state, const std::vector<Forgotten>& all);

}  // namespace simcluster::commands
