#include "reports/status_xml.h"

#include <string>

#include "engine/scheduler/text.h"

namespace simcluster::reports {

namespace {

using scheduler::ResourceReport;

void node_element(const scheduler::NodeReport& node, XmlWriter& xml) {
  xml.open("node", {{"name", node.name},
                    {"id", node.id},
                    {"online", yes_no(node.online)},
                    {"standby", yes_no(node.standby)},
                    {"standby_onfail", yes_no(node.fail_standby)},
                    {"maintenance", yes_no(node.maintenance)},
                    {"pending", yes_no(node.pending)},
                    {"unclean", yes_no(node.unclean)},
                    {"health", node.health < 0    ? "red"
                               : node.health == 0 ? "yellow"
                                                  : "green"}});
  xml.optional_attribute("feature_set", node.feature_set);
  xml.attribute("shutdown", yes_no(node.shutdown));
  xml.attribute("expected_up", yes_no(node.expected_up));
  xml.attribute("is_dc", yes_no(node.dc));
  xml.attribute("resources_running", std::to_string(node.running));
  xml.attribute("type", node.remote ? "remote" : "member");
  xml.optional_attribute("id_as_resource", node.launcher);
  xml.close();
}

class ResourceElements {
 public:
  ResourceElements(StatusXml form, XmlWriter& xml) : form_(form), xml_(xml) {}

  void resource_element(const ResourceReport& resource) {
    switch (resource.kind) {
      case ResourceReport::Kind::kPrimitive:
        open_primitive(resource);
        break;
      case ResourceReport::Kind::kGroup:
        open_group(resource);
        break;
      case ResourceReport::Kind::kClone:
        open_clone(resource);
        break;
      case ResourceReport::Kind::kBundle:
        open_bundle(resource);
        break;
      case ResourceReport::Kind::kReplica:
        xml_.open("replica", {{"id", resource.id}});
        break;
    }
    for (const ResourceReport& child : resource.children) resource_element(child);
    xml_.close();
  }

 private:
  void open_primitive(const ResourceReport& resource) {
    xml_.open("resource", {{"id", resource.id}, {"resource_agent", resource.agent}, {"role", resource.role}});
    xml_.optional_attribute("target_role", resource.target_role);
    xml_.attribute("active", yes_no(resource.active));
    xml_.attribute("orphaned", yes_no(resource.removed));
    xml_.attribute("blocked", yes_no(resource.blocked));
    maintenance(resource.maintenance);
    xml_.attribute("managed", yes_no(resource.managed));
    xml_.attribute("failed", yes_no(resource.failed));
    xml_.attribute("failure_ignored", yes_no(resource.failure_ignored));
    xml_.attribute("nodes_running_on", std::to_string(resource.nodes.size()));
    xml_.optional_attribute("pending", resource.pending);
    xml_.optional_attribute("locked_to", resource.locked_to);
    for (const scheduler::ActiveNode& node : resource.nodes) {
      xml_.leaf("node", {{"name", node.name}, {"id", node.id}, {"cached", yes_no(node.online)}});
    }
  }
  void open_group(const ResourceReport& group) {
    xml_.open("group", {{"id", group.id}, {"number_resources", std::to_string(group.children.size())}});
    maintenance(group.maintenance);
    add({{"managed", yes_no(group.managed)}, {"disabled", yes_no(group.disabled)}});
  }
  void open_clone(const ResourceReport& clone) {
    xml_.open("clone", {{"id", clone.id}, {"multi_state", yes_no(clone.promotable)}, {"unique", yes_no(clone.unique)}});
    maintenance(clone.maintenance);
    add({{"managed", yes_no(clone.managed)},
         {"disabled", yes_no(clone.disabled)},
         {"failed", yes_no(clone.failed)},
         {"failure_ignored", yes_no(clone.failure_ignored)}});
    xml_.optional_attribute("target_role", clone.target_role);
  }
  void open_bundle(const ResourceReport& bundle) {
    xml_.open(
        "bundle",
        {{"id", bundle.id}, {"type", bundle.technology}, {"image", bundle.image}, {"unique", yes_no(bundle.unique)}});
    maintenance(bundle.maintenance);
    add({{"managed", yes_no(bundle.managed)}, {"failed", yes_no(bundle.failed)}});
  }

  void add(XmlWriter::Attributes attributes) {
    for (const auto& [name, value] : attributes) xml_.attribute(name, value);
  }
  // Not told by 2.1.
  void maintenance(bool value) {
    if (form_ != StatusXml::k2_1) xml_.attribute("maintenance", yes_no(value));
  }

  StatusXml form_;
  XmlWriter& xml_;
};

}  // namespace

std::string_view api_version(StatusXml form) { return form == StatusXml::k2_1 ? "2.25" : "2.42"; }

void write_nodes_xml(const std::vector<scheduler::NodeReport>& nodes, XmlWriter& xml) {
  xml.open("nodes");
  for (const scheduler::NodeReport& node : nodes) node_element(node, xml);
  xml.close();
}

void write_resources_xml(const std::vector<ResourceReport>& resources, StatusXml form, XmlWriter& xml) {
  if (resources.empty()) return;
  ResourceElements elements(form, xml);
  xml.open("resources");
  for (const ResourceReport& resource : resources) elements.resource_element(resource);
  xml.close();
}

void write_attributes_xml(const std::vector<scheduler::NodeAttributes>& nodes, XmlWriter& xml) {
  xml.open("node_attributes");
  for (const scheduler::NodeAttributes& node : nodes) {
    xml.open("node", {{"name", node.node}});
    for (const scheduler::AttributeReport& attribute : node.attributes) {
      xml.open("attribute", {{"name", attribute.name}, {"value", attribute.value}});
      if (attribute.expected) xml.attribute("expected", std::to_string(*attribute.expected));
      xml.close();
    }
    xml.close();
  }
  xml.close();
}

void write_failures_xml(const std::vector<scheduler::FailureReport>& failures, XmlWriter& xml) {
  xml.open("failures");
  for (const scheduler::FailureReport& failed : failures) {
    xml.open("failure", {{failed.keyed ? "op_key" : "id", failed.key},
                         {"node", failed.node},
                         {"exitstatus", failed.exit_text},
                         {"exitreason", failed.exit_reason.value_or("none")},
                         {"exitcode", std::to_string(failed.rc)},
                         {"call", failed.call},
                         {"status", failed.status}});
    if (failed.last_change >= 0) {
      xml.attribute("last-rc-change", scheduler::utc_text(failed.last_change));
      if (failed.queued) xml.attribute("queued", *failed.queued);
      if (failed.took) xml.attribute("exec", *failed.took);
      xml.attribute("interval", std::to_string(failed.interval));
      xml.attribute("task", failed.task);
    }
    xml.close();
  }
  xml.close();
}

}  // namespace simcluster::reports
