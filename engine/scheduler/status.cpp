// The status section: first pass, history passes, consequences (S2 chapters 5 to 7, 16, 17).
#include <string>
#include <vector>

#include "engine/cib/values.h"
#include "engine/scheduler/history_match.h"
#include "engine/scheduler/history_processor.h"
#include "engine/scheduler/history_sort.h"
#include "engine/scheduler/log.h"
#include "engine/scheduler/lookups.h"
#include "engine/scheduler/model.h"
#include "engine/scheduler/node_state.h"
#include "engine/scheduler/resource_state.h"
#include "engine/scheduler/resource_unpack.h"
#include "engine/scheduler/stages.h"
#include "engine/scheduler/text.h"
#include "engine/scheduler/tickets.h"

namespace simcluster::scheduler {

namespace {

using namespace cib::names;

// S2 T-5.1.
void unpack_ticket_state(Model& model, const cib::Element& state) {
  if (state.id().empty()) return;
  Ticket& ticket = model.tickets[find_or_create_ticket(model, state.id()).index()];
  for (const cib::Attribute attribute : state.attributes()) {
    if (attribute.name_id != kId) ticket.attributes.set(attribute.name, attribute.value);
  }
  ticket.granted = cib::is_true(state.value("granted"));
  ticket.standby = cib::is_true(state.value("standby"));
  if (const auto last = state.attribute("last-granted")) {
    std::int64_t value = 0;
    ticket.last_granted = parse_leading_integer(*last, value) ? value : 0;
  }
  const char* function = "unpack_ticket_state";
  log(model, LogLevel::kInfo, function, "We {}have ticket '{}'", ticket.granted ? "" : "do not ", ticket.id);
  if (ticket.granted && ticket.standby) {
    log(model, LogLevel::kInfo, function, "Granted ticket '{}' is in standby-mode", ticket.id);
  }
}

// S2 S-6.1.
void first_pass(Model& model, const cib::Element& status) {
  for (const cib::Element& child : status.children()) {
    if (child.is(kTickets)) {
      for (const cib::Element& state : child.children(kTicketState)) unpack_ticket_state(model, state);
    } else if (child.is(kNodeState) && child.id().empty()) {
      log(model, LogLevel::kWarning, "unpack_node_state", "Ignoring malformed node_state entry without id");
    } else if (child.is(kNodeState)) {
      const NodeId node = find_node_by_id_then_name(model, child.id(), child.value(kUname));
      if (node.valid()) {
        unpack_node_state(model, model.node(node), child);
      } else {
        log(model, LogLevel::kWarning, "unpack_node_state",
            "Ignoring recorded node state for '{}' because it is no longer in the configuration", child.value(kUname));
      }
    }
  }
}

// One run over the histories of the nodes.
class HistoryPass {
 public:
  explicit HistoryPass(Model& model, const cib::Element& status) : model_(model), status_(status) {}

  // S2 P-7.2.
  void run() {
    while (pass(false)) {
    }
    pass(model_.options.fencing_enabled);
  }

 private:
  // Unpacks the nodes that are ready (all when `everything`); true when there was one.
  bool pass(bool everything) {
    bool any = false;
    for (const cib::Element& state : status_.children(kNodeState)) {
      if (state.id().empty() || !state.has(kUname)) continue;
      const NodeId id = find_node_by_id_then_name(model_, state.id(), state.value(kUname));
      if (!id.valid() || model_.node(id).unpacked) continue;
      Node& node = model_.node(id);
      if (!everything && is_deferred(node)) continue;
      unpack_node(node, state);
      any = true;
    }
    return any;
  }

  bool is_started(ResourceId id) const { return model_.resource(id).original_role == Role::kStarted; }

  // S2 P-7.1.
  bool is_deferred(const Node& node) const {
    if (is_guest(model_, node)) {
      return !is_started(node.connection) || !is_started(model_.resource(node.connection).launcher);
    }
    if (node.is_remote_variant()) {
      return !node.connection.valid() || (!model_.options.shutdown_lock && !is_started(node.connection));
    }
    return !model_.options.fencing_enabled && !model_.options.shutdown_lock && !node.online;
  }

  void unpack_node(Node& node, const cib::Element& state) {
    if (node.is_remote_variant()) {
      determine_remote_online(model_, node);
      unpack_remote_node_state(model_, node, state);
    }
    node.unpacked = true;
    const cib::Element list = state.first_child(kLrm).first_child(kLrmResources);
    bool removed_launched = false;
    for (const cib::Element& resource : list.children(kLrmResource)) {
      const ResourceId unpacked = unpack_history(node, resource);
      if (unpacked.valid() && model_.resource(unpacked).removed_launched) removed_launched = true;
    }
    if (removed_launched) map_launchers(list);
  }

  // S2 K-17.1, K-17.2.
  void read_shutdown_lock(Resource& resource, const Node& node, const cib::Element& xml) {
    std::int64_t when = 0;
    if (!parse_leading_integer(xml.value("shutdown-lock"), when) || when == 0) return;
    const std::int64_t limit = whole_seconds(model_.options.shutdown_lock_limit_ms);
    if (model_.options.shutdown_lock_limit_ms > 0 && model_.now > when + limit) {
      request_action(model_, resource.self, Task::kLrmDelete, node.self, false);
      return;
    }
    resource.lock_node = node.self;
    resource.lock_time = when;
  }

  // S2 M-9.1 and chapters 11 to 15 for one `lrm_resource`.
  ResourceId unpack_history(Node& node, const cib::Element& xml) {
    if (xml.id().empty()) return ResourceId::none();
    const bool has_operations = static_cast<bool>(xml.first_child(kLrmRscOp));
    if (!has_operations && !model_.options.shutdown_lock) return ResourceId::none();
    ResourceId id = match_history(model_, xml.id(), node.self);
    if (!id.valid()) {
      if (!has_operations) return ResourceId::none();
      id = create_removed_resource(model_, xml);
      if (!id.valid()) return id;
    }
    Resource& resource = model_.resource(id);
    if (model_.options.shutdown_lock) read_shutdown_lock(resource, node, xml);
    const Role before = resource.original_role;
    resource.original_role = Role::kUnknown;
    process_history(resource, node, xml);
    settle_roles(model_, resource, before);
    return id;
  }

  void process_history(Resource& resource, Node& node, const cib::Element& xml) {
    std::vector<HistoryEntry> entries = sorted_history(xml);
    const StartStop indexes = start_stop_indexes(entries);
    ResourceHistory history{resource.self,
                            node.self,
                            xml,
                            static_cast<std::uint32_t>(model_.history.size()),
                            static_cast<std::uint32_t>(entries.size()),
                            indexes.start,
                            indexes.stop};
    for (HistoryEntry& entry : entries) model_.history.push_back(std::move(entry));
    HistoryProcessor processor(model_, resource, node);
    for (std::uint32_t i = 0; i < history.count; ++i) processor.process(HistoryId(history.first + i));
    create_existing_recurring(model_, resource, node, history);
    process_resource_state(model_, resource, node, processor.policy());
    if (resource.original_role == Role::kStopped && !resource.active.empty() &&
        resource.partial_migration_target.valid() && resource.partial_migration_source == node.self) {
      resource.original_role = Role::kStarted;  // S2
    }
    model_.resource_histories.push_back(history);
  }

  // S2.
  void map_launchers(const cib::Element& list) {
    for (const cib::Element& xml : list.children(kLrmResource)) {
      const auto container = xml.attribute("container");
      if (!container || xml.id().empty()) continue;
      const ResourceId launcher = find_resource(model_, *container);
      const ResourceId id = find_resource(model_, xml.id());
      if (!launcher.valid() || !id.valid()) continue;
      Resource& resource = model_.resource(id);
      if (resource.launcher.valid() || !resource.removed_launched) continue;
      resource.launcher = launcher;
      model_.resource(launcher).launched.push_back(id);
    }
  }

  Model& model_;
  const cib::Element status_;
};

// S2 P-7.3.
void settle_remote_nodes(Model& model) {
  for (auto it = model.containers_to_stop.rbegin(); it != model.containers_to_stop.rend(); ++it) {
    const NodeId node = current_node(model, model.resource(*it));
    if (node.valid()) request_action(model, *it, Task::kStop, node, false);
  }
  for (const NodeId id : model.node_order) {
    Node& node = model.node(id);
    if (!node.is_remote_variant()) continue;
    if (node.shutdown && node.connection.valid()) model.resource(node.connection).next_role = Role::kStopped;
    if (!node.unpacked) determine_remote_online(model, node);
  }
}

void count_resource(const Model& model, const Resource& resource, InstanceCounts& counts) {
  if (!resource.is_primitive()) {
    for (const ResourceId child : resource.children) count_resource(model, model.resource(child), counts);
    return;
  }
  if (resource.removed && resource.original_role <= Role::kStopped) return;
  ++counts.total;
  if (const std::string_view* text = resource.meta.find("target-role")) {
    const Role role = parse_role(*text);
    if (role == Role::kStopped || (role == Role::kUnpromoted && model.resource(resource.top).promotable)) {
      ++counts.disabled;
    }
  }
  if (resource.blocked) ++counts.blocked;
}

}  // namespace

void unpack_status(Model& model) {
  const cib::Element status = model.cib->find_unique(kStatus);
  if (!status) return;
  first_pass(model, status);
  HistoryPass(model, status).run();
  settle_remote_nodes(model);
}

void count_instances(Model& model) {
  model.counts = {};
  for (const ResourceId id : model.top_level) count_resource(model, model.resource(id), model.counts);
}

}  // namespace simcluster::scheduler
