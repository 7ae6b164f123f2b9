#include "engine/scheduler/resource_report.h"

#include "engine/scheduler/text.h"

namespace simcluster::scheduler {

namespace {

std::string_view target_role_of(const Resource& resource) {
  const std::string_view* text = resource.meta.find("target-role");
  return text == nullptr ? std::string_view() : *text;
}

// "ocf:heartbeat:Dummy", "systemd:httpd".
std::string agent_of(const Resource& resource) {
  std::string agent(resource.agent_class);
  if (equal_ignoring_case(resource.agent_class, "ocf")) agent += ":" + std::string(resource.provider);
  return agent + ":" + std::string(resource.type);
}

void report_flags(const Model& model, const Resource& resource, ResourceReport& report) {
  report.description = resource.own_xml().attribute("description").value_or("");
  report.active = is_partially_active(model, resource);
  report.removed = resource.removed;
  report.blocked = resource.blocked;
  report.maintenance = resource.maintenance;
  report.managed = resource.managed;
  report.failed = resource.failed;
  report.failure_ignored = resource.ignore_failure;
}

ResourceReport report_primitive(const Model& model, const Resource& resource, bool show_pending) {
  ResourceReport report;
  report.id = resource.unique ? resource.id : resource.xml_id;
  report.agent = agent_of(resource);
  report.role = displayed_role(model, resource);
  // As in the text, a pending change stands in for the role; a pending check does not (S2 D-20.9).
  if (show_pending && resource.pending_action == "monitor") {
    report.pending = pending_text(resource.pending_action);
  } else if (const std::string_view state = pending_text(resource.pending_action); show_pending && !state.empty()) {
    report.role = state;
  }
  report.target_role = target_role_of(resource);
  report_flags(model, resource, report);
  if (resource.lock_node.valid()) report.locked_to = model.node(resource.lock_node).name;
  for (const NodeId id : resource.active) {
    const Node& node = model.node(id);
    report.nodes.push_back({node.name, node.id, node.online});
  }
  return report;
}

void report_children(const Model& model, const Resource& resource, bool show_pending, ResourceReport& report) {
  for (const ResourceId child : resource.children) {
    report_resource(model, model.resource(child), show_pending, report.children);
  }
}

ResourceReport report_group(const Model& model, const Resource& group, bool show_pending) {
  ResourceReport report;
  report.kind = ResourceReport::Kind::kGroup;
  report.id = group.id;
  report.target_role = target_role_of(group);
  report_flags(model, group, report);
  report.disabled = is_disabled(group);
  report_children(model, group, show_pending, report);
  return report;
}

ResourceReport report_clone(const Model& model, const Resource& clone, bool show_pending) {
  ResourceReport report;
  report.kind = ResourceReport::Kind::kClone;
  report.id = clone.id;
  report.target_role = target_role_of(clone);
  if (report.target_role.empty() && !clone.children.empty()) {
    report.target_role = target_role_of(model.resource(clone.children.front()));
  }
  report_flags(model, clone, report);
  report.disabled = is_disabled(clone);
  report.promotable = clone.promotable;
  report.unique = clone.unique;
  report_children(model, clone, show_pending, report);
  return report;
}

ResourceReport report_bundle(const Model& model, const Resource& bundle, bool show_pending) {
  const BundleData& data = *bundle.bundle;
  ResourceReport report;
  report.kind = ResourceReport::Kind::kBundle;
  report.id = bundle.id;
  report_flags(model, bundle, report);
  report.unique = bundle.unique;
  report.technology = data.technology == ContainerTechnology::kPodman ? "podman" : "docker";
  report.image = data.image;
  for (const BundleReplica& replica : data.replicas) {
    ResourceReport& part = report.children.emplace_back();
    part.kind = ResourceReport::Kind::kReplica;
    part.id = std::to_string(replica.offset);
    for (const ResourceId id : {replica.ip_resource, replica.child, replica.container, replica.connection}) {
      if (id.valid()) part.children.push_back(report_primitive(model, model.resource(id), show_pending));
    }
  }
  return report;
}

}  // namespace

void report_resource(const Model& model, const Resource& resource, bool show_pending,
                     std::vector<ResourceReport>& out) {
  switch (resource.variant) {
    case Variant::kPrimitive:
      out.push_back(report_primitive(model, resource, show_pending));
      return;
    case Variant::kGroup:
      out.push_back(report_group(model, resource, show_pending));
      return;
    case Variant::kClone:
      out.push_back(report_clone(model, resource, show_pending));
      return;
    case Variant::kBundle:
      out.push_back(report_bundle(model, resource, show_pending));
      return;
  }
}

}  // namespace simcluster::scheduler
