#include "engine/scheduler/graph_attributes.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>

#include "engine/scheduler/collective.h"
#include "engine/scheduler/model.h"
#include "engine/scheduler/router.h"

namespace simcluster::scheduler {

namespace {

constexpr std::string_view kFeatureSet = "3.20.5";

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Collects with "the first one wins".
class AttributeCollector {
 public:
  AttributeCollector(StringPool& texts, GraphAction& out) : texts_(texts), out_(out) {}

  void add(std::string_view name, std::string_view value) {
    const std::string_view kept = keep(name);
    if (find(kept) == nullptr) out_.attributes.emplace_back(kept, keep(value));
  }
  void set(std::string_view name, std::string_view value) {
    const std::string_view kept = keep(name);
    if (NameValue* existing = find(kept)) {
      existing->second = keep(value);
    } else {
      out_.attributes.emplace_back(kept, keep(value));
    }
  }
  void add_parameter(std::string_view name, std::string_view value) {
    if (name.empty() || !is_digit(name.front())) {
      add(name, value);
    } else {
      out_.named_parameters.emplace_back(keep(name), keep(value));
    }
  }
  void add_meta(std::string_view name, std::string_view value) {
    if (std::none_of(name.begin(), name.end(), [](char c) { return c == '#' || c == ':'; }))
      add(meta_name(name), value);
  }
  void set_meta(std::string_view name, std::string_view value) { set(meta_name(name), value); }
  void set_meta(std::string_view name, int value) {
    std::array<char, 16> text;
    const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
    set_meta(name, {text.data(), static_cast<std::size_t>(end - text.data())});
  }
  void sort() {
    std::sort(out_.attributes.begin(), out_.attributes.end(),
              [](const NameValue& a, const NameValue& b) { return a.first < b.first; });
  }

 private:
  std::string_view keep(std::string_view text) { return texts_.text(texts_.intern(text)); }
  std::string_view meta_name(std::string_view name) {
    name_ = "CRM_meta_";
    name_ += name;
    std::replace(name_.begin(), name_.end(), '-', '_');
    return name_;
  }
  // Of a text in the pool, which holds each only once.
  NameValue* find(std::string_view kept) {
    const auto it = std::find_if(out_.attributes.begin(), out_.attributes.end(), [&](const NameValue& a) {
      return a.first.data() == kept.data() && a.first.size() == kept.size();
    });
    return it == out_.attributes.end() ? nullptr : &*it;
  }

  StringPool& texts_;
  GraphAction& out_;
  std::string name_;
};

// The launcher of the resource or of its nearest ancestor with one; the outermost wins.
ResourceId outermost_launcher(const Model& model, const Resource& resource) {
  ResourceId found;
  for (const Resource* r = &resource;; r = &model.resource(r->parent)) {
    if (r->launcher.valid()) found = r->launcher;
    if (!r->parent.valid()) return found;
  }
}

void add_primitive_meta(const Model& model, const Resource& resource, AttributeCollector& out) {
  if (resource.instance_number >= 0) out.set_meta("clone", resource.instance_number);
  if (const auto guest = resource.meta.get("remote-node")) out.set_meta("remote_node", *guest);
  if (const ResourceId launcher = outermost_launcher(model, resource); launcher.valid()) {
    out.set_meta("container", model.resource(launcher).id);
  }
  if (const auto address = resource.meta.get("external-ip")) out.set("pcmk_external_ip", *address);
}

void add_clone_meta(const Resource& clone, AttributeCollector& out) {
  const CloneData& data = *clone.clone;
  out.set_meta("globally_unique", clone.unique ? "true" : "false");
  out.set_meta("notify", clone.notify ? "true" : "false");
  out.set_meta("clone_max", data.clone_max);
  out.set_meta("clone_node_max", data.clone_node_max);
  if (!clone.promotable) return;
  out.set_meta("promoted_max", data.promoted_max);
  out.set_meta("promoted_node_max", data.promoted_node_max);
  out.set_meta("master_max", data.promoted_max);
  out.set_meta("master_node_max", data.promoted_node_max);
}

void add_resource_meta(Model& model, const Resource& resource, AttributeCollector& out) {
  for (const Resource* r = &resource;; r = &model.resource(r->parent)) {
    if (r->is_primitive()) add_primitive_meta(model, *r, out);
    if (r->is_clone()) add_clone_meta(*r, out);
    if (!r->parent.valid()) return;
  }
}

void add_parameters(Model& model, Action& action, AttributeCollector& out) {
  const Resource& resource = model.resource(action.resource);
  if (!action.node.valid() && !resource.is_primitive()) return;
  for (const auto& [name, value] : resource_parameters(model, resource, action.node)) {
    if (name == "addr" && value == "#uname") {
      const std::string_view address = connection_address(model, resource);
      out.add_parameter(name, address.empty() ? value : address);
    } else {
      out.add_parameter(name, value);
    }
  }
}

}  // namespace

void add_graph_attributes(Model& model, Action& action, StringPool& texts, GraphAction& out) {
  AttributeCollector collector(texts, out);
  out.attributes.reserve(8);
  collector.add("crm_feature_set", kFeatureSet);
  if (action.has(action_flag::kAttributes)) {
    for (const auto& [name, value] : operation_parameters(model, action.node, action.operation)) {
      collector.add_parameter(name, value);
    }
  }
  if (action.resource.valid()) add_parameters(model, action, collector);
  for (const auto& [name, value] : action_meta(model, action)) collector.add_meta(name, value);
  if (action.resource.valid()) add_resource_meta(model, model.resource(action.resource), collector);
  if (const NodeId host = physical_host(model, action); host.valid() && action.resource.valid()) {
    const auto target = model.resource(action.resource).meta.get("container-attribute-target");
    if (target) collector.set_meta("container_attribute_target", *target);
    collector.set_meta("physical_host", model.node(host).name);
  }
  collector.sort();
}

}  // namespace simcluster::scheduler
