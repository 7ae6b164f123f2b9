#include "engine/scheduler/model.h"

#include <algorithm>

#include "engine/scheduler/colocation_memo.h"
#include "engine/scheduler/graph.h"
#include "engine/scheduler/log.h"
#include "engine/scheduler/lookups.h"
#include "engine/scheduler/parameters.h"
#include "engine/scheduler/recorder.h"
#include "engine/scheduler/text.h"

namespace simcluster::scheduler {

Model::Model() : lookups(std::make_unique<LookupTables>()), parameters(std::make_unique<ParameterCache>()) {}
Model::~Model() = default;

void inform(Model& model, std::string line) {
  if (!model.scheduling) {
    model.info_lines.push_back(std::move(line));
  } else if (model.want_scores || model.want_utilization) {
    model.score_lines.push_back({ScoreLine::Kind::kPlain, model.strings.store(line), {}, {}, 0, {}});
  } else {
    log(model, LogLevel::kInfo, "log_info", "{}", line);
  }
}

void update_recheck(Model& model, std::int64_t when) {
  if (when > model.now && (model.recheck_by == 0 || when < model.recheck_by)) model.recheck_by = when;
}

NodeId find_node(const Model& model, std::string_view name) {
  const auto it = model.lookups->node_by_name.find(lower_case(name));
  return it == model.lookups->node_by_name.end() ? NodeId::none() : it->second;
}

NodeId find_node_by_id(const Model& model, std::string_view id) {
  const auto it = model.lookups->node_by_id.find(lower_case(id));
  return it == model.lookups->node_by_id.end() ? NodeId::none() : it->second;
}

NodeId find_node_by_id_then_name(const Model& model, std::string_view id, std::string_view name) {
  const NodeId found = find_node_by_id(model, id);
  return found.valid() || name.empty() ? found : find_node(model, name);
}

bool is_guest(const Model& model, const Node& node) {
  return node.is_remote_variant() && node.connection.valid() && model.resource(node.connection).launcher.valid();
}

bool is_remote(const Model& model, const Node& node) { return node.is_remote_variant() && !is_guest(model, node); }

bool is_bundle_node(const Model& model, const Node& node) {
  return node.connection.valid() && model.resource(node.connection).remote_nesting_allowed;
}

bool is_available(const Node& node) {
  return node.online && !node.shutdown && !node.unclean && !node.standby && !node.maintenance;
}

std::optional<std::string_view> node_attribute(const Node& node, std::string_view name) {
  const std::string_view* value = node.attributes.find(name);
  return value == nullptr ? std::nullopt : std::optional<std::string_view>(*value);
}

namespace {

// S3 over a list of active nodes.
NodeId choose_current(const Model& model, const Resource& resource, const std::vector<NodeId>& active) {
  if (active.empty()) return NodeId::none();
  if (resource.partial_migration_source.valid()) {
    const bool there = std::find(active.begin(), active.end(), resource.partial_migration_source) != active.end();
    return there ? resource.partial_migration_source : active.front();
  }
  if (resource.needs_fencing()) return active.front();
  for (const NodeId id : active) {
    const Node& node = model.node(id);
    if (node.online && !node.unclean) return id;
  }
  return active.front();
}

// S4 CR-10.51.
NodeId current_node_of_bundle(const Model& model, const Resource& bundle) {
  std::vector<NodeId> nodes;
  const Resource* single = nullptr;
  int active = 0;
  for (const BundleReplica& replica : bundle.bundle->replicas) {
    const Resource& container = model.resource(replica.container);
    if (!container.is_active()) continue;
    ++active;
    single = &container;
    for (const NodeId node : container.active) {
      if (std::find(nodes.begin(), nodes.end(), node) == nodes.end()) nodes.push_back(node);
    }
  }
  if (active == 1) return current_node(model, *single);
  return choose_current(model, bundle, nodes);
}

}  // namespace

NodeId current_node(const Model& model, const Resource& resource) {
  if (resource.is_bundle()) return current_node_of_bundle(model, resource);
  return choose_current(model, resource, resource.active);
}

Role requested_role(const Model& model, const Resource& resource) {
  const std::string_view* text = resource.meta.find("target-role");
  if (text == nullptr || equal_ignoring_case(*text, "Started") || equal_ignoring_case(*text, "default")) {
    return Role::kUnknown;
  }
  const Role role = parse_role(*text);
  if (role == Role::kUnknown) {
    log(model, LogLevel::kError, "get_target_role", "Ignoring 'target-role' for {} because '{}' is not valid",
        resource.id, *text);
  }
  if (role <= Role::kStarted) return role == Role::kStopped ? role : Role::kUnknown;
  const bool promotable = model.resource(resource.top).promotable;
  if (!promotable && (role == Role::kUnpromoted || role == Role::kPromoted)) {
    log(model, LogLevel::kError, "get_target_role",
        "Ignoring 'target-role' for {} because '{}' only makes sense for promotable clones", resource.id, *text);
  }
  return promotable && role != Role::kPromoted ? role : Role::kUnknown;
}

Role collective_role(const Model& model, const Resource& resource, bool current) {
  if (resource.is_primitive()) return current ? resource.original_role : resource.next_role;
  Role role = Role::kUnknown;
  if (resource.is_bundle()) return role;
  for (const ResourceId child : resource.children) {
    role = std::max(role, collective_role(model, model.resource(child), current));
  }
  return role;
}

namespace {

// S2 D-20.12 for primitives.
bool is_primitive_active(const Model& model, const Resource& resource) {
  for (const NodeId id : resource.active) {
    const Node& node = model.node(id);
    if (node.unclean) return true;
    if (!node.online && resource.managed) continue;
    return true;
  }
  return false;
}

bool test_replicas(const Model& model, const Resource& bundle, bool all) {
  for (const BundleReplica& replica : bundle.bundle->replicas) {
    for (const ResourceId part : {replica.ip_resource, replica.child, replica.container, replica.connection}) {
      if (!part.valid()) continue;
      const bool active =
          all ? is_fully_active(model, model.resource(part)) : is_partially_active(model, model.resource(part));
      if (active != all) return active;
    }
  }
  return all;
}

}  // namespace

bool is_fully_active(const Model& model, const Resource& resource) {
  if (resource.is_primitive()) return is_primitive_active(model, resource);
  if (resource.is_bundle()) return test_replicas(model, resource, true);
  return std::all_of(resource.children.begin(), resource.children.end(),
                     [&](ResourceId child) { return is_fully_active(model, model.resource(child)); });
}

bool is_partially_active(const Model& model, const Resource& resource) {
  if (resource.is_primitive()) return is_primitive_active(model, resource);
  if (resource.is_bundle()) return test_replicas(model, resource, false);
  return std::any_of(resource.children.begin(), resource.children.end(),
                     [&](ResourceId child) { return is_partially_active(model, model.resource(child)); });
}

}  // namespace simcluster::scheduler
