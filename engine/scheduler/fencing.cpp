#include "engine/scheduler/fencing.h"

#include <algorithm>
#include <string>

#include "engine/scheduler/log.h"
#include "engine/scheduler/model.h"
#include "engine/scheduler/text.h"
#include "engine/scheduler/unfencing_digests.h"

namespace simcluster::scheduler {

namespace {

bool can_fence_guest(const Model& model, const Node& guest) {
  const Resource& launcher = model.resource(model.resource(guest.connection).launcher);
  return std::none_of(launcher.active.begin(), launcher.active.end(),
                      [&](NodeId host) { return !model.node(host).online && !can_fence(model, host); });
}

// An online node, without quorum: only remote nodes may be refused (S2 F-8.2).
bool can_fence_online(const Model& model, const Node& node) {
  if (!node.is_remote_variant() || model.options.fence_remote_without_quorum || !node.connection.valid()) return true;
  const NodeTable& allowed = model.resource(node.connection).allowed;
  return std::none_of(model.node_order.begin(), model.node_order.end(),
                      [&](NodeId id) { return allowed.contains(id) && !model.node(id).online; });
}

void fail_and_stop(Resource& resource) {
  resource.failed = true;
  resource.stop_if_failed = true;
}

std::string_view fate(const Model& model, const Node& node) {
  return can_fence(model, node.self) ? "will be fenced" : "is unclean";
}

void request_fencing_of_remote(Model& model, Node& node, std::string_view reason) {
  const bool managed = !node.connection.valid() || model.resource(node.connection).managed;
  if (managed) node.remote_reset = true;
  if (!node.unclean) {
    log(model, LogLevel::kWarning, "pe_fence_node", "Remote node {} {}: {}", node.name, fate(model, node), reason);
  }
  node.unclean = true;
  fence_action(model, node.self, {}, true, reason, false);
}

}  // namespace

bool can_fence(const Model& model, NodeId id) {
  if (id.valid() && is_guest(model, model.node(id))) return can_fence_guest(model, model.node(id));
  const ClusterOptions& options = model.options;
  if (!options.fencing_enabled || !model.have_fence_device) return false;
  if (options.quorate || options.no_quorum_policy == NoQuorumPolicy::kIgnore) return true;
  if (!id.valid() || !model.node(id).online) return false;
  if (!can_fence_online(model, model.node(id))) return false;
  log(model, LogLevel::kNotice, "pe_can_fence", "We can fence {} without quorum because they're in our membership",
      model.node(id).name);
  return true;
}

void request_fencing(Model& model, NodeId id, std::string_view reason, bool priority_delay) {
  Node& node = model.node(id);
  if (is_guest(model, node)) {
    Resource& launcher = model.resource(model.resource(node.connection).launcher);
    if (launcher.failed || !launcher.managed) return;
    log(model, LogLevel::kWarning, "pe_fence_node",
        "Guest node {} will be fenced (by recovering its guest resource {}): {}", node.name, launcher.id, reason);
    node.remote_reset = true;
    fail_and_stop(launcher);
    return;
  }
  if (node.is_remote_variant() && node.connection.valid() && model.resource(node.connection).removed_launched) {
    fail_and_stop(model.resource(node.connection));
    return;
  }
  if (node.is_remote_variant()) {
    request_fencing_of_remote(model, node, reason);
    return;
  }
  if (node.unclean) return;  // the first reason stays
  log(model, LogLevel::kWarning, "pe_fence_node", "Cluster node {} {}: {}", node.name, fate(model, node), reason);
  node.unclean = true;
  fence_action(model, id, {}, true, reason, priority_delay);
}

ActionId fence_action(Model& model, NodeId id, std::string_view operation, bool optional, std::string_view reason,
                      bool priority_delay) {
  Node& node = model.node(id);
  if (operation.empty()) operation = model.options.fencing_action;
  const std::string key = "stonith-" + std::string(node.name) + "-" + std::string(operation);
  const std::size_t before = model.actions.size();
  const ActionId action_id = request_cluster_action(model, key, Task::kFence, id, true).self;
  if (model.actions.size() != before) {
    Action& created = model.actions[action_id];
    created.meta.set("on_node", node.name);
    created.meta.set("on_node_uuid", node.id);
    created.meta.set("stonith_action", operation == "on"                           ? "on"
                                       : model.options.fencing_action == operation ? model.options.fencing_action
                                                                                   : model.strings.store(operation));
    if (model.options.unfencing_in_use && !add_unfencing_digests(model, node, action_id)) optional = false;
  }
  Action& action = model.actions[action_id];
  if (model.options.priority_fencing_delay_ms > 0 &&
      (priority_delay || action.meta.contains("priority-fencing-delay"))) {
    action.meta.set("priority-fencing-delay", model.strings.store(std::to_string(priority_fencing_delay(model, node))));
  }
  if (!optional && can_fence(model, id)) action.flags &= ~action_flag::kOptional;
  if (!reason.empty() && action.reason.empty()) set_reason(action, model.strings.store(reason), false);
  return action_id;
}

std::int64_t priority_fencing_delay(const Model& model, const Node& target) {
  if (model.options.priority_fencing_delay_ms == 0 || target.is_remote_variant() || target.online) return 0;
  int cluster_nodes = 0;
  int online = 0;
  Score highest = 0;
  Score lowest = 0;
  for (const NodeId id : model.node_order) {
    const Node& node = model.node(id);
    if (node.is_remote_variant()) continue;
    highest = cluster_nodes == 0 ? node.priority : std::max(highest, node.priority);
    lowest = cluster_nodes == 0 ? node.priority : std::min(lowest, node.priority);
    ++cluster_nodes;
    if (node.online) ++online;
  }
  if (online > cluster_nodes / 2 || highest == lowest || target.priority < highest) return 0;
  return whole_seconds(model.options.priority_fencing_delay_ms);
}

void trigger_unfencing(Model& model, ResourceId device, NodeId node, std::string_view reason) {
  if (!model.options.unfencing_in_use) return;
  if (device.valid() && !model.resource(device).fence_device) return;
  const auto fit = [&](NodeId id) {
    const Node& n = model.node(id);
    return n.online && !n.unclean && !n.shutdown;
  };
  if (node.valid() && fit(node)) {
    fence_action(model, node, "on", false, reason, false);
  } else if (device.valid()) {
    for (const NodeId id : model.resource(device).allowed.order(model.shapes)) {
      if (fit(id)) fence_action(model, id, "on", false, reason, false);
    }
  }
}

bool is_unfenced(const Node& node) {
  const auto value = node_attribute(node, "#node-unfenced");
  return value && *value != "0";  // a text, as S2 U-18.10 has it
}

}  // namespace simcluster::scheduler
