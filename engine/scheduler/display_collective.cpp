#include "engine/scheduler/display_collective.h"

#include <algorithm>
#include <map>

#include "engine/scheduler/text.h"

namespace simcluster::scheduler {

namespace {

// "[ a b ]" in name order; a node that is listed twice is printed twice (S4 CR-14.3).
std::string node_names(const Model& model, std::vector<NodeId> nodes) {
  std::stable_sort(nodes.begin(), nodes.end(),
                   [&](NodeId a, NodeId b) { return compare_node_names(model.node(a).name, model.node(b).name) < 0; });
  std::string text = "[";
  for (const NodeId id : nodes) {
    text += ' ';
    text += model.node(id).name;
  }
  return text + " ]";
}

void append_attribute(std::string& attributes, std::string_view text) {
  attributes += attributes.empty() ? " (" : ", ";
  attributes += text;
}

void append_management(const Resource& resource, std::string& attributes) {
  if (resource.maintenance) {
    append_attribute(attributes, "maintenance");
  } else if (!resource.managed) {
    append_attribute(attributes, "unmanaged");
  }
}

Role own_target_role(const Resource& resource) {
  const std::string_view* text = resource.meta.find("target-role");
  return text == nullptr ? Role::kUnknown : parse_role(*text);
}

bool write_primitive(const Model& model, const Resource& resource, bool show_pending, TextList& list) {
  if (resource.internal) return false;
  NodeId node = current_node(model, resource);
  if (!node.valid()) node = resource.pending_node;
  if (!node.valid()) node = resource.lock_node;
  list.item(resource_line(model, resource, resource.unique ? resource.id : resource.xml_id, node, show_pending));
  return true;
}

bool write_group(const Model& model, const Resource& group, bool show_pending, TextList& list) {
  std::string attributes;
  if (is_disabled(group)) append_attribute(attributes, "disabled");
  append_management(group, attributes);
  if (!attributes.empty()) attributes += ')';
  list.begin("Resource Group: " + std::string(group.id) + attributes);
  for (const ResourceId member : group.children) write_resource(model, model.resource(member), show_pending, list);
  list.end();
  return true;
}

// Whether `test` holds for the resource or a descendant.
template <class Test>
bool any_below(const Model& model, const Resource& resource, const Test& test) {
  if (test(resource)) return true;
  return std::any_of(resource.children.begin(), resource.children.end(),
                     [&](ResourceId child) { return any_below(model, model.resource(child), test); });
}

void collect_active(const Model& model, const Resource& resource, std::vector<NodeId>& nodes) {
  if (!resource.children.empty()) {
    for (const ResourceId child : resource.children) collect_active(model, model.resource(child), nodes);
    return;
  }
  for (const NodeId node : resource.active) {
    if (std::find(nodes.begin(), nodes.end(), node) == nodes.end()) nodes.push_back(node);
  }
}

// What a clone's status consists of.
class CloneDisplay {
 public:
  CloneDisplay(const Model& model, const Resource& clone, bool show_pending, TextList& list)
      : model_(model), clone_(clone), show_pending_(show_pending), list_(list) {}

  void write() {
    for (const ResourceId id : clone_.children) write_instance(model_.resource(id));
    write_lists();
    write_stopped();
    heading();  // a clone that printed nothing still has its heading
    list_.end();
  }

 private:
  void heading() {
    if (begun_) return;
    begun_ = true;
    std::string attributes;
    if (clone_.promotable) append_attribute(attributes, "promotable");
    if (clone_.unique) append_attribute(attributes, "unique");
    if (is_disabled(clone_)) append_attribute(attributes, "disabled");
    append_management(clone_, attributes);
    if (!attributes.empty()) attributes += ')';
    list_.begin("Clone Set: " + std::string(clone_.id) + " [" +
                std::string(clone_.clone->child_xml.attribute("id").value_or("")) + "]" + attributes);
  }

  // S2 D-20.16, conditions 1 to 6.
  void write_instance(const Resource& instance) {
    bool full = clone_.unique || (show_pending_ && !instance.pending_action.empty());
    if (!full) {
      if (!is_partially_active(model_, instance)) return;
      full = any_below(model_, instance, [](const Resource& r) { return r.removed || !r.managed || r.failed; });
    }
    if (!full && is_fully_active(model_, instance)) {
      std::vector<NodeId> nodes;
      collect_active(model_, instance, nodes);
      if (nodes.size() == 1) {
        const Node& node = model_.node(nodes.front());
        if (node.online || !node.unclean) {
          (collective_role(model_, instance, true) > Role::kUnpromoted ? promoted_ : started_).push_back(node.self);
          return;
        }
      }
    }
    heading();
    write_resource(model_, instance, show_pending_, list_);
  }

  Role configured_role() const {
    if (clone_.meta.contains("target-role") || clone_.children.empty()) return own_target_role(clone_);
    return own_target_role(model_.resource(clone_.children.front()));
  }

  void write_lists() {
    if (!promoted_.empty()) {
      heading();
      list_.item("Promoted: " + node_names(model_, promoted_));
    }
    if (started_.empty()) return;
    heading();
    std::string label = "Started";
    if (clone_.promotable) {
      label = configured_role() == Role::kUnpromoted ? "Unpromoted (target-role)" : "Unpromoted";
    }
    list_.item(label + ": " + node_names(model_, started_));
  }

  // S2 D-20.17.
  void write_stopped() {
    const auto counted = static_cast<int>(promoted_.size() + started_.size());
    if (clone_.unique || clone_.clone->clone_max <= counted) return;
    NodeSet active;
    for (const NodeId node : clone_.active) active.insert(node);
    const bool use_known = clone_.allowed.empty();
    const bool disabled = configured_role() == Role::kStopped;
    std::map<std::string, std::vector<NodeId>> by_status;
    for (const NodeId id : model_.node_order) {
      const bool listed = use_known ? clone_.known_on.contains(id) : clone_.allowed.contains(id);
      if (!listed || active.contains(id)) continue;
      std::string status = "Stopped";
      if (const FailedAction* probe = failed_probe(model_, clone_, id)) {
        status += " (";
        status += exit_status_text(model_.history_entry(probe->entry).rc);
        status += ')';
      } else if (disabled) {
        status += " (disabled)";
      }
      by_status[status].push_back(id);
    }
    for (const auto& [status, nodes] : by_status) {
      heading();
      list_.item(status + ": " + node_names(model_, nodes));
    }
  }

  const Model& model_;
  const Resource& clone_;
  bool show_pending_;
  TextList& list_;
  bool begun_ = false;
  std::vector<NodeId> promoted_;
  std::vector<NodeId> started_;
};

}  // namespace

bool write_bundle(const Model& model, const Resource& bundle, bool show_pending, bool with_nodes, TextList& list) {
  const BundleData& data = *bundle.bundle;
  std::string heading = data.replicas.size() > 1 ? "Container bundle set: " : "Container bundle: ";
  heading += bundle.id;
  heading += " [";
  heading += data.image;
  heading += ']';
  if (bundle.unique) heading += " (unique)";
  if (bundle.maintenance) {
    heading += " (maintenance)";
  } else if (!bundle.managed) {
    heading += " (unmanaged)";
  }
  list.begin(heading);
  for (const BundleReplica& replica : data.replicas) {
    const Resource& container = model.resource(replica.container);
    const Resource& shown = replica.child.valid() ? model.resource(replica.child) : container;
    const Resource& named = replica.connection.valid() ? model.resource(replica.connection) : container;
    std::string name(named.unique ? named.id : named.xml_id);
    if (!replica.ip.empty()) {
      name += " (";
      name += replica.ip;
      name += ')';
    }
    list.item(
        resource_line(model, shown, name, with_nodes ? current_node(model, container) : NodeId::none(), show_pending));
  }
  list.end();
  return true;
}

bool is_disabled(const Resource& resource) {
  const Role target = own_target_role(resource);
  return target == Role::kStopped || (resource.is_clone() && resource.promotable && target == Role::kUnpromoted);
}

bool write_resource(const Model& model, const Resource& resource, bool show_pending, TextList& list) {
  switch (resource.variant) {
    case Variant::kPrimitive:
      return write_primitive(model, resource, show_pending, list);
    case Variant::kGroup:
      return write_group(model, resource, show_pending, list);
    case Variant::kClone:
      CloneDisplay(model, resource, show_pending, list).write();
      return true;
    case Variant::kBundle:
      return write_bundle(model, resource, show_pending, true, list);
  }
  return false;
}

}  // namespace simcluster::scheduler
