#include "engine/scheduler/resource_unpack.h"

#include <algorithm>
#include <string>

#include "engine/cib/values.h"
#include "engine/scheduler/evaluate.h"
#include "engine/scheduler/log.h"
#include "engine/scheduler/lookups.h"
#include "engine/scheduler/merge_sort.h"
#include "engine/scheduler/model.h"
#include "engine/scheduler/node_list.h"
#include "engine/scheduler/node_scores.h"
#include "engine/scheduler/recorder.h"
#include "engine/scheduler/resource_meta.h"
#include "engine/scheduler/stages.h"
#include "engine/scheduler/text.h"

namespace simcluster::scheduler {

namespace {

using namespace cib::names;

bool variant_of(const cib::Element& xml, Variant& variant) {
  const std::string_view name = xml.name();
  if (equal_ignoring_case(name, "primitive") || name == "lrm_resource") {
    variant = Variant::kPrimitive;
  } else if (equal_ignoring_case(name, "group")) {
    variant = Variant::kGroup;
  } else if (equal_ignoring_case(name, "clone")) {
    variant = Variant::kClone;
  } else if (equal_ignoring_case(name, "bundle")) {
    variant = Variant::kBundle;
  } else {
    return false;
  }
  return true;
}

// S1 C-9.6: the template's element, or false when the reference is wrong.
bool find_template(Model& model, const cib::Element& xml, cib::Element& found) {
  const auto name = xml.attribute(kTemplate);
  if (!name) return true;
  if (*name == xml.id()) return false;
  const cib::Element resources = model.cib->find_path("configuration/resources");
  const auto it = model.lookups->template_index.find(*name);
  if (it == model.lookups->template_index.end()) {
    found = resources.child_with_id(kTemplate, *name);
    return static_cast<bool>(found);
  }
  found = model.lookups->template_elements[it->second];
  NamedList& users = model.templates[it->second];
  const std::string_view id = xml.id();
  if (users.members.empty() || users.members.back() != id) {
    if (std::find(users.members.begin(), users.members.end(), id) == users.members.end()) users.members.push_back(id);
  }
  return true;
}

// Agent classes: what they can do in a clone (S1 C-10.1).
bool supports_unique_clones(std::string_view agent_class) {
  return equal_ignoring_case(agent_class, "ocf") || equal_ignoring_case(agent_class, "stonith");
}

void make_anonymous(Model& model, Resource& resource) {
  resource.unique = false;
  resource.meta.set("globally-unique", "false");
  for (const ResourceId child : resource.children) make_anonymous(model, model.resource(child));
}

// S4 CR-1.10. False: the primitive is invalid.
bool check_clone_support(Model& model, Resource& primitive) {
  Resource& top = model.resource(primitive.top);
  if (!top.is_clone()) return true;
  if (primitive.unique && !supports_unique_clones(primitive.agent_class)) {
    log(model, LogLevel::kWarning, "pe__force_anon",
        "Ignoring globally-unique for {} because {} resources such as {} can be used only as anonymous clones", top.id,
        primitive.agent_class, primitive.id);
    top.clone->clone_node_max = 1;
    top.clone->clone_max = std::min(top.clone->clone_max, static_cast<int>(model.node_order.size()));
    make_anonymous(model, top);
    primitive.unique = false;
    primitive.meta.set("globally-unique", "false");
  }
  if (!top.promotable || equal_ignoring_case(primitive.agent_class, "ocf")) return true;
  log(model, LogLevel::kError, "native_unpack",
      "Resource {} is of type {} and therefore cannot be used as a promotable clone resource", primitive.id,
      primitive.agent_class);
  return false;
}

void unpack_utilization(Model& model, Resource& resource) {
  std::vector<cib::Element> owners;
  if (resource.template_xml) owners.push_back(resource.template_xml);
  owners.push_back(resource.xml);
  Pairs values;
  evaluate_blocks(model, owners, kUtilization, {}, values);
  for (const auto& [name, value] : values) resource.utilization.insert(name, value);
}

// S1 C-9.22.
void add_default_nodes(Model& model, ResourceId id) {
  const Resource& resource = model.resource(id);
  if (model.options.symmetric) {
    add_symmetric_default(model, id);
  } else if (resource.remote_connection && resource.meta.contains("container")) {
    const Because because(model.recorder.get(), {ScoreReason::kDefault});
    adjust_score_everywhere(model, id, 0);
  }
}

bool unpack_variant(Model& model, Resource& resource) {
  switch (resource.variant) {
    case Variant::kPrimitive:
      return check_clone_support(model, resource);
    case Variant::kGroup:
      return unpack_group(model, resource.self);
    case Variant::kClone:
      return unpack_clone(model, resource.self);
    case Variant::kBundle:
      return unpack_bundle(model, resource.self);
  }
  return false;
}

void name_resource(Model& model, Resource& resource, int instance_number) {
  resource.xml_id = resource.xml.id();
  resource.instance_number = instance_number;
  resource.id = instance_number < 0
                    ? resource.xml_id
                    : model.strings.store(std::string(resource.xml_id) + ":" + std::to_string(instance_number));
}

void place_in_tree(Model& model, Resource& resource, ResourceId parent) {
  resource.parent = parent;
  resource.top = resource.absolute_top = resource.self;
  if (!parent.valid()) return;
  const Resource& above = model.resource(parent);
  resource.absolute_top = above.absolute_top;
  if (!above.is_bundle()) resource.top = above.top;
  resource.in_bundle = above.is_bundle() || above.in_bundle;
}

}  // namespace

ResourceId unpack_resource(Model& model, const cib::Element& xml, ResourceId parent, int instance_number) {
  Variant variant = Variant::kPrimitive;
  if (xml.id().empty() || !variant_of(xml, variant) || model.resources.size() >= kMaxResources) {
    return ResourceId::none();
  }
  cib::Element template_xml;
  if (variant == Variant::kPrimitive && !find_template(model, xml, template_xml)) return ResourceId::none();
  const ResourceId id(static_cast<std::uint32_t>(model.resources.size()));
  Resource& resource = model.resources.emplace_back();
  resource.self = id;
  resource.variant = variant;
  resource.xml = xml;
  resource.template_xml = template_xml;
  name_resource(model, resource, instance_number);
  place_in_tree(model, resource, parent);
  if (variant == Variant::kPrimitive) {
    const cib::Element& own = resource.own_xml();
    resource.agent_class = own.value(kClass);
    resource.provider = own.value(kProvider);
    resource.type = own.value(kType);
    unpack_operations(model, resource);
  }
  collect_meta(model, resource);
  unpack_meta_flags(model, resource);
  if (!unpack_variant(model, resource)) return ResourceId::none();
  unpack_utilization(model, resource);
  add_default_nodes(model, id);
  index_resource(model, id);
  return id;
}

bool unpack_group(Model& model, ResourceId id) {
  Resource& group = model.resource(id);
  group.group = std::make_unique<GroupData>();
  const auto explicit_false = [&](std::string_view name) {
    const std::string_view* text = group.meta.find(name);
    if (text == nullptr) return false;
    const auto value = cib::parse_bool(*text);
    if (!value || *value) return false;
    if (logs(model, LogLevel::kWarning)) {
      model.log->write_once(LogLevel::kWarning, "set_group_flag",
                            fmt::format("Support for the '{}' group meta-attribute is deprecated and will be removed "
                                        "in a future release (use a resource set instead)",
                                        name));
    }
    return true;
  };
  group.group->ordered = !explicit_false("ordered");
  group.group->collocated = !explicit_false("collocated");
  for (const cib::Element& child : group.xml.children(kPrimitive)) {
    const ResourceId member = unpack_resource(model, child, id, group.instance_number);
    if (member.valid()) group.children.push_back(member);
  }
  if (!group.children.empty()) return true;
  log(model, LogLevel::kError, "group_unpack", "Group {} has no members", group.id);
  return false;
}

namespace {

// S1 C-2.2: at least 0; no number is 0.
int count_meta(const Resource& resource, std::string_view name, std::string_view legacy, int missing) {
  const std::string_view* text = resource.meta.find(name);
  if (text == nullptr && !legacy.empty()) text = resource.meta.find(legacy);
  if (text == nullptr) return missing;
  std::int64_t value = 0;
  if (!parse_leading_integer(*text, value)) return 0;
  return static_cast<int>(std::clamp<std::int64_t>(value, 0, 2147483647));
}

bool true_meta(const Resource& resource, std::string_view name) {
  const std::string_view* text = resource.meta.find(name);
  return text != nullptr && cib::is_true(*text);
}

void mark_removed(Model& model, Resource& resource) {
  resource.removed = true;
  for (const ResourceId child : resource.children) mark_removed(model, model.resource(child));
}

void unpack_clone_counts(Model& model, Resource& clone) {
  CloneData& data = *clone.clone;
  if (clone.promotable) {
    data.promoted_max = count_meta(clone, "promoted-max", "master-max", 1);
    data.promoted_node_max = count_meta(clone, "promoted-node-max", "master-node-max", 1);
  }
  data.clone_node_max = count_meta(clone, "clone-node-max", {}, 1);
  data.clone_max = count_meta(clone, "clone-max", {}, std::max(1, static_cast<int>(model.node_order.size())));
  data.clone_min = count_meta(clone, "clone-min", {}, 0);
  data.ordered = true_meta(clone, "ordered");
  data.interleave = true_meta(clone, "interleave");
  if (!clone.unique && data.clone_node_max > 1) {  // S4 CR-1.7
    log(model, LogLevel::kError, "clone_unpack",
        "Ignoring clone-node-max of {} for {} because anonymous clones support only one instance per node",
        data.clone_node_max, clone.id);
    data.clone_node_max = 1;
  }
}

}  // namespace

bool unpack_clone(Model& model, ResourceId id) {
  Resource& clone = model.resource(id);
  clone.clone = std::make_unique<CloneData>();
  for (const cib::Element& child : clone.xml.children()) {
    if (!child.is(kPrimitive) && !child.is(kGroup)) continue;
    clone.clone->child_xml = child;
    break;
  }
  if (!clone.clone->child_xml) {  // S1 C-10.5
    log(model, LogLevel::kError, "clone_unpack", "{} has nothing to clone", clone.id);
    return false;
  }
  unpack_clone_counts(model, clone);
  if (clone.clone->clone_max > kMaxInstances) return false;
  clone.meta.insert("resource-stickiness", "1");  // reaches the instances only (S1 C-10.6)
  clone.meta.set("globally-unique", clone.unique ? "true" : "false");
  if (clone.clone->clone_max == 0) return create_clone_instance(model, id).valid();
  // The maximum may shrink while the first instance is unpacked (S4 CR-1.10).
  for (int i = 0; i < clone.clone->clone_max; ++i) {
    if (!create_clone_instance(model, id).valid()) return false;
  }
  return true;
}

ResourceId create_clone_instance(Model& model, ResourceId clone_id) {
  Resource& clone = model.resource(clone_id);
  CloneData& data = *clone.clone;
  const bool surplus = data.instances_created >= data.clone_max;
  const ResourceId id = unpack_resource(model, data.child_xml, clone_id, data.instances_created);
  if (!id.valid()) return id;
  ++data.instances_created;
  clone.children.push_back(id);
  Resource& instance = model.resource(id);
  if (surplus) mark_removed(model, instance);
  instance.meta.set("clone-max", model.strings.text(model.strings.intern(std::to_string(data.clone_max))));
  return id;
}

void link_remote_connection(Model& model, ResourceId id) {
  Resource& connection = model.resource(id);
  if (!connection.remote_connection) return;
  const NodeId node_id = find_node(model, connection.id);
  if (!node_id.valid()) return;
  Node& node = model.node(node_id);
  node.connection = id;
  connection.remote_node = node_id;
  if (connection.launcher.valid()) {
    node.attributes.set("#kind", "container");
  } else {
    apply_startup_fencing(model, node);
  }
}

ResourceId create_removed_resource(Model& model, const cib::Element& xml) {
  const ResourceId id = unpack_resource(model, xml, ResourceId::none(), -1);
  if (!id.valid()) return id;
  Resource& resource = model.resource(id);
  model.top_level.push_back(id);
  resource.removed = true;
  if (xml.has("container")) resource.removed_launched = true;
  if (resource.remote_connection) {
    NodeId node = find_node(model, resource.id);
    if (!node.valid()) node = create_node(model, resource.id, resource.id, NodeVariant::kRemote, 0);
    link_remote_connection(model, id);
    model.node(node).shutdown = true;
  }
  if (!model.options.stop_removed_resources) {
    resource.managed = false;
  } else {
    const Because because(model.recorder.get(), {ScoreReason::kRemoved});
    adjust_score_everywhere(model, id, -kInfinity);
  }
  return id;
}

namespace {

// S1 C-9.19: leaves whose meta `container` names a resource.
void link_launcher(Model& model, ResourceId id) {
  Resource& resource = model.resource(id);
  if (!resource.children.empty()) {
    for (const ResourceId child : resource.children) link_launcher(model, child);
    return;
  }
  const std::string_view* name = resource.meta.find("container");
  if (name == nullptr) return;
  const ResourceId launcher = find_resource(model, *name);
  if (!launcher.valid()) {
    log(model, LogLevel::kError, "setup_container", "Resource {}: Unknown container {}", resource.id, *name);
  }
  if (!launcher.valid() || launcher == id) return;
  resource.launcher = launcher;
  model.resource(launcher).launched.push_back(id);
}

// S1 C-9.1: templates are known before anything refers to them.
void index_templates(Model& model, const cib::Element& resources) {
  for (const cib::Element& xml : resources.children(kTemplate)) {
    if (xml.id().empty()) continue;
    if (!model.lookups->template_index.try_emplace(xml.id(), model.templates.size()).second) continue;
    model.templates.push_back({xml.id(), {}});
    model.lookups->template_elements.push_back(xml);
  }
}

void collect_unfencing_devices(Model& model, ResourceId id) {
  const Resource& resource = model.resource(id);
  if (resource.fence_device) {
    const std::string_view* provides = resource.meta.find("provides");
    if (resource.needs_unfencing() || (provides != nullptr && equal_ignoring_case(*provides, "unfencing"))) {
      model.unfencing_devices.insert(model.unfencing_devices.begin(), id);
    }
  }
  for (const ResourceId child : resource.children) collect_unfencing_devices(model, child);
}

void unpack_top_level(Model& model, const cib::Element& xml) {
  if (xml.is(kTemplate)) return;
  const ResourceId id = unpack_resource(model, xml, ResourceId::none(), -1);
  if (id.valid()) {
    model.top_level.push_back(id);
    return;
  }
  Variant variant{};
  if (!variant_of(xml, variant)) {  // S1 C-9.3
    log(model, LogLevel::kError, "pe__unpack_resource", "Ignoring resource '{}' of unknown type '{}'", xml.id(),
        xml.name());
  }
  log(model, LogLevel::kError, "unpack_resources", "Ignoring <{}> resource '{}' because configuration is invalid",
      xml.name(), xml.id());
}

}  // namespace

void unpack_resources(Model& model) {
  const cib::Element resources = model.cib->find_path("configuration/resources");
  index_templates(model, resources);
  for (const cib::Element& xml : resources.children()) unpack_top_level(model, xml);
  for (const cib::Element& xml : model.implicit.root().children("guest_connections")) {
    for (const cib::Element& connection : xml.children()) unpack_top_level(model, connection);
  }
  for (const ResourceId id : model.top_level) {
    link_launcher(model, id);
    link_remote_connection(model, id);
  }
  merge_sort(model.top_level, [&](ResourceId a, ResourceId b) {
    const Score x = model.resource(a).priority;
    const Score y = model.resource(b).priority;
    return x == y ? 0 : (x > y ? -1 : 1);
  });
  for (const ResourceId id : model.top_level) collect_unfencing_devices(model, id);
}

void unpack_tags(Model& model) {
  const cib::Element tags = model.cib->find_unique(kTags);
  for (const cib::Element& tag : tags.children(kTag)) {
    if (tag.id().empty()) continue;
    for (const cib::Element& reference : tag.children(kObjRef)) {
      if (reference.id().empty()) continue;
      const auto [it, is_new] = model.lookups->tag_index.try_emplace(tag.id(), model.tags.size());
      if (is_new) model.tags.push_back({tag.id(), {}});
      std::vector<std::string_view>& members = model.tags[it->second].members;
      if (std::find(members.begin(), members.end(), reference.id()) == members.end()) {
        members.push_back(reference.id());
      }
    }
  }
}

}  // namespace simcluster::scheduler
