#include "engine/scheduler/display.h"

#include <algorithm>

#include "engine/scheduler/display_collective.h"
#include "engine/scheduler/display_details.h"
#include "engine/scheduler/text.h"

namespace simcluster::scheduler {

void TextList::indent(bool bullet) {
  out_.append(static_cast<std::size_t>(2 * depth_), ' ');
  if (bullet && depth_ > 0) out_ += "* ";
}

void TextList::begin(std::string_view heading) {
  if (fancy_) {
    indent(true);
    out_ += heading;
    out_ += ":\n";
  }
  ++depth_;
}

void TextList::item(std::string_view text) {
  if (fancy_) indent(true);
  out_ += text;
  out_ += '\n';
}

void TextList::labelled_item(std::string_view label, std::string_view text) {
  if (fancy_) {
    out_.append(static_cast<std::size_t>(2 * depth_), ' ');
    out_ += "* ";
  }
  out_ += label;
  out_ += ": ";
  out_ += text;
  out_ += '\n';
}

int health_sign(const Model& model, const Node& node) {
  const ClusterOptions& options = model.options;
  if (options.health_strategy == HealthStrategy::kNone) return 1;
  int sign = 1;
  node.attributes.for_each([&](const AttributeTable::Entry& entry) {
    if (!entry.key.starts_with("#health")) return;
    if (equal_ignoring_case(entry.value, "red")) {
      sign = -1;
    } else if (equal_ignoring_case(entry.value, "yellow")) {
      sign = std::min(sign, 0);
    } else if (const std::optional<Score> score = parse_score(entry.value, options.health); score) {
      if (*score <= options.health.red) sign = -1;
      if (*score <= options.health.yellow && options.health.yellow != options.health.green) sign = std::min(sign, 0);
    }
  });
  return sign;
}

std::string_view node_status_text(const Node& node) {
  if (node.unclean && node.online) return "UNCLEAN (online)";
  if (node.unclean && node.pending) return "UNCLEAN (pending)";
  if (node.unclean) return "UNCLEAN (offline)";
  if (node.pending) return "pending";
  if (node.fail_standby && node.online) return "standby (on-fail)";
  if (node.standby && !node.online) return "OFFLINE (standby)";
  if (node.standby) return node.running.empty() ? "standby" : "standby (with active resources)";
  if (node.maintenance) return node.online ? "maintenance" : "OFFLINE (maintenance)";
  return node.online ? "online" : "OFFLINE";
}

namespace {

struct NodeNames {
  std::string online, offline, remote_online, remote_offline, guest_online;
};

void append_name(std::string& list, std::string_view name) {
  list += ' ';
  list += name;
}

void collect_node(const Node& node, bool guest, bool remote, NodeNames& names) {
  if (node.online) {
    append_name(guest ? names.guest_online : remote ? names.remote_online : names.online, node.name);
  } else if (!guest) {
    append_name(remote ? names.remote_offline : names.offline, node.name);
  }
}

// S2 D-20.19.
bool write_nodes(const Model& model, TextList& list) {
  if (model.node_order.empty()) return false;
  list.begin("Node List");
  NodeNames names;
  for (const NodeId id : model.node_order) {
    const Node& node = model.node(id);
    const bool guest = is_guest(model, node);
    const bool remote = is_remote(model, node);
    const int health = health_sign(model, node);
    if (!node.unclean && !node.pending && !(node.fail_standby && node.online) && !node.standby && !node.maintenance &&
        health > 0) {
      collect_node(node, guest, remote, names);
      continue;
    }
    std::string text = guest ? "GuestNode " : remote ? "RemoteNode " : "Node ";
    text += node.name;
    text += ": ";
    text += node_status_text(node);
    if (health < 0) text += " (health is RED)";
    if (health == 0) text += " (health is YELLOW)";
    list.item(text);
  }
  const auto write = [&](std::string_view label, const std::string& members) {
    if (!members.empty()) list.labelled_item(label, "[" + members + " ]");
  };
  write("Online", names.online);
  write("OFFLINE", names.offline);
  write("RemoteOnline", names.remote_online);
  write("RemoteOFFLINE", names.remote_offline);
  write("GuestOnline", names.guest_online);
  list.end();
  return true;
}

// S2 D-20.21.
void write_resources(const Model& model, bool show_pending, TextList& list) {
  list.begin("Full List of Resources");
  bool any = false;
  for (const ResourceId id : model.top_level) {
    const Resource& resource = model.resource(id);
    if (resource.removed && !is_fully_active(model, resource)) continue;
    any = write_resource(model, resource, show_pending, list) || any;
  }
  if (!any) list.item("No resources");
  list.end();
}

}  // namespace

void write_status(Model& model, std::string_view heading, const DisplayOptions& options, std::string& out) {
  TextList list(out);
  list.begin(heading);
  // Sections after the first are set apart by an empty line (S2 D-20.3).
  if (write_nodes(model, list)) out += '\n';
  write_resources(model, options.show_pending, list);
  if (options.node_attributes) write_node_attributes(model, list, out);
  if (options.failures) {
    write_migration_summary(model, list, out);
    write_failed_actions(model, list, out);
  }
  list.end();
}

std::string counts_line(const Model& model) {
  const InstanceCounts& counts = model.counts;
  if (counts.disabled == 0 && counts.blocked == 0) return {};
  return std::to_string(counts.disabled) + " of " + std::to_string(counts.total) + " resource instances DISABLED and " +
         std::to_string(counts.blocked) + " BLOCKED from further action due to failure";
}

}  // namespace simcluster::scheduler
