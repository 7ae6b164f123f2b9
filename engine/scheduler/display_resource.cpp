// One primitive's line (S2 D-20.9).
#include <algorithm>

#include "engine/scheduler/display.h"
#include "engine/scheduler/operation_key.h"
#include "engine/scheduler/text.h"

namespace simcluster::scheduler {

namespace {

Role display_role(const Model& model, const Resource& resource) {
  if (resource.original_role == Role::kStarted && model.resource(resource.top).promotable) return Role::kUnpromoted;
  return resource.original_role;
}

// The flag that the resource's own target-role gives, empty for none.
std::string target_role_flag(const Model& model, const Resource& resource) {
  const std::string_view* text = resource.meta.find("target-role");
  if (text == nullptr) return {};
  const Role role = parse_role(*text);
  if (role == Role::kStopped) return "disabled";
  if (role == Role::kUnpromoted && model.resource(resource.top).promotable) {
    return "target-role:" + std::string(*text);
  }
  return {};
}

std::string flags_of(const Model& model, const Resource& resource, const Node* node, bool show_pending) {
  std::string flags;
  const auto add = [&](std::string_view flag) {
    if (!flags.empty()) flags += ", ";
    flags += flag;
  };
  if (node != nullptr && !node->online && node->unclean) add("UNCLEAN");
  if (node != nullptr && node->self == resource.lock_node) add("LOCKED");
  if (show_pending && resource.pending_action == "monitor") add(pending_text("monitor"));
  if (const std::string flag = target_role_flag(model, resource); !flag.empty()) add(flag);
  if (resource.blocked) {
    add("blocked");
  } else if (!resource.managed) {
    add(resource.maintenance ? "maintenance" : "unmanaged");
  }
  if (resource.ignore_failure) add("failure ignored");
  return flags;
}

}  // namespace

std::string_view pending_text(std::string_view action) {
  if (action == "start") return "Starting";
  if (action == "stop") return "Stopping";
  if (action == "migrate_to" || action == "migrate_from") return "Migrating";
  if (action == "promote") return "Promoting";
  if (action == "demote") return "Demoting";
  if (action == "monitor") return "Monitoring";
  return {};
}

std::string_view displayed_role(const Model& model, const Resource& resource) {
  return role_name(display_role(model, resource));
}

const FailedAction* failed_probe(const Model& model, const Resource& resource, NodeId node) {
  const Resource& top = model.resource(resource.top);
  const std::string_view name = top.is_clone() ? top.clone->child_xml.attribute("id").value_or("") : resource.id;
  for (const FailedAction& failed : model.failed_actions) {
    const HistoryEntry& entry = model.history_entry(failed.entry);
    if (!is_maskable_probe_failure(entry)) continue;
    if (node.valid() && !equal_ignoring_case(entry.xml.attribute("on_node").value_or(""), model.node(node).name)) {
      continue;
    }
    const auto key = split_operation_key(entry.key);
    if (key && key->resource == name) return &failed;
  }
  return nullptr;
}

std::string resource_line(const Model& model, const Resource& resource, std::string_view name, NodeId node_id,
                          bool show_pending) {
  if (resource.active.size() > 1) node_id = NodeId::none();
  const Node* node = node_id.valid() ? &model.node(node_id) : nullptr;
  const Role role = display_role(model, resource);
  std::string line(name);
  line += "\t(";
  line += resource.agent_class;
  if (equal_ignoring_case(resource.agent_class, "ocf")) {
    line += ':';
    line += resource.provider;
  }
  line += ':';
  line += resource.type;
  line += "):\t";
  if (resource.removed) line += " ORPHANED";
  if (resource.failed) {
    line += " FAILED";
    if (role == Role::kPromoted) line += " Promoted";
  } else {
    const bool changing = show_pending && !resource.pending_action.empty() && resource.pending_action != "monitor";
    const std::string_view pending = changing ? pending_text(resource.pending_action) : std::string_view();
    line += ' ';
    line += pending.empty() ? role_name(role) : pending;
  }
  if (node != nullptr) {
    line += ' ';
    line += node->name;
  }
  if (role == Role::kStopped) {
    if (const FailedAction* probe = failed_probe(model, resource, NodeId::none())) {
      line += " (";
      line += exit_status_text(model.history_entry(probe->entry).rc);
      line += ") ";
    }
  }
  if (const std::string flags = flags_of(model, resource, node, show_pending); !flags.empty()) {
    line += " (" + flags + ")";
  }
  if (resource.active.size() > 1) {
    if (const auto description = resource.own_xml().attribute("description"); description) {
      line += " (";
      line += *description;
      line += ')';
    }
    line += " [";
    for (const NodeId id : resource.active) {
      line += ' ';
      line += model.node(id).name;
    }
    line += " ]";
  }
  return line;
}

}  // namespace simcluster::scheduler
