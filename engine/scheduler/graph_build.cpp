// From actions and relations to the transition graph (S5 chapter I).
#include "engine/scheduler/graph_build.h"

#include <algorithm>
#include <string>
#include <vector>

#include "engine/scheduler/collective.h"
#include "engine/scheduler/graph.h"
#include "engine/scheduler/graph_attributes.h"
#include "engine/scheduler/graph_inputs.h"
#include "engine/scheduler/log.h"
#include "engine/scheduler/model.h"
#include "engine/scheduler/router.h"
#include "engine/scheduler/stages.h"

namespace simcluster::scheduler {

namespace {

GraphActionKind kind_of(const Action& action) {
  switch (action.task) {
    case Task::kFence:
      return action.pseudo() ? GraphActionKind::kPseudo : GraphActionKind::kCluster;
    case Task::kShutdown:
    case Task::kClearFailcount:
    case Task::kLrmDelete:
      return GraphActionKind::kCluster;
    default:
      return action.pseudo() ? GraphActionKind::kPseudo : GraphActionKind::kResource;
  }
}

// Whether the action's element names its node (S5 I-8).
bool shows_node(const Action& action) {
  return action.node.valid() && (!action.pseudo() || action.task == Task::kFence);
}

// S5 E-30.
bool shows_shutdown_lock(const Model& model, const Action& action) {
  if (!action.resource.valid() || action.pseudo() || !action.node.valid()) return false;
  const Resource& resource = model.resource(action.resource);
  if (resource.lock_node != action.node) return false;
  return !model.node(action.node).shutdown || action.task == Task::kStop;
}

bool is_taken_down(const Action& action) {
  const auto what = action.meta.get("stonith_action");
  return what && (*what == "off" || *what == "reboot");
}

}  // namespace

GraphBuilder::GraphBuilder(Model& model, Graph& graph) : model_(model), graph_(graph) {}

std::string_view GraphBuilder::keep(std::string_view text) { return graph_.texts.text(graph_.texts.intern(text)); }

// S5 I-8: the key as the executor knows it.
std::string_view GraphBuilder::history_key(Action& action, const Resource& resource) {
  std::string key(resource.history_id);
  if (action.task == Task::kNotify) {
    const Pairs& meta = action_meta(model_, action);
    key += '_';
    key += meta.get("notify_type").value_or("");
    key += "_notify_";
    key += meta.get("notify_operation").value_or("");
    key += "_0";
  } else {
    key += '_';
    key += action.cancel_task_text.empty() ? action.task_text : action.cancel_task_text;
    key += '_';
    key += std::to_string(action.interval);
  }
  return keep(key);
}

std::uint32_t GraphBuilder::describe(ActionId id) {
  if (id.index() >= described_.size()) described_.resize(model_.actions.size(), 0);
  if (described_[id.index()] != 0) return described_[id.index()] - 1;
  Action& action = model_.actions[id];
  GraphAction& out = graph_.actions.emplace_back();
  out.kind = kind_of(action);
  out.id = static_cast<int>(id.value) + 1;
  out.operation = keep(action.task_text);
  out.mode_cib = action.task == Task::kLrmDelete;
  text_.clear();
  append_action_key(model_, action, text_);
  const std::string_view key = keep(text_);
  out.operation_key = key;
  if (action.resource.valid() && !model_.resource(action.resource).history_id.empty()) {
    out.operation_key = history_key(action, model_.resource(action.resource));
    out.internal_operation_key = key;
  }
  if (shows_node(action)) {
    const Node& node = model_.node(action.node);
    const KeptNode& kept = kept_node(node);
    out.node = kept.name;
    out.node_id = kept.id;
    if (const NodeId router = router_node(model_, action); router.valid()) {
      out.router_node = kept_node(model_.node(router)).name;
    }
    action.meta.set("on_node", node.name);
    action.meta.set("on_node_uuid", node.id);
  }
  described_[id.index()] = static_cast<std::uint32_t>(graph_.actions.size());
  return static_cast<std::uint32_t>(graph_.actions.size() - 1);
}

const GraphBuilder::KeptNode& GraphBuilder::kept_node(const Node& node) {
  if (nodes_.empty()) nodes_.resize(model_.nodes.size());
  KeptNode& kept = nodes_[node.self.index()];
  if (kept.id.empty()) kept = {keep(node.name), keep(node.id)};
  return kept;
}

// S5 I-9.
const GraphAction::Primitive& GraphBuilder::primitive_of(const Resource& resource) {
  if (primitives_.empty()) primitives_.resize(model_.resources.size());
  GraphAction::Primitive& out = primitives_[resource.self.index()];
  if (!out.id.empty()) return out;
  out.id = resource.id;
  if (resource.removed && !resource.history_id.empty()) {
    out.id = resource.history_id;
    out.long_id = resource.id;
  } else if (!resource.unique) {
    out.id = resource.xml_id;
    out.long_id =
        !resource.history_id.empty() && resource.history_id != resource.xml_id ? resource.history_id : resource.id;
  }
  out.id = keep(out.id);
  if (!out.long_id.empty()) out.long_id = keep(out.long_id);
  out.agent_class = keep(resource.agent_class);
  if (!resource.provider.empty()) out.provider = keep(resource.provider);
  out.type = keep(resource.type);
  return out;
}

// S5 I-11.
void GraphBuilder::add_downed(const Action& action, const std::vector<ActionId>& inputs, GraphAction& out) {
  if (!shows_node(action)) return;
  const Node& node = model_.node(action.node);
  if (action.task == Task::kShutdown) {
    out.downed.push_back(keep(node.id));
  } else if (action.task == Task::kFence && is_taken_down(action)) {
    out.downed.push_back(keep(node.id));
    for (const ResourceId running : node.running) {
      const Resource& connection = model_.resource(running);
      if (connection.remote_connection && connection.launcher.valid() && connection.remote_node.valid()) {
        out.downed.push_back(keep(model_.node(connection.remote_node).id));
      }
    }
  } else if (action.task == Task::kStop && action.resource.valid() &&
             model_.resource(action.resource).remote_connection) {
    const bool migrates = std::any_of(inputs.begin(), inputs.end(), [&](ActionId id) {
      return model_.actions[id].resource == action.resource && model_.actions[id].task == Task::kMigrateFrom;
    });
    if (!migrates) out.downed.push_back(keep(model_.resource(action.resource).id));
  }
}

void GraphBuilder::add_details(Action& action, const std::vector<ActionId>& inputs, std::uint32_t index) {
  GraphAction out = std::move(graph_.actions[index]);
  if (action.resource.valid() && !action.pseudo()) {
    out.primitive = primitive_of(model_.resource(action.resource));
    if (shows_shutdown_lock(model_, action)) {
      out.shutdown_lock = keep(std::to_string(model_.resource(action.resource).lock_time));
    }
  }
  add_graph_attributes(model_, action, graph_.texts, out);
  add_downed(action, inputs, out);
  if (action.task == Task::kMaintenanceNodes) {
    for (const NodeId id : model_.node_order) {
      const Node& node = model_.node(id);
      if (node.is_remote_variant() && node.maintenance != node.remote_maintenance) {
        out.maintenance.emplace_back(keep(node.id), node.maintenance);
      }
    }
  }
  graph_.actions[index] = std::move(out);
}

void GraphBuilder::add_action(ActionId id) {
  deduplicate_inputs(model_, id);
  Action& action = model_.actions[id];
  if (action.has(action_flag::kGraphed) || !belongs_in_graph(model_, id)) return;
  action.flags |= action_flag::kGraphed;
  Synapse synapse;
  synapse.priority = action.priority;
  if (action.resource.valid()) synapse.priority = std::max(synapse.priority, model_.resource(action.resource).priority);
  synapse.action = describe(id);
  std::vector<ActionId> inputs;
  for (RelationId r = action.before; r.valid(); r = model_.actions.relation(r).next) {
    if (!is_graph_input(model_, id, r)) continue;
    inputs.push_back(model_.actions.relation(r).action);
    synapse.inputs.push_back(describe(inputs.back()));
  }
  add_details(action, inputs, synapse.action);
  graph_.synapses.push_back(std::move(synapse));
}

void GraphBuilder::add_own_actions(const Resource& resource) {
  for (auto it = resource.actions.rbegin(); it != resource.actions.rend(); ++it) add_action(*it);
}

void GraphBuilder::add_resource(Resource& resource) {
  if (resource.is_collective()) {
    add_collective_to_graph(*this, model_, resource);
    return;
  }
  add_own_actions(resource);
  for (const ResourceId child : resource.children) add_resource(model_.resource(child));
}

namespace {

// A stop that cannot happen on a node that is to go down.
void tell_stuck_shutdown(const Model& model, const Action& action) {
  if (!logs(model, LogLevel::kCritical) || action.task != Task::kStop || action.has(action_flag::kGraphed)) return;
  if (!action.resource.valid() || !action.node.valid() || action.optional() || action.pseudo()) return;
  const Resource& resource = model.resource(action.resource);
  const Node& node = model.node(action.node);
  if (!node.shutdown || resource.maintenance) return;
  log(model, LogLevel::kCritical, "pcmk__create_graph", "Cannot shut down {} because of {}:{}{} ({}_stop_0)", node.name,
      resource.id, resource.managed ? " blocked" : " unmanaged", resource.failed ? " failed" : "", resource.id);
}

// S5 I-1.
void fill_header(const Model& model, GraphBuilder& builder, Graph& graph) {
  const ClusterOptions& options = model.options;
  graph.cluster_delay = builder.keep(options.cluster_delay_text);
  graph.fencing_timeout = builder.keep(options.fencing_timeout_text);
  graph.failed_start_offset = options.start_failure_is_fatal ? "INFINITY" : "1";
  graph.batch_limit = builder.keep(options.batch_limit_text);
  const std::string_view limit = options.migration_limit_text;
  if (!limit.empty() && limit.front() != '-' && limit != "0") graph.migration_limit = builder.keep(limit);
  graph.recheck_by = model.recheck_by;
}

bool maintenance_changes(const Model& model) {
  return std::any_of(model.nodes.begin(), model.nodes.end(), [](const Node& node) {
    return node.is_remote_variant() && node.maintenance != node.remote_maintenance;
  });
}

}  // namespace

void create_graph(Model& model) {
  model.graph = std::make_unique<Graph>();
  GraphBuilder builder(model, *model.graph);
  fill_header(model, builder, *model.graph);
  model.graph->actions.reserve(model.actions.size());
  model.graph->synapses.reserve(model.actions.size());
  for (const ResourceId id : model.top_level) builder.add_resource(model.resource(id));
  if (maintenance_changes(model)) {
    Action& action = request_cluster_action(model, "maintenance_nodes", Task::kMaintenanceNodes, NodeId(), true);
    action.flags |= action_flag::kPseudo | action_flag::kRunnable | action_flag::kAlways;
  }
  for (auto i = static_cast<std::uint32_t>(model.actions.size()); i-- > 0;) {
    builder.add_action(ActionId(i));
    tell_stuck_shutdown(model, model.actions[ActionId(i)]);
  }
}

}  // namespace simcluster::scheduler
